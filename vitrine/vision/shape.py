"""The 68-point face shape (iBUG 300-W order): indices, mirror order, the five points of detectors.

Left and right are the image's for a face that looks at the camera: point 36 is the outer eye corner
near x = 0.
"""

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.floating]

POINT_COUNT: Final = 68
JAW: Final = slice(0, 17)
BROW_LEFT: Final = slice(17, 22)
BROW_RIGHT: Final = slice(22, 27)
NOSE_BRIDGE: Final = slice(27, 31)
NOSE_BASE: Final = slice(31, 36)
EYE_LEFT: Final = slice(36, 42)
EYE_RIGHT: Final = slice(42, 48)
LIPS_OUTER: Final = slice(48, 60)
LIPS_INNER: Final = slice(60, 68)

CHIN: Final = 8
NOSE_TIP: Final = 30
EYE_OUTER_LEFT: Final = 36
EYE_OUTER_RIGHT: Final = 45
MOUTH_LEFT: Final = 48
MOUTH_RIGHT: Final = 54

# fmt: off
MIRROR: Final[NDArray[np.intp]] = np.array([
    16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0,
    26, 25, 24, 23, 22, 21, 20, 19, 18, 17,
    27, 28, 29, 30, 35, 34, 33, 32, 31,
    45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40,
    54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55,
    64, 63, 62, 61, 60, 67, 66, 65,
])
# fmt: on


def mirrored(points: Points, width: float) -> Points:
    """Return points (…, 68, 2) of the same face in the flipped picture, `width` pixels wide."""
    flipped = points[..., MIRROR, :].copy()
    x = flipped[..., 0]
    # The last column, width - 1, becomes the first, 0.
    flipped[..., 0] = width - 1 - x
    return flipped


def five_points(points: Points) -> Points:
    """Return what detectors mark, (…, 5, 2), of 68 points (…, 68, 2).

    In their order: left eye, right eye, nose tip, left and right mouth corner.
    """
    return np.asarray(_five_of_68() @ points)


@cache
def _five_of_68() -> NDArray[np.float64]:
    """Return the weights (5, 68) of `five_points`."""
    weights = np.zeros((5, POINT_COUNT))
    # The landmarks have no pupils: an eye's place is the mean of its lids and corners.
    weights[0, EYE_LEFT] = 1 / (EYE_LEFT.stop - EYE_LEFT.start)
    weights[1, EYE_RIGHT] = 1 / (EYE_RIGHT.stop - EYE_RIGHT.start)
    weights[2, NOSE_TIP] = 1
    weights[3, MOUTH_LEFT] = 1
    weights[4, MOUTH_RIGHT] = 1
    return weights


def outer_eye_distance(points: Points) -> NDArray[np.floating]:
    """Return the distance of the outer eye corners (…) of points (…, 68, 2).

    It is the divisor of the normalised mean error of 300-W.
    """
    left = points[..., EYE_OUTER_LEFT, :]
    right = points[..., EYE_OUTER_RIGHT, :]
    across = left - right
    return np.asarray(np.linalg.norm(across, axis=-1))
