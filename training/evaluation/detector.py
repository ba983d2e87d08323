"""Recall and false alarms of a detector, and its speed."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from training.datasets.faces import LabelledFace
from training.datasets.pictures import Picture
from training.evaluation.arrays import Floats, Singles
from training.evaluation.framing import SURROUNDED, framed, scaled
from training.evaluation.intervals import Interval, interval_of_mean, wilson
from training.evaluation.matching import RULE, matching
from training.evaluation.progress import in_batches
from training.evaluation.results import Columns, Json, sets_of, subgroups
from training.evaluation.speed import TIMES, speed
from training.evaluation.subgroups import Look, face_size, look_of
from vitrine.vision.crop import Image
from vitrine.vision.detectors import Detector, detect_scaled

SWEEP: Final = np.linspace(0.3, 0.99, 70).round(2)
"""Thresholds of the curves; detectors keep nothing below a threshold of their own."""


def measure_faces(
    faces: Sequence[LabelledFace],
    detector: Detector,
    smaller: float | None = None,
) -> Json:
    """Return recall on labelled faces.

    With `smaller`, faces are scaled down to so many pixels, and those below it are left out.
    """
    chosen = _large_enough(faces, smaller)

    def work(some: Sequence[LabelledFace]) -> list[tuple[float, Look]]:
        return [_best_match(face, detector, smaller) for face in some]

    found = in_batches(work, chosen, "detector")
    best = [score for score, _ in found]
    looks = [look for _, look in found]
    scores = np.array(best, np.float64)
    is_found = scores >= detector.trust.start
    recall = is_found.astype(np.float64)
    groups = [face.group for face in chosen]
    people = np.array(groups, dtype=np.str_)
    columns = Columns({"recall": recall}, people)
    everything = np.ones(len(chosen), np.bool_)
    sets = {}
    for name, mask in sets_of(chosen).items():
        sets[name] = columns.figures(mask)
    return {
        "protocol": (
            f"Recall: {RULE}. {_small(smaller)}"
            "False alarms: not from these pictures, which may show more faces "
            f"than are labelled. {TIMES}"
        ),
        **columns.figures(everything),
        "false_per_image": None,
        **speed(chosen, detector),
        "face_size": smaller,
        "curves": {
            "threshold": SWEEP,
            "recall": _at_least(scores, len(chosen)),
            "false_per_image": None,
        },
        "sets": sets,
        "subgroups": subgroups(columns.figures, looks),
    }


def measure_negatives(
    pictures: Sequence[Picture],
    detector: Detector,
    smaller: float | None = None,
) -> Json:
    """Return false alarms in pictures that show no face.

    With `smaller`, the pictures are scaled and framed as if they showed a face of that size.
    """

    def work(some: Sequence[Picture]) -> list[Singles]:
        found = []
        for picture in some:
            image = _like_a_face(picture.image(), smaller)
            detections = detect_scaled(detector, image)
            found.append(detections.scores)
        return found

    found = in_batches(work, pictures, "detector")
    all_scores = np.concatenate(found)
    alarms = []
    for scores in found:
        trusted = scores >= detector.trust.start
        alarms.append(trusted.sum())
    false = np.array(alarms, np.float64)
    has_false = false > 0
    with_false = float(has_false.mean())
    return {
        "protocol": (
            "Every detection is a false alarm: no picture shows a face. "
            f"{_control(smaller)}{TIMES}"
        ),
        "n": len(pictures),
        "recall": None,
        "false_per_image": float(false.mean()),
        "pictures_with_false": with_false,
        "interval": {
            "false_per_image": interval_of_false(false),
            "pictures_with_false": wilson(with_false, len(false)),
        },
        **speed(pictures, detector),
        "face_size": smaller,
        "curves": {
            "threshold": SWEEP,
            "recall": None,
            "false_per_image": _at_least(all_scores, len(pictures)),
        },
        "sets": {},
        "subgroups": {},
    }


def interval_of_false(false: Floats) -> Interval:
    """Return the interval of the mean count a picture.

    Where there was none it is 0 to 3/n (the rule of three, one-sided).
    """
    count = len(false)
    if not false.any():
        return (0.0, 3 / count)
    # Pictures without people: each is its own draw.
    names = np.arange(count).astype(np.str_)
    return interval_of_mean(false, names)


def _large_enough(
    faces: Sequence[LabelledFace], smaller: float | None
) -> list[LabelledFace]:
    if smaller is None:
        return list(faces)
    return [face for face in faces if face_size(face.points) >= smaller]


def _best_match(
    face: LabelledFace,
    detector: Detector,
    smaller: float | None,
) -> tuple[float, Look]:
    """Return the best score of what matches the face, 0 for nothing, and its look at that size."""
    image, points = scaled(face.image(), face.points, smaller)
    found = detect_scaled(detector, image)
    look = look_of(image, points)
    if smaller is not None:
        # Scaling to whole pixels has moved the size a little, maybe into another class.
        look = replace(look, face_size=smaller)
    matches = matching(found, points)
    scores = found.scores[matches]
    best = scores.max(initial=0)
    return float(best), look


def _like_a_face(image: Image, smaller: float | None) -> Image:
    """Return what `scaled` makes of a picture SURROUNDED times as large as its face."""
    if smaller is None:
        return image
    shorter_side = min(image.shape[:2])
    scale = SURROUNDED * smaller / shorter_side
    no_points = np.zeros((1, 2))
    frame, _ = framed(image, no_points, scale)
    return frame


def _at_least(scores: Floats, count: int) -> Floats:
    """Return for each threshold of SWEEP the number of scores that reach it, over `count`."""
    reached = scores[None] >= SWEEP[:, None]
    counts = reached.sum(axis=1)
    # Without a face there is nothing to reach a threshold either.
    shares = counts / max(count, 1)
    return np.asarray(shares)


def _small(size: float | None) -> str:
    if size is None:
        return ""
    return (
        f"Pictures were scaled down until the true box was {size:g} px (square root of its area) "
        "and put into the middle of a grey frame of 640×360; faces smaller than that were left "
        "out. "
    )


def _control(size: float | None) -> str:
    if size is None:
        return ""
    return (
        f"A control: pictures were scaled down to {SURROUNDED * size:g} px, as those of faces of "
        f"{size:g} px are, and put into the middle of a grey frame of 640×360. A detector that "
        "finds something there finds small pictures in frames, and its recall on faces in them is "
        "too high. "
    )
