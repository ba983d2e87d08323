"""The detection of a labelled face, and the shape that stands in for one that was missed."""

from functools import cache
from typing import Final

import numpy as np

from training.evaluation.arrays import Doubles, Mask
from training.evaluation.subgroups import face_size
from training.pictures.boxes import face_box
from vitrine.vision.crop import Image
from vitrine.vision.detectors import Detections, Detector, detect_scaled
from vitrine.vision.pose import mean_shape
from vitrine.vision.shape import Points

# Chosen, not measured: detectors draw boxes of different extent around the same face.
SMALLEST_RATIO: Final = 0.5
LARGEST_RATIO: Final = 2.0
RULE: Final = (
    "a detection matches when the centre of the true box lies inside it and the ratio of the sizes "
    "(square roots of the areas) is 0.5 to 2; the true box bounds the 68 points and a forehead of "
    "0.3 face heights above the brows"
)


def matching(found: Detections, points: Points) -> Mask:
    """Return which of n detections match the face of these 68 points, (n,); see RULE."""
    box = face_box(points)
    half = box[2:] / 2
    centre = box[:2] + half
    sides = found.boxes[:, 2:]
    low = found.boxes[:, :2]
    high = low + sides
    between = (low <= centre) & (centre <= high)
    inside = between.all(axis=1)
    # A detector may answer boxes of negative sides.
    positive = np.maximum(sides, 0)
    areas = positive.prod(axis=1)
    sizes = np.sqrt(areas)
    ratio = sizes / face_size(points)
    large_enough = ratio >= SMALLEST_RATIO
    small_enough = ratio <= LARGEST_RATIO
    alike = large_enough & small_enough
    return np.asarray(inside & alike)


def trusted(detector: Detector, image: Image) -> Detections:
    """Return the detections that start a track in the product, best first.

    They are those from the operating threshold on.
    """
    found = detect_scaled(detector, image)
    starts_track = found.scores >= detector.trust.start
    return found[starts_track]


def matched(
    detector: Detector,
    image: Image,
    points: Points,
) -> Detections:
    """Return the trusted detections that match the face of these 68 points, best first."""
    found = trusted(detector, image)
    matches = matching(found, points)
    return found[matches]


def shape_over(image: Image) -> Doubles:
    """Return the frontal mean shape stretched over the whole picture, (68, 2)."""
    height, width = image.shape[:2]
    return _unit_shape() * (width, height)


@cache
def _unit_shape() -> Doubles:
    """Return the mean shape (68, 2) with both coordinates from 0 to 1."""
    flat = mean_shape()[:, :2]
    low = flat.min(axis=0)
    sides = np.ptp(flat, axis=0)
    from_zero = flat - low
    return np.asarray(from_zero / sides)
