"""Print how still the points of a still face stand, and how well those of a moving one keep up.

python -m benchmarks.steadiness youtube_faces_keypoints.zip [--people 20] [--fps 30]

Photographs of people that nothing was trained on are shown to the whole chain of `landmarks`: JPEG,
detector every third frame, landmark network, One-Euro filter. First each stands still for four
seconds in fresh sensor noise: jitter is the root mean square of the points' distances from their
means, from the second second on, in face sizes. Then each moves to and fro: lag is the time that
the published points need to follow them.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from benchmarks.tracked_faces import tracked_faces
from training.datasets.faces import LabelledFace
from training.datasets.keypoints_csv import read_keypoints_csv
from training.datasets.splits import select
from vitrine.faces import smoothing
from vitrine.faces.analysis import Analyser
from vitrine.faces.models import FaceModels
from vitrine.vision.crop import Image
from vitrine.vision.detectors import FaceScore, load_detector
from vitrine.vision.models import LANDMARKS_FILE, model_path
from vitrine.vision.networks import load_network
from vitrine.vision.quality import QualityScore

WIDTH = 640
HEIGHT = 360
FACE: Final = 110.0
"""Pixels: the face's larger side in the shown picture."""
NOISE: Final = 4.0
"""Standard deviation of the sensor noise, of 255."""
# What comes before is a new track's beginning, not its noise. Chosen, not measured.
SETTLED_S = 1.0
STILL_S = 4.0
MOVING_S = 4.0
# To and fro every two seconds.
TURNS_HZ: Final = 0.5
FAST_SHARE: Final = 0.7
"""Of the highest speed: slower parts of the motion say little of the lag."""
SPEEDS: Final = (0.25, 0.5, 1.0, 2.0)
"""Face sizes a second, at the fastest part of the motion."""
Tracks = NDArray[np.float64]


def main() -> None:
    """Print jitter and lag."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument(
        "data",
        type=Path,
        help="keypoint files, folder or zip",
    )
    parser.add_argument(
        "--people",
        type=int,
        default=20,
    )
    parser.add_argument(
        "--fps",
        type=float,
        default=30.0,
    )
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    held_out = select(read_keypoints_csv(arguments.data), "held-out")
    faces = one_of_each(held_out)[: arguments.people]
    models = FaceModels(
        detector=load_detector(None),
        landmarks=load_network(model_path(LANDMARKS_FILE)),
        face_score=FaceScore.load(),
        quality=QualityScore.load(),
    )
    analyser = Analyser(models)
    still(faces, arguments.fps, analyser)
    moving(faces, arguments.fps, analyser)


def one_of_each(faces: Sequence[LabelledFace]) -> list[LabelledFace]:
    """Return the first picture of each person."""
    # Backwards, so that the first picture of a person is the one that stays.
    firsts = {face.group: face for face in reversed(faces)}
    return list(reversed(firsts.values()))


def still(
    faces: Sequence[LabelledFace],
    fps: float,
    analyser: Analyser,
) -> None:
    """Print the jitter before and after the filter."""
    settled = round(SETTLED_S * fps)
    at_rest = np.zeros(round(STILL_S * fps))
    measured = []
    published = []
    for face in track(faces, "still"):
        shown = shifts(face, at_rest)
        _, raw, smooth = raw_and_smooth(shown, fps, analyser)
        measured.append(jitter(raw[settled:]) / FACE)
        published.append(jitter(smooth[settled:]) / FACE)
    print(f"still, {len(measured)} people at {fps:.0f} frames/s: jitter in face sizes")
    for name, values in (("measured", measured), ("published", published)):
        print(
            f"  {name:10s} mean {np.mean(values):.2%}, worst person {max(values):.2%}"
        )


def moving(
    faces: Sequence[LabelledFace],
    fps: float,
    analyser: Analyser,
) -> None:
    """Print the lag of the filter at each speed."""
    for speed in SPEEDS:
        seconds = np.arange(round(MOVING_S * fps)) / fps
        angular = 2 * np.pi * TURNS_HZ
        amplitude = speed * FACE / angular
        where = amplitude * np.sin(angular * seconds)
        lags = []
        for face in track(
            faces,
            f"{speed} face sizes/s",
            transient=True,
        ):
            frames, raw, smooth = raw_and_smooth(
                shifts(face, where),
                fps,
                analyser,
            )
            behind = (raw - smooth).mean(axis=1)[:, 0]
            lag = lag_s(
                behind,
                where,
                frames,
                fps,
            )
            lags.append(1e3 * lag)
        print(
            f"moving, {speed:.2f} face sizes/s: lag {np.mean(lags):.1f} ms,"
            f" worst {max(lags):.1f} ms"
        )


def lag_s(
    behind: NDArray[np.floating],
    where: NDArray[np.float64],
    frames: NDArray[np.intp],
    fps: float,
) -> float:
    """Return the seconds by which points are late: least squares of distance on velocity.

    `behind` (n,): pixels by which they are behind in `frames` (n,) of the motion `where`. Only
    the fast parts of the motion count, once the filter has settled.
    """
    velocity = np.gradient(where, 1 / fps)
    now = velocity[frames]
    highest = np.abs(velocity).max()
    is_fast = np.abs(now) > FAST_SHARE * highest
    is_settled = frames / fps > SETTLED_S
    chosen = is_fast & is_settled
    speeds = now[chosen]
    # Positive where points are behind, whichever way the face moves.
    products = behind[chosen] * speeds
    squares = speeds**2
    return float(products.sum() / squares.sum())


def shifts(face: LabelledFace, where: NDArray[np.float64]) -> Iterator[Image]:
    """Yield frames (HEIGHT, WIDTH, 3) with the face `where` pixels right of the middle."""
    image = face.image()
    rng = np.random.default_rng(7)
    low = face.points.min(axis=0)
    high = face.points.max(axis=0)
    sides = high - low
    scale = FACE / float(sides.max())
    face_middle = scale * (low + high) / 2
    left, top = np.array([WIDTH, HEIGHT]) / 2 - face_middle
    for right in where:
        affine = np.array(
            [
                [scale, 0, left + right],
                [0, scale, top],
            ]
        )
        frame = cv2.warpAffine(
            image,
            affine,
            (WIDTH, HEIGHT),
            borderMode=cv2.BORDER_REPLICATE,
        )
        # Fresh in each frame: the same noise would stand as still as the face.
        noise = rng.normal(0, NOISE, frame.shape)
        noisy = (frame + noise).clip(0, 255)
        yield noisy.astype(np.uint8)


def raw_and_smooth(
    frames: Iterator[Image],
    fps: float,
    analyser: Analyser,
) -> tuple[NDArray[np.intp], Tracks, Tracks]:
    """Return the face's points (n, 68, 2) as measured and as published.

    Before them come the numbers (n,) of the frames with the face.
    """
    measured: list[NDArray[np.floating]] = []
    # The filter is the border between the two: what it is called with was measured.
    call = smoothing.OneEuro.__call__

    def noted(
        self: smoothing.OneEuro,
        points: NDArray[np.floating],
        side: float,
        at_ns: int,
    ) -> Tracks:
        measured.append(points.astype(np.float64))
        return call(
            self,
            points,
            side,
            at_ns,
        )

    smoothing.OneEuro.__call__ = noted  # type: ignore[method-assign]
    try:
        events = tracked_faces(frames, fps, analyser)
    finally:
        smoothing.OneEuro.__call__ = call  # type: ignore[method-assign]
    seen = [number for number, event in enumerate(events) if event.faces]
    published = [events[number].faces[0].points for number in seen]
    if len(published) != len(measured):
        raise SystemExit("more than one face was seen in a picture: take other people")
    return (
        np.array(seen),
        np.array(measured),
        np.array(published, np.float64).reshape(-1, 68, 2),
    )


def jitter(points: Tracks) -> float:
    """Return the root mean square distance of points (frames, 68, 2) from their means, pixels."""
    offsets = points - points.mean(axis=0)
    squares = (offsets**2).sum(axis=-1)
    return float(np.sqrt(squares.mean()))


if __name__ == "__main__":
    main()
