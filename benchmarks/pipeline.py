"""Print how fast the whole pipeline of one process is, and what memory it takes.

    python -m benchmarks.pipeline --source ../shared/video/two-people-head-pose.h264 \
        --models ../shared/models

Each run is `vitrine demo --speed max` in a process of its own; the figures come from what it
recorded. Machines differ and drift: beside each run stands a plain loop over the same pictures with
the same networks and nothing else (YuNet, 68 points and embedding of every face in every frame),
measured right after it. With `--repeats N` one process analyses the source (raw H.264) N times
over, and its memory is printed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cv2
import numpy as np
import psutil
from rich.console import Console
from rich.table import Table

from vitrine.vision.crop import Image, crop_of_box, cut, network_input, to_frame
from vitrine.vision.detectors import YuNet
from vitrine.vision.embedding import Embedder, align
from vitrine.vision.models import (
    LANDMARKS_FILE,
    YUNET_FILE,
    embedding_model,
    model_path,
)
from vitrine.vision.networks import Engine, Network, load_network

WIDTH = 640
# Chosen, not measured: often enough for a tenth of a short run.
SAMPLE_S = 0.5
PARTS = 10
# Threads in each network.
ENGINE = Engine(threads=2)


def run(
    source: str,
    models: Path | None,
    folder: Path,
    *,
    sample: bool = False,
) -> tuple[dict[str, Any], list[int]]:
    """Run one demo at full speed; return its summary and its memory.

    The memory is in bytes, every half second; it is empty unless `sample` asks for it.
    """
    environment = dict(os.environ)
    if models is not None:
        environment["VITRINE_MODELS"] = str(models)
    command = [
        sys.executable,
        "-m",
        "vitrine.cli",
        "demo",
        "--source",
        source,
        "--speed",
        "max",
        "--no-browser",
        "--port",
        "0",
        "--record",
        str(folder),
    ]
    process = subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    memory = memory_of(process) if sample else []
    # Standard error is a pipe: it is read to its end, or a talkative program would block.
    _, errors = process.communicate()
    if process.returncode:
        sys.exit(errors.decode())
    summary = json.loads((folder / "summary.json").read_text())
    return summary, memory


def memory_of(process: subprocess.Popen[bytes]) -> list[int]:
    """Return the memory of a process in bytes, every half second until it ends."""
    memory = []
    while process.poll() is None:
        try:
            seen = psutil.Process(process.pid)
            memory.append(seen.memory_info().rss)
            process.wait(SAMPLE_S)
        except (subprocess.TimeoutExpired, psutil.NoSuchProcess):
            continue
    return memory


def people(folder: Path, expected: int) -> tuple[float, int]:
    """Return the share of frames with at least `expected` faces, and the number of tracks."""
    frames = 0
    complete = 0
    tracks: set[str] = set()
    for line in (folder / "faces.jsonl").read_text().splitlines():
        frame = json.loads(line)
        if frame["ended"]:
            continue
        faces = frame["faces"]
        frames += 1
        complete += len(faces) >= expected
        tracks.update(face["track_id"] for face in faces)
    return complete / frames, len(tracks)


def by_hand(source: str, models: Path) -> float:
    """Return frames a second of the plain loop at 640 pixels' width."""
    detector = YuNet(load_network(models / YUNET_FILE, ENGINE))
    landmarks = load_network(
        model_path(LANDMARKS_FILE),
        ENGINE,
    )
    embedding = load_network(
        embedding_model(models),
        ENGINE,
    )
    embedder = Embedder(embedding, "by-hand")
    capture = cv2.VideoCapture(source)
    frames = 0
    started = time.perf_counter()
    while True:
        more, picture = capture.read()
        if not more:
            return frames / (time.perf_counter() - started)
        height = round(picture.shape[0] * WIDTH / picture.shape[1])
        image = np.asarray(cv2.resize(picture, (WIDTH, height)), np.uint8)
        analyse(
            image,
            detector,
            landmarks,
            embedder,
        )
        frames += 1


def analyse(
    image: Image,
    detector: YuNet,
    landmarks: Network,
    embedder: Embedder,
) -> int:
    """Find the faces of a picture, with points and embedding of each; return how many."""
    found = detector.detect(image)
    faces = zip(
        found.boxes,
        found.five,
        strict=True,
    )
    crops = [crop_of_box(box.tolist(), five) for box, five in faces]
    # A network does not take an empty batch.
    if not crops:
        return 0
    cuts = [cut(image, crop) for crop in crops]
    outputs = landmarks.run(network_input(cuts))
    shapes = to_frame(outputs[0], crops)
    embedder.embed([align(image, points) for points in shapes])
    return len(crops)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--source", required=True)
    parser.add_argument(
        "--models",
        type=Path,
        help="folder with yunet_n_dynamic.onnx and mobilefacenet_112.onnx",
    )
    parser.add_argument(
        "--people",
        type=int,
        default=2,
        help="how many faces every frame should have",
    )
    parser.add_argument(
        "--runs",
        type=int,
        default=3,
    )
    parser.add_argument(
        "--repeats",
        type=int,
        default=0,
        help="analyse a raw H.264 source so many times in one process",
    )
    return parser.parse_args()


def main() -> None:
    """Print a table."""
    options = _options()
    console = Console()
    if options.repeats:
        memory_over_repeats(console, options)
        return
    table = Table(
        "models",
        "frames/s",
        "plain loop",
        "frames with all people",
        "tracks",
    )
    kinds = [options.models, None] if options.models else [None]
    for models in kinds:
        for _ in range(options.runs):
            add_run(table, options, models)
    console.print(table)


def add_run(
    table: Table,
    options: argparse.Namespace,
    models: Path | None,
) -> None:
    """Add the row of one run; the plain loop needs the optional models."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        summary, _ = run(options.source, models, folder)
        share, tracks = people(folder, options.people)
    kind = "MTCNN"
    plain = ""
    if models is not None:
        kind = "YuNet, MobileFaceNet"
        plain = f"{by_hand(options.source, models):.1f}"
    table.add_row(
        kind,
        f"{summary['frames_per_second']:.1f}",
        plain,
        f"{share:.1%}",
        str(tracks),
    )


def memory_over_repeats(console: Console, options: argparse.Namespace) -> None:
    """Print the memory of a process that sees the source over and over.

    A raw H.264 stream behind itself is again one.
    """
    with TemporaryDirectory() as name:
        longer = Path(name) / "repeats.h264"
        once = Path(options.source).read_bytes()
        longer.write_bytes(once * options.repeats)
        summary, memory = run(
            str(longer),
            options.models,
            Path(name) / "run",
            sample=True,
        )
    table = Table("part of the run", "memory, MB")
    for part in range(PARTS):
        first = part * len(memory) // PARTS
        end = (part + 1) * len(memory) // PARTS
        highest = max(memory[first:end], default=0)
        table.add_row(f"{part + 1}/{PARTS}", f"{highest / 1e6:.0f}")
    console.print(
        table, f"{summary['frames']} frames in {summary['wall_seconds']:.1f} s"
    )


if __name__ == "__main__":
    main()
