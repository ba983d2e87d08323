"""Milliseconds and size of each network that ships, by itself: `speed.json`."""

import json
import time
from pathlib import Path
from typing import Final

import numpy as np
import onnx

from vitrine.shipped import MODELS
from vitrine.vision.manifest import Shipped, read_manifest
from vitrine.vision.networks import load_network

REPEATS: Final = 400
UNDISTURBED: Final = 10
"""Percentile of the runs: a machine is often busy with something else, which only ever makes a run slower."""
FRAME: Final = (384, 640)
"""Rows and columns for a network that takes any picture: what 640×360 is padded to."""
THREADS: Final = {"embedding": 2}
"""By role; the others have one."""


def measure_speed() -> dict[str, dict[str, float]]:
    """File → `milliseconds` for one face (the detector: one frame), `threads`, `bytes`."""
    entries = [
        entry for entry in read_manifest().shipped if entry.file.endswith(".onnx")
    ]
    return {entry.file: _measured(entry) for entry in entries}


def _measured(entry: Shipped) -> dict[str, float]:
    path = MODELS / entry.file
    threads = THREADS.get(entry.role, 1)
    network = load_network(path, threads=threads)
    batch = np.random.default_rng(0).standard_normal(_shape(path)).astype(np.float32)
    network.run(batch)
    times = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        network.run(batch)
        times.append(time.perf_counter() - started)
    return {
        "milliseconds": round(1000 * float(np.percentile(times, UNDISTURBED)), 2),
        "threads": threads,
        "bytes": path.stat().st_size,
    }


def _shape(path: Path) -> tuple[int, ...]:
    """Of the input for one face; sides left open are those of FRAME."""
    _, channels, *sides = onnx.load(path).graph.input[0].type.tensor_type.shape.dim
    return (
        1,
        channels.dim_value,
        *(s.dim_value or open_ for s, open_ in zip(sides, FRAME, strict=True)),
    )


def write_speed(path: Path) -> None:
    path.write_text(json.dumps(measure_speed(), indent=2) + "\n", encoding="utf-8")
