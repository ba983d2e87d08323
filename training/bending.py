"""Faces bent smoothly, as if other people had them: sets of photos hold few shapes of heads.

An elastic deformation (Simard et al. 2003, doi:10.1109/ICDAR.2003.1227801) with a field so smooth that it
changes proportions, not outlines. Points follow exactly.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from vitrine.vision.crop import Crop, Image
from vitrine.vision.shape import Points

NODES: Final = 4
"""Of the field, on each side of the crop; between them it is smooth."""
STRENGTH: Final = 0.025
"""Standard deviation of a node's shift, in sides of the crop."""
STEPS: Final = 4
"""Of the fixed-point iteration that inverts the field; each makes the error some eight times smaller."""


def bent(
    image: Image, points: Points, crop: Crop, size: int, rng: np.random.Generator
) -> tuple[Image, Points]:
    """Like `cut`, bent: (size, size, 3) and the points (68, 2), in pixels of `image` before bending."""
    field = smooth_field(size, rng)
    back = cv2.invertAffineTransform(crop)
    line = np.arange(size, dtype=np.float32)
    there = np.stack(np.meshgrid(line, line), axis=-1) + field
    source = (there @ back[:, :2].T + back[:, 2]).astype(np.float32)
    x, y = cv2.split(source)
    picture = cv2.remap(image, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    inside = points @ crop[:, :2].T + crop[:, 2]
    moved = inside
    for _ in range(STEPS):
        moved = inside - _shift_at(field, moved)
    return np.asarray(picture, np.uint8), moved @ back[:, :2].T + back[:, 2]


def smooth_field(size: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Where each pixel of the bent crop comes from, less its own place: (size, size, 2) pixels."""
    nodes = rng.normal(0, STRENGTH * size, (NODES, NODES, 2)).astype(np.float32)
    return np.asarray(
        cv2.resize(nodes, (size, size), interpolation=cv2.INTER_CUBIC), np.float32
    )


def _shift_at(
    field: NDArray[np.float32], places: NDArray[np.floating]
) -> NDArray[np.float32]:
    """The field at places (n, 2), which may lie outside."""
    x, y = (np.ascontiguousarray(places[:, axis], np.float32) for axis in (0, 1))
    found = cv2.remap(field, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(found.reshape(-1, 2), np.float32)
