"""Blur motion: what moves while the shutter is open is spread along its way."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from vitrine.synthetic.layer import Layer

SHORTEST: Final = 0.6
"""Pixels of motion below which nothing is to be seen. Chosen by eye."""

NEIGHBOURS: Final = (
    (0, 0),
    (1, 0),
    (0, 1),
    (1, 1),
)
"""To the right and below, of the pixels about a point."""


def smeared(
    layer: Layer,
    motion: NDArray[np.floating],
    size: tuple[int, int],
) -> Layer:
    """Blur what moves by `motion` (2,) pixels during an exposure.

    It is drawn as in the middle of the exposure, and grows by the way, cut to a picture of `size`;
    points of the truth stay in the middle of the blur.
    """
    length = float(np.hypot(*motion))
    if length < SHORTEST:
        return layer
    kernel = line(motion)
    reach = kernel.shape[0] // 2
    grown = _grown(layer, reach, size)
    # -1: the result has the depth of the picture, 8 bits.
    blurred = cv2.filter2D(
        grown.pixels,
        -1,
        kernel,
        borderType=cv2.BORDER_REPLICATE,
    )
    pixels = np.asarray(blurred, np.uint8)
    return Layer(grown.x, grown.y, pixels)


def _grown(
    layer: Layer,
    reach: int,
    size: tuple[int, int],
) -> Layer:
    """Return a layer with an empty edge `reach` pixels wide, cut to a picture of `size`."""
    height, width = layer.pixels.shape[:2]
    picture_width, picture_height = size
    top = min(reach, layer.y)
    left = min(reach, layer.x)
    below = picture_height - layer.y - height
    beside = picture_width - layer.x - width
    padded = cv2.copyMakeBorder(
        layer.pixels,
        top=top,
        bottom=min(reach, below),
        left=left,
        right=min(reach, beside),
        borderType=cv2.BORDER_CONSTANT,
    )
    pixels = np.asarray(padded, np.uint8)
    return Layer(layer.x - left, layer.y - top, pixels)


def line(motion: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return a kernel (k, k), k odd, that sums to 1: an antialiased line along `motion` (2,)."""
    longest = np.abs(motion).max()
    # One pixel more, over which the ends of the line are antialiased.
    reach = int(np.ceil(longest / 2)) + 1
    side = 2 * reach + 1
    kernel = np.zeros((side, side), np.float32)
    # Four samples a pixel leave no gap, whatever the direction.
    count = 4 * side
    steps = (np.arange(count) + 0.5) / count - 0.5
    places = steps[:, None] * motion + reach
    x, y = np.floor(places).astype(int).T
    x_share, y_share = (places % 1).T
    # Each sample is shared by the four pixels about it, by its distance from each.
    for right, down in NEIGHBOURS:
        across = np.abs(1 - right - x_share)
        along = np.abs(1 - down - y_share)
        pixels = y + down, x + right
        np.add.at(kernel, pixels, across * along)
    return np.asarray(kernel / kernel.sum(), np.float32)
