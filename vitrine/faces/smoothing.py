"""One-Euro filter (Casiez, Roussel, Vogel 2012): no jitter of still points, no lag of fast ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vitrine.vision.shape import POINT_COUNT, Points

# Slope and speed cutoff were set by measurement on video (they were 8 and 1). benchmarks.steadiness
# measures the result: models/landmarks_112.card.md gives jitter and lag.

# Hertz, for points that stand still.
LOWEST_CUTOFF: Final = 1.0
# Hertz more for each face side a second.
SLOPE: Final = 30.0
# Hertz, for the speed itself.
SPEED_CUTOFF: Final = 2.0
# The filter starts anew after a longer pause. Chosen, not measured: some five frames of a slow
# camera.
LONGEST_GAP_S: Final = 0.5


@dataclass(slots=True)
class OneEuro:
    """Keep the filter of one track's 68 points."""

    at_ns: int = 0
    points: NDArray[np.float64] | None = None
    speed: NDArray[np.float64] = field(
        default_factory=lambda: np.zeros((POINT_COUNT, 2))
    )
    """Face sides a second."""

    def __call__(
        self,
        points: Points,
        side: float,
        at_ns: int,
    ) -> NDArray[np.float64]:
        """Return measured points (68, 2) of a face with this crop side, smoothed; all in pixels.

        Each call is for a later time than the one before.
        """
        seconds = (at_ns - self.at_ns) / 1e9
        if self.points is None or seconds > LONGEST_GAP_S:
            self.points = points.astype(np.float64)
            self.speed = np.zeros((POINT_COUNT, 2))
        else:
            self.points = self._filtered(
                points,
                self.points,
                side,
                seconds,
            )
        self.at_ns = at_ns
        return self.points

    def _filtered(
        self,
        points: Points,
        before: NDArray[np.float64],
        side: float,
        seconds: float,
    ) -> NDArray[np.float64]:
        change = points - before
        speed = change / (side * seconds)
        taken = _share(SPEED_CUTOFF, seconds)
        self.speed = self.speed + taken * (speed - self.speed)
        fastness = np.linalg.norm(
            self.speed,
            axis=1,
            keepdims=True,
        )
        cutoff = LOWEST_CUTOFF + SLOPE * fastness
        return before + _share(cutoff, seconds) * change


def _share(
    cutoff: float | NDArray[np.float64], seconds: float
) -> float | NDArray[np.float64]:
    """Return the share of a new value that a first-order low-pass takes over; cutoff in hertz."""
    turn = 2 * np.pi * cutoff * seconds
    return turn / (1 + turn)
