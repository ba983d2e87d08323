"""Which detection is the labelled face, and what stands in for one that was missed."""

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from training.evaluation.subgroups import face_size
from training.pictures.boxes import face_box
from vitrine.vision.crop import Image
from vitrine.vision.detectors import Detections, Detector, detect_scaled
from vitrine.vision.pose import mean_shape
from vitrine.vision.shape import Points

SMALLEST_RATIO = 0.5
LARGEST_RATIO = 2.0
RULE: Final = (
    "a detection matches when the centre of the true box lies inside it and the ratio of the sizes (square "
    "roots of the areas) is 0.5 to 2; the true box bounds the 68 points and a forehead of 0.3 face heights "
    "above the brows"
)


def matching(found: Detections, points: Points) -> NDArray[np.bool_]:
    """Which of n detections match the face of these 68 points, (n,); see RULE."""
    box = face_box(points)
    centre = box[:2] + box[2:] / 2
    low = found.boxes[:, :2]
    high = found.boxes[:, :2] + found.boxes[:, 2:]
    inside = ((low <= centre) & (centre <= high)).all(axis=1)
    ratio = np.sqrt(np.prod(np.maximum(found.boxes[:, 2:], 0), axis=1)) / face_size(
        points
    )
    return np.asarray(inside & (ratio >= SMALLEST_RATIO) & (ratio <= LARGEST_RATIO))


def believed(detector: Detector, image: Image) -> Detections:
    """What starts a track in the product: detections from its operating threshold on, best first."""
    found = detect_scaled(detector, image)
    return found[found.scores >= detector.trust.start]


def matched(detector: Detector, image: Image, points: Points) -> Detections:
    """Of what the detector believes in, what matches the face of these 68 points, best first."""
    found = believed(detector, image)
    return found[matching(found, points)]


def shape_over(image: Image) -> NDArray[np.float64]:
    """(68, 2): the frontal mean shape stretched over the whole picture."""
    height, width = image.shape[:2]
    return _unit_shape() * (width, height)


@cache
def _unit_shape() -> NDArray[np.float64]:
    flat = mean_shape()[:, :2]
    return np.asarray((flat - flat.min(axis=0)) / np.ptp(flat, axis=0))
