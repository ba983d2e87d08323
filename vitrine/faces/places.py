"""Places of faces in a frame, and the assignment of found places to expected ones."""

from __future__ import annotations

import math
from collections.abc import Sequence
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
GREATEST_GROWTH: Final = 1.8
# Cost of a pair that is no match: more than any number of real pairs together.
NEVER: Final = 1e6


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


def match(
    expected: Sequence[Place],
    found: Sequence[Place],
    reaches: Sequence[float] | None = None,
) -> dict[int, int]:
    """Return which found place is which expected one, as indices: expected → found.

    The sum of distances and growths is the least possible, and no pair is beyond the limits.
    `reaches` says how far off each expected place its face may be, in sides; without it,
    FARTHEST.
    """
    if not expected or not found:
        return {}
    if reaches is None:
        reaches = [FARTHEST] * len(expected)
    costs = np.empty((len(expected), len(found)))
    for row, place in enumerate(expected):
        for column, other in enumerate(found):
            costs[row, column] = _cost(place, other, reaches[row])
    rows, columns = linear_sum_assignment(costs)
    pairs = zip(rows.tolist(), columns.tolist(), strict=True)
    return {row: column for row, column in pairs if costs[row, column] < NEVER}


def _cost(
    place: Place,
    other: Place,
    reach: float,
) -> float:
    distance = place.distance(other)
    growth = place.growth(other)
    if distance > reach or growth > GREATEST_GROWTH:
        return NEVER
    return distance + math.log(growth)
