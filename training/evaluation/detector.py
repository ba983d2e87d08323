"""What a detector finds, and what it takes for a face."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from statistics import median
from typing import Final, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from training.datasets.faces import LabelledFace
from training.datasets.pictures import Picture
from training.evaluation.intervals import Interval, interval_of_mean, wilson
from training.evaluation.matching import RULE, matching
from training.evaluation.progress import in_batches
from training.evaluation.results import Columns, Json, sets_of, subgroups
from training.evaluation.subgroups import Look, face_size, look_of
from vitrine.vision.crop import Image
from vitrine.vision.detectors import Detector, detect_scaled
from vitrine.vision.shape import Points

FRAME: Final = (640, 360)
"""Width and height of the picture that speeds are compared at."""
GREY: Final = 127
SURROUNDED: Final = 2
"""How much larger a cropped photo is than its face."""
TIMED: Final = 50
"""Pictures that are timed."""
SWEEP: Final = np.linspace(0.3, 0.99, 70).round(2)
"""Thresholds of the curves; detectors keep nothing below a threshold of their own."""
TIMES: Final = (
    f"milliseconds: median of up to {TIMED} pictures at their own size, milliseconds_640x360: scaled to fit "
    "a grey frame of 640×360; one thread, this machine, decoding not counted."
)


class Pictured(Protocol):
    def image(self) -> Image: ...


def measure_faces(
    faces: Sequence[LabelledFace], detector: Detector, smaller: float | None = None
) -> Json:
    """Recall. With `smaller`, faces are scaled down to that size, those below it are left out."""
    chosen = [
        face for face in faces if smaller is None or face_size(face.points) >= smaller
    ]

    def work(some: Sequence[LabelledFace]) -> list[tuple[float, Look]]:
        return [_best_match(face, detector, smaller) for face in some]

    found = in_batches(work, chosen, "detector")
    scores = np.array([score for score, _ in found], np.float64)
    columns = Columns(
        {"recall": (scores >= detector.trust.start).astype(np.float64)},
        np.array([face.group for face in chosen], dtype=np.str_),
    )
    everything = np.ones(len(chosen), np.bool_)
    size = "" if smaller is None else _small(smaller)
    return {
        "protocol": f"Recall: {RULE}. {size}False alarms: not from these pictures, which may show more faces "
        f"than are labelled. {TIMES}",
        **columns.figures(everything),
        "false_per_image": None,
        **speed(chosen, detector),
        "face_size": smaller,
        "curves": {
            "threshold": SWEEP,
            "recall": _at_least(scores, len(chosen)),
            "false_per_image": None,
        },
        "sets": {name: columns.figures(mask) for name, mask in sets_of(chosen).items()},
        "subgroups": subgroups(columns.figures, [look for _, look in found]),
    }


def measure_negatives(
    pictures: Sequence[Picture], detector: Detector, smaller: float | None = None
) -> Json:
    """False alarms in pictures that show no face. With `smaller`, the pictures are framed as if one did."""

    def work(some: Sequence[Picture]) -> list[NDArray[np.float32]]:
        images = [_like_a_face(picture.image(), smaller) for picture in some]
        return [detect_scaled(detector, image).scores for image in images]

    found = in_batches(work, pictures, "detector")
    false = np.array(
        [(scores >= detector.trust.start).sum() for scores in found], np.float64
    )
    return {
        "protocol": f"Every detection is a false alarm: no picture shows a face. {_control(smaller)}{TIMES}",
        "n": len(pictures),
        "recall": None,
        "false_per_image": float(false.mean()),
        "pictures_with_false": float((false > 0).mean()),
        "interval": {
            "false_per_image": interval_of_false(false),
            "pictures_with_false": wilson(float((false > 0).mean()), len(false)),
        },
        **speed(pictures, detector),
        "face_size": smaller,
        "curves": {
            "threshold": SWEEP,
            "recall": None,
            "false_per_image": _at_least(np.concatenate(found), len(pictures)),
        },
        "sets": {},
        "subgroups": {},
    }


def _best_match(
    face: LabelledFace, detector: Detector, smaller: float | None
) -> tuple[float, Look]:
    """The best score of what matches the face, 0 for nothing, and what the face is like at that size."""
    image, points = scaled(face.image(), face.points, smaller)
    found = detect_scaled(detector, image)
    look = look_of(image, points)
    if smaller is not None:
        look = replace(look, face_size=smaller)  # whole pixels have moved it a little
    return float(found.scores[matching(found, points)].max(initial=0)), look


def _like_a_face(image: Image, smaller: float | None) -> Image:
    """What `scaled` makes of a picture twice as large as its face, here of one without a face."""
    if smaller is None:
        return image
    return framed(image, np.zeros((1, 2)), SURROUNDED * smaller / min(image.shape[:2]))[
        0
    ]


def _control(smaller: float | None) -> str:
    if smaller is None:
        return ""
    return (
        f"A control: pictures were scaled down to {SURROUNDED * smaller:g} px, as those of faces of "
        f"{smaller:g} px are, and put into the middle of a grey frame of 640×360. A detector that finds "
        "something there finds small pictures in frames, and its recall on faces in them is too high. "
    )


def interval_of_false(false: NDArray[np.floating]) -> Interval:
    """Of the mean count a picture; where there was none, 0 to 3/n (the rule of three, one-sided)."""
    if not false.any():
        return (0.0, 3 / len(false))
    return interval_of_mean(false, np.arange(len(false)).astype(np.str_))


def _at_least(scores: NDArray[np.floating], count: int) -> NDArray[np.floating]:
    """For each threshold of SWEEP how many scores reach it, over `count`."""
    return np.asarray((scores[None] >= SWEEP[:, None]).sum(axis=1) / max(count, 1))


def _small(size: float) -> str:
    return (
        f"Pictures were scaled down until the true box was {size:g} px (square root of its area) and put "
        "into the middle of a grey frame of 640×360; faces smaller than that were left out. "
    )


def scaled(image: Image, points: Points, size: float | None) -> tuple[Image, Points]:
    """The picture with a face of `size` pixels in a grey frame, and where its points (68, 2) are then."""
    if size is None:
        return image, points
    return framed(image, points, size / face_size(points))


def framed(image: Image, points: Points, scale: float) -> tuple[Image, Points]:
    """The picture, scaled, in the middle of a grey frame of 640×360, larger where it does not fit."""
    height, width = (max(1, round(side * scale)) for side in image.shape[:2])
    small = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    frame = np.full((max(FRAME[1], height), max(FRAME[0], width), 3), GREY, np.uint8)
    top = (frame.shape[0] - height) // 2
    left = (frame.shape[1] - width) // 2
    frame[top : top + height, left : left + width] = small
    across = width / image.shape[1]
    down = height / image.shape[0]
    return frame, (points + 0.5) * (across, down) - 0.5 + (left, top)


def speed(pictures: Sequence[Pictured], detector: Detector) -> Json:
    """Milliseconds a picture, see TIMES."""
    images = [
        picture.image()
        for picture in pictures[:: max(1, len(pictures) // TIMED)][:TIMED]
    ]
    frames = [_fitted(image) for image in images]
    return {
        "milliseconds": _milliseconds(
            lambda image: detect_scaled(detector, image), images
        ),
        "milliseconds_640x360": _milliseconds(detector.detect, frames),
    }


def _fitted(image: Image) -> Image:
    scale = min(FRAME[0] / image.shape[1], FRAME[1] / image.shape[0])
    return framed(image, np.zeros((1, 2)), scale)[0][: FRAME[1], : FRAME[0]]


def _milliseconds(work: Callable[[Image], object], images: Sequence[Image]) -> float:
    if not images:
        return np.nan
    work(images[0])
    return 1000 * median(_seconds(work, image) for image in images)


def _seconds(work: Callable[[Image], object], image: Image) -> float:
    started = time.perf_counter()
    work(image)
    return time.perf_counter() - started
