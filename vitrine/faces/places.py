"""Places of faces in a frame, and the assignment of found places to expected ones."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from vitrine.vision.crop import INPUT_SIZE, Crop

# Both limits are chosen, not measured.
# Sides that a face may lie off its predicted place.
FARTHEST: Final = 0.6
# Ratio of sides beyond which two places are not one face.
GREATEST_GROWTH: Final = 2.2


@dataclass(frozen=True, slots=True)
class Place:
    """Hold the centre (2,) and the side of a square, in pixels of the frame."""

    centre: NDArray[np.floating]
    side: float

    @classmethod
    def of_crop(cls, crop: Crop) -> Place:
        """Return the place of a crop: the inverse of its similarity, at its middle."""
        (a, b, shift_x), (c, d, shift_y) = crop.tolist()
        scale = a * a + b * b
        middle = (INPUT_SIZE - 1) / 2
        x = (middle - shift_x) / scale
        y = (middle - shift_y) / scale
        centre = np.array([a * x + c * y, b * x + d * y])
        return cls(centre, INPUT_SIZE / math.sqrt(scale))

    @classmethod
    def of_box(cls, box: NDArray[np.floating]) -> Place:
        """Return the square of the same centre and area as a box (x, y, width, height)."""
        centre = box[:2] + box[2:] / 2
        area = box[2] * box[3]
        return cls(centre, float(np.sqrt(area)))

    def distance(self, other: Place) -> float:
        """Return the distance of the centres, in mean sides."""
        mean_side = 0.5 * (self.side + other.side)
        return math.dist(self.centre, other.centre) / mean_side

    def growth(self, other: Place) -> float:
        """Return the ratio of the longer to the shorter side."""
        return max(self.side, other.side) / min(self.side, other.side)

    def may_be(self, other: Place, reach: float) -> bool:
        """Return whether a face of this place may be at the other, within `reach` sides."""
        return self.distance(other) <= reach and self.growth(other) <= GREATEST_GROWTH


def match(evidence: NDArray[np.floating]) -> dict[int, int]:
    """Return the pairs of rows and columns of (rows, columns) evidence, each used once.

    The sum is the greatest possible. Pairs that nothing speaks for (0 and less) are none.
    """
    worth = np.maximum(evidence, 0.0)
    rows, columns = linear_sum_assignment(worth, maximize=True)
    pairs = zip(rows.tolist(), columns.tolist(), strict=True)
    return {row: column for row, column in pairs if worth[row, column] > 0}
