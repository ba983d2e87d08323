"""Squares around faces that are not turned: what the networks of the studies look at.

A network's ONNX file says in its metadata which square it was trained on. The product's own files
say nothing: they take the crop of `vitrine.vision.crop`, which turns with the face.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import onnx

from vitrine.vision.crop import UPRIGHT, Crop, crop_at
from vitrine.vision.shape import Points

SIDE_KEY: Final = "vitrine.side_per_five"
LOWER_KEY: Final = "vitrine.lower"
"""Names in the metadata of an ONNX file."""


@dataclass(frozen=True, slots=True)
class UprightSquare:
    """Say where a square lies, by the five points of a face."""

    side_per_five: float
    """Side over the hypotenuse of eye distance and eye-to-mouth distance."""
    lower: float
    """Sides that its centre lies below the middle of eyes and mouth."""

    def crop(
        self,
        five: Points,
        size: int,
        scale: float = 1.0,
        shift: tuple[float, float] = (0.0, 0.0),
    ) -> Crop:
        """Return the crop of `size` pixels for five points (5, 2).

        It may be larger by `scale`, and shifted to the right and down, in sides.
        """
        eyes = (five[0] + five[1]) / 2
        mouth = (five[3] + five[4]) / 2
        across = np.linalg.norm(five[1] - five[0])
        down = np.linalg.norm(mouth - eyes)
        side = self.side_per_five * float(np.hypot(across, down)) * scale
        right, below = shift
        off = np.array([right, below + self.lower])
        centre = (eyes + mouth) / 2 + off * side
        return crop_at(centre, side, UPRIGHT, size)

    def metadata(self) -> dict[str, str]:
        """Return what an ONNX file says of it."""
        return {SIDE_KEY: str(self.side_per_five), LOWER_KEY: str(self.lower)}


def square_of(model: onnx.ModelProto) -> UprightSquare | None:
    """Return the square that a network was trained on; None where its file says nothing.

    Raises ValueError for numbers that are none.
    """
    told = {entry.key: entry.value for entry in model.metadata_props}
    if SIDE_KEY not in told or LOWER_KEY not in told:
        return None
    square = UprightSquare(float(told[SIDE_KEY]), float(told[LOWER_KEY]))
    if not np.isfinite([square.side_per_five, square.lower]).all():
        raise ValueError(f"not numbers: {told[SIDE_KEY]}, {told[LOWER_KEY]}")
    if square.side_per_five <= 0:
        raise ValueError(f"no square has a side of {square.side_per_five}")
    return square
