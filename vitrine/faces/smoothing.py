"""One-Euro filter (Casiez, Roussel, Vogel 2012): still points do not jitter, fast ones do not lag."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vitrine.vision.shape import Points

LOWEST_CUTOFF: Final = 1.0
"""Hertz, for points that stand still."""
SLOPE: Final = 30.0
"""Hertz more for each face side a second."""
SPEED_CUTOFF: Final = 2.0
LONGEST_GAP_S: Final = 0.5
"""After a longer pause the filter starts anew."""


@dataclass(slots=True)
class OneEuro:
    """The filter of one track's 68 points."""

    at_ns: int = 0
    points: NDArray[np.float64] | None = None
    speed: NDArray[np.float64] = field(default_factory=lambda: np.zeros((68, 2)))
    """Face sides a second."""

    def __call__(self, points: Points, side: float, at_ns: int) -> NDArray[np.float64]:
        """Points (68, 2) of a face with crop side `side`, in pixels, at a later time than before."""
        seconds = (at_ns - self.at_ns) / 1e9
        if self.points is None or seconds > LONGEST_GAP_S:
            self.points = points.astype(np.float64)
            self.speed = np.zeros((68, 2))
        else:
            moved = (points - self.points) / (side * seconds)
            self.speed = self.speed + _share(SPEED_CUTOFF, seconds) * (
                moved - self.speed
            )
            cutoff = LOWEST_CUTOFF + SLOPE * np.linalg.norm(
                self.speed, axis=1, keepdims=True
            )
            self.points = self.points + _share(cutoff, seconds) * (points - self.points)
        self.at_ns = at_ns
        return self.points


def _share(
    cutoff: float | NDArray[np.float64], seconds: float
) -> float | NDArray[np.float64]:
    """How much of a new value a first-order low-pass takes over."""
    turn = 2 * np.pi * cutoff * seconds
    return turn / (1 + turn)
