"""Milliseconds and size of each network that ships, by itself: `speed.json`."""

import json
import time
from pathlib import Path
from typing import Final

import numpy as np
import onnx

from vitrine.shipped import MODELS
from vitrine.vision.manifest import Shipped, read_manifest
from vitrine.vision.networks import Engine, load_network

# Chosen, not measured: enough for a percentile, and seconds for each network.
REPEATS: Final = 400
# Something else on the machine only ever makes a run slower: low percentiles repeat, means do not.
UNDISTURBED: Final = 10
"""Percentile of the times of the runs that is reported."""
FRAME: Final = (384, 640)
"""Rows and columns for a network that takes any picture: what 640×360 is padded to."""
THREADS: Final = {"embedding": 2}
"""Threads by role, as in the product; the others have one."""


def measure_speed() -> dict[str, dict[str, float]]:
    """Return by file `milliseconds` for one face (the detector: one frame), `threads`, `bytes`."""
    speeds = {}
    for entry in read_manifest().shipped:
        if entry.file.endswith(".onnx"):
            speeds[entry.file] = _measured(entry)
    return speeds


def _measured(entry: Shipped) -> dict[str, float]:
    path = MODELS / entry.file
    threads = THREADS.get(entry.role, 1)
    network = load_network(path, Engine(threads=threads))
    rng = np.random.default_rng(0)
    batch = rng.standard_normal(_shape(path)).astype(np.float32)
    # The first run allocates memory: not timed.
    network.run(batch)
    times_s = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        network.run(batch)
        times_s.append(time.perf_counter() - started)
    undisturbed_s = float(np.percentile(times_s, UNDISTURBED))
    return {
        "milliseconds": round(1000 * undisturbed_s, 2),
        "threads": threads,
        "bytes": path.stat().st_size,
    }


def _shape(path: Path) -> tuple[int, ...]:
    """Return the shape of the input for one face; sides left open are those of FRAME."""
    graph = onnx.load(path).graph
    _, channels, *sides = graph.input[0].type.tensor_type.shape.dim
    shape = [1, channels.dim_value]
    for side, if_open in zip(
        sides,
        FRAME,
        strict=True,
    ):
        shape.append(side.dim_value or if_open)
    return tuple(shape)


def write_speed(path: Path) -> None:
    """Measure all networks and write their figures."""
    text = json.dumps(measure_speed(), indent=2)
    path.write_text(text + "\n", encoding="utf-8")
