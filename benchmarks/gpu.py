"""Measure the networks and the whole vision on a GPU, or a CPU, in one call.

    python -m benchmarks.gpu --source VIDEO --models FOLDER --device cuda

Three tables: items a second of each network by batch, and how far its answers lie from the CPU's;
frames a second, CPU time a frame and the time of a step for 1 to 256 cameras, each with the whole
path from JPEG to record; how far the faces lie from those of the CPU. A part that has had its time
ends after the step in hand, so that all is done within `--seconds`.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from benchmarks.tracked_faces import (
    DETECT_EVERY,
    START_NS,
    encoded,
    frame_record,
    frames_in,
)
from benchmarks.vision import FPS, read
from vitrine.bus import Received
from vitrine.clock import SECOND_NS, EventClock
from vitrine.faces.analysis import Analyser
from vitrine.faces.models import FaceModels
from vitrine.mall import Mall, Stand
from vitrine.mall.folder import FixedMall
from vitrine.schemas import FrameFaces, FrameMeta
from vitrine.sealing import Sealer
from vitrine.services.landmarks.handler import LandmarksHandler
from vitrine.vision.detectors import FaceScore, load_detector
from vitrine.vision.embedding import Embedder
from vitrine.vision.expression_classes import ExpressionClassifier
from vitrine.vision.models import (
    DETECTOR_FILE,
    EMBEDDING_FILE,
    EXPRESSION_FILE,
    LANDMARKS_FILE,
    QUALITY_FILE,
    embedding_model,
    model_path,
)
from vitrine.vision.networks import ON_CPU, Engine, Network, load_network
from vitrine.vision.quality import QualityScore

Array = NDArray[np.float32]

SHAPES = {
    DETECTOR_FILE: (3, 384, 640),
    LANDMARKS_FILE: (3, 112, 112),
    QUALITY_FILE: (3, 56, 56),
    EXPRESSION_FILE: (1, 48, 48),
    EMBEDDING_FILE: (3, 112, 112),
}
"""Input (channels, height, width) of each network that ships."""
BATCHES = (1, 8, 32)
CAMERAS = (1, 4, 16, 64, 256)
# Shares of the time that the parts may take; the rest loads networks and compares.
NETWORKS_SHARE = 0.25
CAMERAS_SHARE = 0.5
# Frames of the source; cameras show them from different places on.
FRAMES = 240
COMPARED = 60


@dataclass(frozen=True, slots=True)
class Run:
    """Hold how long the steps of some cameras took, seconds, and the CPU time of all."""

    steps_s: list[float]
    cpu_s: float


def main() -> None:
    """Print the tables."""
    options = _options()
    cv2.setNumThreads(1)
    console = Console()
    engine = Engine(options.device)
    console.print(_networks(engine, options.seconds * NETWORKS_SHARE))
    images = list(read(options.source, options.width, FRAMES))
    jpegs = [encoded(image) for image in images]
    height, width = images[0].shape[:2]
    models = load_models(engine, options.models)
    table = Table(
        "cameras", "frames/s", "ms CPU a frame", "step p50, ms", "step p95, ms"
    )
    counts = [count for count in CAMERAS if count <= options.cameras]
    for count in counts:
        seconds = options.seconds * CAMERAS_SHARE / len(counts)
        run = run_cameras(models, jpegs, (width, height), count, seconds)
        table.add_row(*_row(run, count))
    console.print(table)
    on_cpu = faces_of(load_models(ON_CPU, options.models), jpegs, (width, height))
    on_device = faces_of(models, jpegs, (width, height))
    console.print(difference(on_cpu, on_device))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--source", type=Path, required=True)
    parser.add_argument("--models", type=Path, help="folder with public models")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cuda")
    parser.add_argument("--width", type=int, default=640)
    parser.add_argument("--cameras", type=int, default=CAMERAS[-1], help="at most")
    parser.add_argument("--seconds", type=float, default=540)
    return parser.parse_args()


def load_models(engine: Engine, folder: Path | None) -> FaceModels:
    """Return all networks on a device. Raises ConfigurationError where it is not there."""
    embedding = embedding_model(folder)
    return FaceModels(
        detector=load_detector(folder, engine=engine),
        landmarks=load_network(model_path(LANDMARKS_FILE), engine),
        face_score=FaceScore.load(engine),
        quality=QualityScore.load(engine),
        embedder=Embedder(load_network(embedding, engine), embedding.stem),
        expressions=ExpressionClassifier(
            load_network(model_path(EXPRESSION_FILE), engine)
        ),
    )


def _networks(engine: Engine, seconds: float) -> Table:
    """Return items a second of each network by batch, and the greatest difference to the CPU."""
    table = Table("network", *[f"batch {size}, items/s" for size in BATCHES], "off CPU")
    each_s = seconds / len(SHAPES) / len(BATCHES)
    for name, shape in SHAPES.items():
        network = load_network(model_path(name), engine)
        rates = []
        for size in BATCHES:
            each = mean_seconds(network, _noise(size, shape), each_s)
            rates.append(f"{size / each:.0f}")
        batch = _noise(2, shape)
        expected = load_network(model_path(name)).run(batch)
        found = network.run(batch)
        farthest = 0.0
        for one, other in zip(found, expected, strict=True):
            farthest = max(farthest, float(np.abs(one - other).max()))
        table.add_row(name, *rates, f"{farthest:.1e}")
    return table


def mean_seconds(network: Network, batch: Array, limit_s: float) -> float:
    """Return the mean time of a run, seconds, over at most so long; the first run is left out."""
    network.run(batch)
    runs = 0
    started = time.perf_counter()
    while runs == 0 or time.perf_counter() - started < limit_s:
        network.run(batch)
        runs += 1
    return (time.perf_counter() - started) / runs


def _noise(count: int, shape: tuple[int, ...]) -> Array:
    rng = np.random.default_rng(0)
    return rng.uniform(-1, 1, (count, *shape)).astype(np.float32)


def run_cameras(
    models: FaceModels,
    jpegs: Sequence[bytes],
    size: tuple[int, int],
    count: int,
    seconds: float,
) -> Run:
    """Show a source to so many cameras, a frame of each in a step, for so long."""
    handler = new_handler(models)
    steps_s: list[float] = []
    began = time.perf_counter()
    used = time.process_time()
    while time.perf_counter() - began < seconds or len(steps_s) < 2:
        records = step_records(jpegs, size, count, number=len(steps_s))
        started = time.perf_counter()
        handler.handle(records)
        steps_s.append(time.perf_counter() - started)
    return Run(steps_s, time.process_time() - used)


def _row(run: Run, count: int) -> list[str]:
    frames = count * len(run.steps_s)
    middle, slow = np.percentile(run.steps_s, (50, 95)) * 1e3
    return [
        str(count),
        f"{frames / sum(run.steps_s):.0f}",
        f"{1e3 * run.cpu_s / frames:.1f}",
        f"{middle:.1f}",
        f"{slow:.1f}",
    ]


def new_handler(models: FaceModels) -> LandmarksHandler:
    """Return the handler of the service at a stand that recognises people."""
    stand = Stand(id="stand", recognition="enrolled")
    mall = Mall(cameras=(), stands=(stand,), campaigns=())
    sealer = Sealer({"k": bytes(32)}, "k")
    return LandmarksHandler(
        Analyser(models),
        FixedMall(mall),
        EventClock(),
        DETECT_EVERY,
        sealer,
    )


def step_records(
    jpegs: Sequence[bytes],
    size: tuple[int, int],
    cameras: int,
    number: int,
) -> list[Received[FrameMeta]]:
    """Return a frame of each camera; they stand at different places of the source."""
    apart = max(1, len(jpegs) // cameras)
    captured_ns = START_NS + number * SECOND_NS // FPS
    records = []
    for camera in range(cameras):
        jpeg = jpegs[(number + camera * apart) % len(jpegs)]
        record = frame_record(number, jpeg, *size, captured_ns, f"camera-{camera}")
        records.append(record)
    return records


def faces_of(
    models: FaceModels, jpegs: Sequence[bytes], size: tuple[int, int]
) -> list[FrameFaces]:
    """Return the faces of the first frames of one camera."""
    handler = new_handler(models)
    found: list[FrameFaces] = []
    for number in range(min(COMPARED, len(jpegs))):
        outputs = handler.handle(step_records(jpegs, size, 1, number))
        found += frames_in(outputs)
    return found


def difference(expected: Sequence[FrameFaces], found: Sequence[FrameFaces]) -> str:
    """Return in words how far the faces of a device lie from those of the CPU."""
    pixels = [0.0]
    degrees = [0.0]
    others = 0
    for one, other in zip(expected, found, strict=True):
        of_track = {face.track_id: face for face in other.faces}
        others += abs(len(one.faces) - len(other.faces))
        for face in one.faces:
            same = of_track.get(face.track_id)
            if same is None:
                continue
            pixels.append(float(np.abs(np.subtract(face.points, same.points)).max()))
            degrees.append(max(abs(face.yaw - same.yaw), abs(face.pitch - same.pitch)))
    return (
        f"Off the CPU in {len(expected)} frames: points at most {max(pixels):.2f} px, yaw and "
        f"pitch at most {max(degrees):.2f}°, {others} faces more or less"
    )


if __name__ == "__main__":
    main()
