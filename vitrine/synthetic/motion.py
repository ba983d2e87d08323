"""Blur motion: what moves while the shutter is open is spread along its way."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from vitrine.synthetic.layer import Layer

SHORTEST: Final = 0.6
"""Pixels of motion below which nothing is to be seen. Chosen by eye."""


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
    height, width = layer.pixels.shape[:2]
    right = layer.x + width
    lower = layer.y + height
    x0 = max(layer.x - reach, 0)
    y0 = max(layer.y - reach, 0)
    x1 = min(right + reach, size[0])
    y1 = min(lower + reach, size[1])
    padded = cv2.copyMakeBorder(
        layer.pixels,
        top=layer.y - y0,
        bottom=y1 - lower,
        left=layer.x - x0,
        right=x1 - right,
        borderType=cv2.BORDER_CONSTANT,
    )
    blurred = cv2.filter2D(padded, -1, kernel, borderType=cv2.BORDER_REPLICATE)
    return Layer(x0, y0, np.asarray(blurred, np.uint8))


def line(motion: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return a kernel (k, k), k odd, that sums to 1: an antialiased line along `motion` (2,)."""
    reach = int(np.ceil(np.abs(motion).max() / 2)) + 1
    side = 2 * reach + 1
    kernel = np.zeros((side, side), np.float32)
    # Four samples a pixel leave no gap, whatever the direction.
    count = 4 * side
    steps = (np.arange(count) + 0.5) / count - 0.5
    places = steps[:, None] * motion + reach
    corner = np.floor(places).astype(int)
    share = places % 1
    for right, down in ((0, 0), (1, 0), (0, 1), (1, 1)):
        across = np.abs(1 - right - share[:, 0])
        along = np.abs(1 - down - share[:, 1])
        rows = corner[:, 1] + down
        columns = corner[:, 0] + right
        np.add.at(kernel, (rows, columns), across * along)
    return np.asarray(kernel / kernel.sum(), np.float32)
