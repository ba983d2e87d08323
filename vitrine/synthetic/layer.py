"""A patch with alpha over a picture; premultiplied colours, so that it blurs and blends without fringes."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vitrine.synthetic.mesh import Floats
from vitrine.vision.crop import Image


def premultiplied(colours: Image, alpha: Image) -> Image:
    """(h, w, 3) BGR and alpha (h, w) → (h, w, 4) BGR times alpha, and alpha."""
    cover = cv2.cvtColor(alpha, cv2.COLOR_GRAY2BGR)
    return np.dstack([cv2.multiply(colours, cover, scale=1 / 255), alpha])


def blend(over: Image, below: Image) -> None:
    """Lay one premultiplied picture (h, w, 4) over another of the same size, in place."""
    rest = cv2.cvtColor(cv2.bitwise_not(over[..., 3]), cv2.COLOR_GRAY2BGRA)
    rest[..., 3] = rest[..., 0]
    cv2.add(over, cv2.multiply(below, rest, scale=1 / 255), below)


@dataclass(frozen=True, eq=False)
class Layer:
    """`pixels` (h, w, 4) premultiplied BGR and alpha, upper left corner at x, y; all inside the picture."""

    x: int
    y: int
    pixels: Image

    def paste(self, picture: Image) -> None:
        height, width = self.pixels.shape[:2]
        below = picture[self.y : self.y + height, self.x : self.x + width]
        rest = cv2.cvtColor(cv2.bitwise_not(self.pixels[..., 3]), cv2.COLOR_GRAY2BGR)
        cv2.add(
            cv2.cvtColor(self.pixels, cv2.COLOR_BGRA2BGR),
            cv2.multiply(below, rest, scale=1 / 255),
            below,
        )

    def covers(self, points: Floats) -> NDArray[np.bool_]:
        """Which of the points (n, 2), in pixels of the picture, lie under this layer."""
        height, width = self.pixels.shape[:2]
        columns, rows = (np.rint(points).astype(int) - (self.x, self.y)).T
        inside = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
        inside[inside] = self.pixels[rows[inside], columns[inside], 3] > 127
        return np.asarray(inside, np.bool_)


def window(points: Floats, size: tuple[int, int]) -> tuple[int, int, int, int] | None:
    """The bounding box of points (n, 2) within a picture of `size`: x, y, width, height; None if outside."""
    low = np.maximum(np.floor(points.min(axis=0)), 0).astype(int)
    high = np.minimum(np.ceil(points.max(axis=0)) + 1, size).astype(int)
    width, height = (int(v) for v in high - low)
    return (
        (int(low[0]), int(low[1]), width, height) if width > 0 and height > 0 else None
    )
