"""Faces bent smoothly, as if other people had them: sets of photos hold few shapes of heads.

An elastic deformation (Simard et al. 2003, doi:10.1109/ICDAR.2003.1227801) with a field so smooth
that it changes proportions, not outlines. Points follow exactly.
"""

from typing import Final

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from vitrine.vision.crop import Crop, Image
from vitrine.vision.shape import Points

Affine = Crop | cv2.typing.MatLike

NODES: Final = 4
"""Of the field, on each side of the crop; between them it is smooth."""
STRENGTH: Final = 0.025
"""Standard deviation of a node's shift, in sides of the crop.

Chosen by looking at bent faces; the network that learned from them was measured (its card).
"""
STEPS: Final = 4
"""Of the fixed-point iteration that inverts the field.

Each makes the error some eight times smaller.
"""


def bent(
    image: Image,
    points: Points,
    crop: Crop,
    size: int,
    rng: Generator,
) -> tuple[Image, Points]:
    """Cut like `cut`, bent: (size, size, 3), and where the points come to lie.

    The points (68, 2) are in pixels of `image`, through the inverse of `crop`.
    """
    field = smooth_field(size, rng)
    back = cv2.invertAffineTransform(crop)
    line = np.arange(size, dtype=np.float32)
    columns, rows = np.meshgrid(line, line)
    pixels = np.stack([columns, rows], axis=-1)
    places = pixels + field
    source = _through(back, places)
    x, y = cv2.split(source.astype(np.float32))
    picture = cv2.remap(
        image,
        x,
        y,
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
    )
    inside = _through(crop, points)
    # The field gives where a pixel comes from; for points it has to be inverted.
    moved = inside
    for _ in range(STEPS):
        shift = _shift_at(field, moved)
        moved = inside - shift
    bent_points = _through(back, moved)
    return np.asarray(picture, np.uint8), bent_points


def _through(affine: Affine, places: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return places (…, 2) after a (2, 3) affine."""
    linear = affine[:, :2]
    shift = affine[:, 2]
    moved = places @ linear.T + shift
    return np.asarray(moved)


def smooth_field(size: int, rng: Generator) -> NDArray[np.float32]:
    """Draw where each pixel of the bent crop comes from, less its own place.

    (size, size, 2), pixels.
    """
    deviation = STRENGTH * size
    nodes = rng.normal(0, deviation, (NODES, NODES, 2))
    field = cv2.resize(
        nodes.astype(np.float32),
        (size, size),
        interpolation=cv2.INTER_CUBIC,
    )
    return np.asarray(field, np.float32)


def _shift_at(
    field: NDArray[np.float32], places: NDArray[np.floating]
) -> NDArray[np.float32]:
    """Return the field at places (n, 2), which may lie outside."""
    x = np.ascontiguousarray(places[:, 0], np.float32)
    y = np.ascontiguousarray(places[:, 1], np.float32)
    found = cv2.remap(
        field,
        x,
        y,
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(found.reshape(-1, 2), np.float32)
