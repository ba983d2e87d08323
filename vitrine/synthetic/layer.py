"""Put patches with alpha over a picture.

Their colours are premultiplied, so that they blur and blend without fringes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from vitrine.synthetic.mesh import Floats
from vitrine.vision.crop import Image

# Half of the largest alpha: a face under it is more covered than seen.
HIDDEN: Final = 127

Box = tuple[int, int, int, int]
"""x, y, width, height of a piece of the picture, pixels."""


def premultiplied(colours: Image, alpha: Image) -> Image:
    """Join (h, w, 3) BGR and alpha (h, w); returns (h, w, 4) BGR times alpha, and alpha."""
    cover = cv2.cvtColor(alpha, cv2.COLOR_GRAY2BGR)
    covered = cv2.multiply(
        colours,
        cover,
        scale=1 / 255,
    )
    return np.dstack([covered, alpha])


def blend(over: Image, below: Image) -> None:
    """Lay one premultiplied picture (h, w, 4) over another of the same size, in place."""
    alpha = over[..., 3]
    uncovered = cv2.bitwise_not(alpha)
    rest = cv2.cvtColor(uncovered, cv2.COLOR_GRAY2BGRA)
    # OpenCV sets alpha to 255.
    rest[..., 3] = uncovered
    _lay(over, below, rest)


def _lay(colours: MatLike, below: MatLike, rest: MatLike) -> None:
    """Add premultiplied colours to the share `rest`, 0 to 255, of what is below, in place."""
    left = cv2.multiply(
        below,
        rest,
        scale=1 / 255,
    )
    cv2.add(colours, left, below)


@dataclass(frozen=True, eq=False)
class Layer:
    """Hold a patch whose upper left corner is at x, y; all of it is inside the picture."""

    x: int
    y: int
    pixels: Image
    """(h, w, 4), premultiplied BGR and alpha."""

    def paste(self, picture: Image) -> None:
        """Lay it over a picture (height, width, 3), in place."""
        height, width = self.pixels.shape[:2]
        rows = slice(self.y, self.y + height)
        columns = slice(self.x, self.x + width)
        alpha = self.pixels[..., 3]
        uncovered = cv2.bitwise_not(alpha)
        rest = cv2.cvtColor(uncovered, cv2.COLOR_GRAY2BGR)
        colours = cv2.cvtColor(self.pixels, cv2.COLOR_BGRA2BGR)
        _lay(colours, picture[rows, columns], rest)

    def covers(self, points: Floats) -> NDArray[np.bool_]:
        """Tell which of the points (n, 2), in pixels of the picture, lie under this layer."""
        height, width = self.pixels.shape[:2]
        corner = (self.x, self.y)
        places = np.rint(points).astype(int) - corner
        low = places >= 0
        high = places < (width, height)
        inside: NDArray[np.bool_] = np.all(low & high, axis=1)
        columns, rows = places[inside].T
        alpha = self.pixels[rows, columns, 3]
        inside[inside] = alpha > HIDDEN
        return inside


def window(points: Floats, size: tuple[int, int]) -> Box | None:
    """Return the bounding box of points (n, 2) within a picture of `size`; None if outside."""
    low = np.floor(points.min(axis=0))
    # The last pixel belongs to the box.
    high = np.ceil(points.max(axis=0)) + 1
    corner = np.maximum(low, 0).astype(int)
    end = np.minimum(high, size).astype(int)
    x, y = corner.tolist()
    width, height = (end - corner).tolist()
    if width <= 0 or height <= 0:
        return None
    return x, y, width, height
