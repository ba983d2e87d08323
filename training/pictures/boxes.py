"""The one convention of face boxes: what detectors learn and are measured against."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from vitrine.vision.shape import Points, five_points

Box = NDArray[np.float32]
"""(4,): x, y, width, height in pixels."""

FOREHEAD: Final = 0.3
"""Above the brows, as a share of brows to chin.

The median of YuNet's boxes on upright labelled faces, so that both detectors mean the same box.
"""
BROWS: Final = slice(17, 27)


def face_box(points: Points) -> Box:
    """Return the bounds of the 68 points (68, 2) and of the forehead above the brows.

    The forehead follows the tilt of the head.
    """
    down = _down(points)
    brows = points[BROWS]
    lowest = (points @ down).max()
    highest_brow = (brows @ down).min()
    height = float(lowest - highest_brow)
    forehead = brows - FOREHEAD * height * down
    outline = np.concatenate([points, forehead])
    low = outline.min(axis=0)
    high = outline.max(axis=0)
    sides = high - low
    box = np.concatenate([low, sides])
    return box.astype(np.float32)


def _down(points: Points) -> NDArray[np.floating]:
    """Return the direction from the eyes to the mouth, a unit vector (2,)."""
    left_eye, right_eye, _, left_mouth, right_mouth = five_points(points)
    mouth = (left_mouth + right_mouth) / 2
    eyes = (left_eye + right_eye) / 2
    down = mouth - eyes
    length = float(np.hypot(*down))
    # Eyes and mouth in one place: a label that is wrong, taken as upright.
    if length == 0:
        return np.array([0.0, 1.0])
    return np.asarray(down / length)
