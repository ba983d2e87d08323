"""The 15 points of the keypoint competition: their names, mirror order, and place among 68 points.

Left and right are the person's own here, as the competition has them: `left_eye_center` is right
of the nose in the picture.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from vitrine.vision.shape import EYE_LEFT, EYE_RIGHT, Points

PLACES: Final[dict[str, slice | int]] = {
    "left_eye_center": EYE_RIGHT,
    "right_eye_center": EYE_LEFT,
    "left_eye_inner_corner": 42,
    "left_eye_outer_corner": 45,
    "right_eye_inner_corner": 39,
    "right_eye_outer_corner": 36,
    "left_eyebrow_inner_end": 22,
    "left_eyebrow_outer_end": 26,
    "right_eyebrow_inner_end": 21,
    "right_eyebrow_outer_end": 17,
    "nose_tip": 30,
    "mouth_left_corner": 54,
    "mouth_right_corner": 48,
    "mouth_center_top_lip": 51,
    "mouth_center_bottom_lip": 57,
}
"""In the order of the competition's columns; an eye's centre is the mean of its six points."""
NAMES: Final = tuple(PLACES)
COUNT: Final = len(NAMES)
OUTER_EYES: Final = (
    NAMES.index("right_eye_outer_corner"),
    NAMES.index("left_eye_outer_corner"),
)
"""Places of the outer eye corners, whose distance errors are divided by."""


def _twin(name: str) -> str:
    if "left" in name:
        return name.replace("left", "right")
    return name.replace("right", "left")


MIRROR: Final[NDArray[np.intp]] = np.array([NAMES.index(_twin(name)) for name in NAMES])
"""Which point of a face each point of its mirror image is."""


def fifteen_of(points: Points) -> Points:
    """Return the 15 points (15, 2) of 68 points (68, 2)."""
    found = []
    for place in PLACES.values():
        some = points[place].reshape(-1, 2)
        found.append(some.mean(axis=0))
    return np.array(found)
