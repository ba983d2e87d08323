"""Motion blur: what moves while the shutter is open is spread along its way."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from vitrine.synthetic.layer import Layer

SHORTEST: Final = 0.6
"""Pixels of motion below which nothing is to be seen."""


def smeared(layer: Layer, motion: NDArray[np.floating], size: tuple[int, int]) -> Layer:
    """The layer of what moves by `motion` (2,) pixels during an exposure whose middle is where it is drawn.

    It grows by the way, cut to a picture of `size`; points of the truth stay in the middle of the blur.
    """
    length = float(np.hypot(*motion))
    if length < SHORTEST:
        return layer
    kernel = line(motion)
    reach = kernel.shape[0] // 2
    height, width = layer.pixels.shape[:2]
    x0 = max(layer.x - reach, 0)
    y0 = max(layer.y - reach, 0)
    x1 = min(layer.x + width + reach, size[0])
    y1 = min(layer.y + height + reach, size[1])
    padded = cv2.copyMakeBorder(
        layer.pixels,
        layer.y - y0,
        y1 - layer.y - height,
        layer.x - x0,
        x1 - layer.x - width,
        cv2.BORDER_CONSTANT,
    )
    return Layer(
        x0,
        y0,
        np.asarray(
            cv2.filter2D(padded, -1, kernel, borderType=cv2.BORDER_REPLICATE), np.uint8
        ),
    )


def line(motion: NDArray[np.floating]) -> NDArray[np.float32]:
    """A normalised kernel (k, k), k odd: an antialiased line along `motion` (2,), as long as it."""
    reach = int(np.ceil(np.abs(motion).max() / 2)) + 1
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1), np.float32)
    steps = (np.arange(4 * len(kernel)) + 0.5) / (4 * len(kernel)) - 0.5
    places = steps[:, None] * motion + reach
    corner = np.floor(places).astype(int)
    share = places % 1
    for right, down in ((0, 0), (1, 0), (0, 1), (1, 1)):
        weight = np.abs(1 - right - share[:, 0]) * np.abs(1 - down - share[:, 1])
        np.add.at(kernel, (corner[:, 1] + down, corner[:, 0] + right), weight)
    return np.asarray(kernel / kernel.sum(), np.float32)
