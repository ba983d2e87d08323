"""The one convention of face boxes: what detectors learn and are measured against."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from vitrine.vision.shape import Points, five_points

Box = NDArray[np.float32]
"""(4,): x, y, width, height in pixels."""

FOREHEAD: Final = 0.3
"""Above the brows, as a share of brows to chin: the median of YuNet's boxes on upright labelled faces."""
BROWS: Final = slice(17, 27)


def face_box(points: Points) -> Box:
    """The bounds of the 68 points (68, 2) and of the forehead above the brows, however the head is tilted."""
    five = five_points(points)
    brows = points[BROWS]
    down = (five[3] + five[4]) / 2 - (five[0] + five[1]) / 2
    length = float(np.hypot(*down))
    down = down / length if length > 0 else np.array([0.0, 1.0])
    height = float((points @ down).max() - (brows @ down).min())
    outline = np.concatenate([points, brows - FOREHEAD * height * down])
    low = outline.min(axis=0)
    high = outline.max(axis=0)
    return np.concatenate([low, high - low]).astype(np.float32)
