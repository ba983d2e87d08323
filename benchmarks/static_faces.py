"""Print how soon faces prove to be alive, and how often still pictures of faces seem to be.

python -m benchmarks.static_faces VIDEO …           seconds until a face has moved, from every
                                                    view on
python -m benchmarks.static_faces --still VIDEO …   its first frame for a minute, with noise and
                                                    changing light
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
from vitrine.clock import SECOND_NS
from vitrine.presence.liveness import UNPROVEN_NS, Motion
from vitrine.schemas import Face
from vitrine.vision.crop import Image
from vitrine.vision.detectors import Detector, Mtcnn, YuNet
from vitrine.vision.models import YUNET_FILE, optional_model
from vitrine.vision.networks import load_network

View = tuple[int, Face]
NOISE: Final = 3.0
"""Standard deviation of the camera's noise, of 255."""
# Long enough for several steps of the light.
STILL_S: Final = 60
MOST_FRAMES: Final = 3000
# Light of a still picture: a slow swell, a step every nine seconds as of a screen beside it,
# and a flicker that the frame rate does not divide. Chosen, not measured.
SWELL: Final = 0.08
SWELL_RAD_S: Final = 0.35
STEP: Final = 0.15
STEP_S: Final = 9
FLICKER: Final = 0.02
FLICKER_HZ: Final = 4.3


def main() -> None:
    """Print the figures of each video."""
    arguments = _arguments()
    cv2.setNumThreads(1)
    path = optional_model(YUNET_FILE, arguments.models)
    detector: Detector = YuNet(load_network(path)) if path else Mtcnn.load()
    for video in arguments.videos:
        images = images_of(video, arguments.width, arguments.fps)
        if arguments.still:
            count = round(STILL_S * arguments.fps)
            images = list(still(images[0], count, arguments.fps))
        tracks = _tracks(images, arguments.fps, detector)
        print_delays(video.name, tracks)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument(
        "videos",
        type=Path,
        nargs="+",
    )
    parser.add_argument("--still", action="store_true")
    parser.add_argument(
        "--models",
        type=Path,
        help="folder with the optional public models",
    )
    parser.add_argument(
        "--width",
        type=int,
        default=640,
    )
    parser.add_argument(
        "--fps",
        type=float,
        default=10,
    )
    return parser.parse_args()


def images_of(
    video: Path,
    width: int,
    fps: float,
) -> list[Image]:
    """Return the frames of a video, about `fps` of each second."""
    capture = cv2.VideoCapture(str(video))
    every = max(1, round(capture.get(cv2.CAP_PROP_FPS) / fps))
    return list(read(video, width, MOST_FRAMES))[::every]


def print_delays(video_name: str, tracks: Sequence[Sequence[View]]) -> None:
    """Print the share of views from which the face moved in time, and the seconds it took."""
    found = []
    for views in tracks:
        found += delays(views)
    if not found:
        print(f"{video_name}: no face for {UNPROVEN_NS / SECOND_NS:g} s")
        return
    seconds = np.array(found)
    is_proven = np.isfinite(seconds)
    print(
        f"{video_name}: {len(tracks)} tracks, {len(seconds)} views;"
        f" moved in time {is_proven.mean():.4f}"
    )
    if is_proven.any():
        median, ninety, ninety_nine = np.percentile(seconds[is_proven], [50, 90, 99])
        print(
            f"  seconds: median {median:.2f}, 90 % {ninety:.2f}, 99 % {ninety_nine:.2f}"
        )


def still(
    image: Image,
    count: int,
    fps: float,
) -> Iterator[Image]:
    """Yield a picture that does not move: light that swells, steps and flickers, and noise."""
    rng = np.random.default_rng(1)
    for number in range(count):
        shown = image * light_at(number / fps) + rng.normal(
            0,
            NOISE,
            image.shape,
        )
        yield np.clip(shown, 0, 255).astype(np.uint8)


def light_at(seconds: float) -> float:
    """Return how bright a still picture is at a time, 1 for its own brightness."""
    swell = SWELL * np.sin(SWELL_RAD_S * seconds)
    step = STEP * (int(seconds / STEP_S) % 2)
    flicker = FLICKER * np.sin(2 * np.pi * FLICKER_HZ * seconds)
    return float(1 + swell + step + flicker)


def delays(views: Sequence[View]) -> list[float]:
    """Return, for each view, the seconds from it on until the face has moved.

    They are infinite where the face would count as static before. Views near the end of a track
    are left out: nobody knows what would have come.
    """
    found = []
    last_ns, _ = views[-1]
    for first, (start_ns, _) in enumerate(views):
        if last_ns - start_ns < UNPROVEN_NS:
            break
        moved_ns = first_movement(views[first:])
        if moved_ns is None or moved_ns - start_ns >= UNPROVEN_NS:
            found.append(np.inf)
        else:
            found.append((moved_ns - start_ns) / SECOND_NS)
    return found


def first_movement(views: Sequence[View]) -> int | None:
    """Return when a face that is seen for the first time has moved; None for never."""
    motion = Motion()
    for at_ns, face in views:
        if motion.observe(at_ns, face):
            return at_ns
    return None


def _tracks(
    images: list[Image],
    fps: float,
    detector: Detector,
) -> list[list[View]]:
    tracks: dict[str, list[View]] = {}
    for event in faces_in(images, fps, detector):
        for face in event.faces:
            views = tracks.setdefault(face.track_id, [])
            views.append((event.captured_at_ns, face))
    return list(tracks.values())


if __name__ == "__main__":
    main()
