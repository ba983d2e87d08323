"""How fast the whole pipeline of one process is, and whether its memory stays flat.

    python -m benchmarks.pipeline --source ../shared/video/two-people-head-pose.h264 --models ../shared/models

Each run is `vitrine demo --speed max` in a process of its own; the figures come from what it recorded.
Machines differ and drift: beside each run stands a plain loop over the same pictures with the same networks
and nothing else (YuNet, 68 points and embedding of every face in every frame), measured right after it.
With `--repeats N` one process analyses the source (raw H.264) N times over, and its memory is printed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cv2
import numpy as np
import psutil
from rich.console import Console
from rich.table import Table

from vitrine.vision.crop import crop_of_box, cut, network_input, to_frame
from vitrine.vision.detectors import YuNet
from vitrine.vision.embedding import Embedder, align
from vitrine.vision.models import (
    LANDMARKS_FILE,
    YUNET_FILE,
    embedding_model,
    model_path,
)
from vitrine.vision.networks import load_network


def run(
    source: str, models: Path | None, folder: Path, *, sample: bool = False
) -> tuple[dict[str, Any], list[int]]:
    """One demo at full speed; its summary, and its memory in bytes every half second if asked for."""
    environment = {**os.environ, **({"VITRINE_MODELS": str(models)} if models else {})}
    command = [
        sys.executable,
        "-m",
        "vitrine.cli",
        "demo",
        "--source",
        source,
        "--speed",
        "max",
    ]
    command += ["--no-browser", "--port", "0", "--record", str(folder)]
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    memory: list[int] = []
    while sample and process.poll() is None:
        try:
            memory.append(psutil.Process(process.pid).memory_info().rss)
            process.wait(0.5)
        except (subprocess.TimeoutExpired, psutil.NoSuchProcess):
            continue
    errors = process.communicate()[1]
    if process.returncode:
        sys.exit(errors.decode())
    return json.loads((folder / "summary.json").read_text()), memory


def people(folder: Path, expected: int) -> tuple[float, int]:
    """Share of frames with at least `expected` faces, and how many tracks there were."""
    frames = [
        json.loads(line) for line in (folder / "faces.jsonl").read_text().splitlines()
    ]
    frames = [frame for frame in frames if not frame["ended"]]
    tracks = Counter(face["track_id"] for frame in frames for face in frame["faces"])
    return sum(len(frame["faces"]) >= expected for frame in frames) / len(frames), len(
        tracks
    )


def by_hand(source: str, models: Path) -> float:
    """Frames a second of the plain loop at 640 pixels' width, with two threads in each network."""
    detector = YuNet(load_network(models / YUNET_FILE, threads=2))
    landmarks = load_network(model_path(LANDMARKS_FILE), threads=2)
    embedder = Embedder(load_network(embedding_model(models), threads=2), "by-hand")
    capture = cv2.VideoCapture(source)
    frames = 0
    started = time.perf_counter()
    while True:
        more, picture = capture.read()
        if not more:
            return frames / (time.perf_counter() - started)
        height = round(picture.shape[0] * 640 / picture.shape[1])
        image = np.asarray(cv2.resize(picture, (640, height)), np.uint8)
        found = detector.detect(image)
        crops = [
            crop_of_box(box.tolist(), five)
            for box, five in zip(found.boxes, found.five, strict=True)
        ]
        if crops:
            outputs = landmarks.run(
                network_input([cut(image, crop) for crop in crops])
            )[0]
            embedder.embed(
                [align(image, points) for points in to_frame(outputs, crops)]
            )
        frames += 1


def main() -> None:
    """Print a table."""
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
        "--people", type=int, default=2, help="how many faces every frame should have"
    )
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument(
        "--repeats",
        type=int,
        default=0,
        help="analyse a raw H.264 source so many times in one process",
    )
    options = parser.parse_args()
    console = Console()
    if options.repeats:
        memory_over_repeats(console, options)
        return
    table = Table(
        "models", "frames/s", "plain loop", "frames with all people", "tracks"
    )
    for models in [options.models, None] if options.models else [None]:
        for _ in range(options.runs):
            with TemporaryDirectory() as name:
                summary, _ = run(options.source, models, Path(name))
                share, tracks = people(Path(name), options.people)
            table.add_row(
                "YuNet, MobileFaceNet" if models else "MTCNN",
                f"{summary['frames_per_second']:.1f}",
                f"{by_hand(options.source, models):.1f}" if models else "",
                f"{share:.1%}",
                str(tracks),
            )
    console.print(table)


def memory_over_repeats(console: Console, options: argparse.Namespace) -> None:
    """A raw H.264 stream behind itself is again one: a process sees the source over and over."""
    with TemporaryDirectory() as name:
        longer = Path(name) / "repeats.h264"
        longer.write_bytes(Path(options.source).read_bytes() * options.repeats)
        summary, memory = run(
            str(longer), options.models, Path(name) / "run", sample=True
        )
    table = Table("part of the run", "memory, MB")
    for part in range(10):
        span = memory[part * len(memory) // 10 : (part + 1) * len(memory) // 10] or [0]
        table.add_row(f"{part + 1}/10", f"{max(span) / 1e6:.0f}")
    console.print(
        table, f"{summary['frames']} frames in {summary['wall_seconds']:.1f} s"
    )


if __name__ == "__main__":
    main()
