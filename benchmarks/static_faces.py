"""How long faces take to prove that they live, and how often still pictures of faces seem to.

python -m benchmarks.static_faces VIDEO …             seconds until a face has moved, from every view on
python -m benchmarks.static_faces --still VIDEO …     its first frame for a minute, noise, changing light
       [--models FOLDER] [--width 640] [--fps 10]

Faces are found by YuNet where --models has it, by MTCNN otherwise.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from benchmarks.expression import faces_in
from benchmarks.vision import read
from vitrine.presence.liveness import UNPROVEN_NS, Motion
from vitrine.schemas import Face
from vitrine.vision.crop import Image
from vitrine.vision.detectors import Detector, Mtcnn, YuNet
from vitrine.vision.models import YUNET_FILE, optional_model
from vitrine.vision.networks import load_network

View = tuple[int, Face]
NOISE: Final = 3.0
"""Standard deviation of the camera's noise, of 255."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("videos", type=Path, nargs="+")
    parser.add_argument("--still", action="store_true")
    parser.add_argument(
        "--models", type=Path, help="folder with the optional public models"
    )
    parser.add_argument("--width", type=int, default=640)
    parser.add_argument("--fps", type=float, default=10)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    path = optional_model(YUNET_FILE, arguments.models)
    detector: Detector = YuNet(load_network(path)) if path else Mtcnn.load()
    for video in arguments.videos:
        every = max(
            1, round(cv2.VideoCapture(str(video)).get(cv2.CAP_PROP_FPS) / arguments.fps)
        )
        images = list(read(video, arguments.width, 3000))[::every]
        if arguments.still:
            images = list(still(images[0], round(60 * arguments.fps), arguments.fps))
        tracks = _tracks(images, arguments.fps, detector)
        found = np.array([s for views in tracks for s in delays(views)])
        if not len(found):
            print(f"{video.name}: no face for {UNPROVEN_NS / 1e9:g} s")
            continue
        proven = found[np.isfinite(found)]
        print(
            f"{video.name}: {len(tracks)} tracks, {len(found)} views;"
            f" moved in time {np.isfinite(found).mean():.4f}"
        )
        if len(proven):
            print(
                "  seconds: median {:.2f}, 90 % {:.2f}, 99 % {:.2f}".format(
                    *np.percentile(proven, [50, 90, 99])
                )
            )


def still(image: Image, count: int, fps: float) -> Iterator[Image]:
    """A picture that does not move: light that swells, steps and flickers, and noise."""
    noise = np.random.default_rng(1)
    for n in range(count):
        t = n / fps
        light = (
            1
            + 0.08 * np.sin(0.35 * t)
            + 0.15 * (int(t / 9) % 2)
            + 0.02 * np.sin(2 * np.pi * 4.3 * t)
        )
        shown = image * light + noise.normal(0, NOISE, image.shape)
        yield np.clip(shown, 0, 255).astype(np.uint8)


def delays(views: Sequence[View]) -> list[float]:
    """From each view on, the seconds until the face has moved; infinite when it would be a print before."""
    found = []
    for first, (start_ns, _) in enumerate(views):
        if views[-1][0] - start_ns < UNPROVEN_NS:
            break
        motion = Motion()
        moved = next(
            (at_ns for at_ns, face in views[first:] if motion.observe(at_ns, face)),
            None,
        )
        in_time = moved is not None and moved - start_ns < UNPROVEN_NS
        found.append((moved - start_ns) / 1e9 if in_time and moved else np.inf)
    return found


def _tracks(images: list[Image], fps: float, detector: Detector) -> list[list[View]]:
    tracks: dict[str, list[View]] = {}
    for event in faces_in(images, fps, detector):
        for face in event.faces:
            tracks.setdefault(face.track_id, []).append((event.captured_at_ns, face))
    return list(tracks.values())


if __name__ == "__main__":
    main()
