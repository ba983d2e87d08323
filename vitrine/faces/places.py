"""Where faces are, and which of two pictures' faces belong together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from vitrine.vision.crop import INPUT_SIZE, Crop

FARTHEST: Final = 0.6
"""Sides that a face may lie off its predicted place."""
GREATEST_GROWTH: Final = 1.8
_NEVER: Final = 1e6


@dataclass(frozen=True, slots=True)
class Place:
    """Centre (2,) and side of a square, in pixels of the frame."""

    centre: NDArray[np.floating]
    side: float

    @classmethod
    def of_crop(cls, crop: Crop) -> Place:
        """Where a crop lies: the inverse of its similarity, at its middle."""
        (a, b, x), (c, d, y) = crop.tolist()
        scale = a * a + b * b
        middle = (INPUT_SIZE - 1) / 2
        x = (middle - x) / scale
        y = (middle - y) / scale
        return cls(
            np.array([a * x + c * y, b * x + d * y]), INPUT_SIZE / math.sqrt(scale)
        )

    @classmethod
    def of_box(cls, box: NDArray[np.floating]) -> Place:
        """The square of the same centre and area as a box (x, y, width, height)."""
        return cls(box[:2] + box[2:] / 2, float(np.sqrt(box[2] * box[3])))

    def distance(self, other: Place) -> float:
        """Between the centres, in mean sides."""
        return math.dist(self.centre, other.centre) / (0.5 * (self.side + other.side))

    def growth(self, other: Place) -> float:
        """Ratio of the longer to the shorter side."""
        return max(self.side, other.side) / min(self.side, other.side)


def match(
    expected: Sequence[Place],
    found: Sequence[Place],
    reaches: Sequence[float] | None = None,
) -> list[tuple[int, int]]:
    """Pairs of places that are one face: least total distance and growth, nothing beyond the limits.

    `reaches`: how far off each expected place the face may be, in sides; else FARTHEST.
    """
    if not expected or not found:
        return []
    farthest = reaches or [FARTHEST] * len(expected)
    cost = np.array(
        [
            [_cost(a, b, far) for b in found]
            for a, far in zip(expected, farthest, strict=True)
        ]
    )
    rows, columns = linear_sum_assignment(cost)
    return [
        (int(r), int(c))
        for r, c in zip(rows, columns, strict=True)
        if cost[r, c] < _NEVER
    ]


def _cost(a: Place, b: Place, farthest: float) -> float:
    distance = a.distance(b)
    growth = a.growth(b)
    if distance > farthest or growth > GREATEST_GROWTH:
        return _NEVER
    return distance + math.log(growth)
