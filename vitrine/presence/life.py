"""Whether a face lives: people move, printed faces do not (docs/metrics.md, Printed faces)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import exp
from typing import Final

import numpy as np

from vitrine.schemas import Face

SMOOTHING_S: Final = 0.2
MOVED_FACES: Final = 0.012
"""Face heights by which a living face moves within seconds; a print does not seem to."""
MOVED_PX: Final = 0.25
"""More than that, for what noise does to small faces."""
FACE_HEIGHT: Final = 2.7
"""Height of a face in mean distances (root of the mean square) of its points from their centre."""
SIZE_SHARE: Final = 0.5
"""A face that becomes larger by a hundredth moves by so many hundredths of its height."""
UNSETTLED_VIEWS: Final = 2
"""In its first views a track still finds its place."""


@dataclass(slots=True)
class Motion:
    """Where the points of a track are, smoothed, and in between what they were since they last moved.

    Pixels: x, y of the centre, and the size in units in which `SIZE_SHARE` holds.
    """

    at_ns: int = 0
    views: int = 0
    now: list[float] = field(default_factory=list)
    below: list[float] = field(default_factory=list)
    """How far the least is below `now`."""
    above: list[float] = field(default_factory=list)
    """How far the most is above it."""

    def observe(self, at_ns: int, face: Face) -> bool:
        """Take a view, in order of time; whether the face has moved by now. The same view again changes
        nothing."""
        if at_ns == self.at_ns:
            return False
        measured, height = _measure(face)
        if self.views < UNSETTLED_VIEWS:
            self.at_ns = at_ns
            self.views = self.views + 1
            self.now = measured
            self._restart()
            return False
        share = 1 - exp((self.at_ns - at_ns) / 1e9 / SMOOTHING_S)
        steps = [
            round(share * (b - a), 2) for a, b in zip(self.now, measured, strict=True)
        ]
        self.at_ns, self.now = at_ns, _sums(self.now, steps)
        self.below = [max(0.0, below) for below in _sums(self.below, steps)]
        self.above = [
            max(0.0, above) for above in _sums(self.above, [-step for step in steps])
        ]
        if max(_sums(self.below, self.above)) <= MOVED_FACES * height + MOVED_PX:
            return False
        self._restart()
        return True

    def _restart(self) -> None:
        self.below, self.above = [0.0] * len(self.now), [0.0] * len(self.now)


def _sums(values: Sequence[float], others: Sequence[float]) -> list[float]:
    """Rounded, so that a stored state is the same state."""
    return [round(a + b, 2) for a, b in zip(values, others, strict=True)]


def _measure(face: Face) -> tuple[list[float], float]:
    """x, y and size as `Motion` has them, and the height of the face; pixels."""
    points = np.array(face.points)
    x, y = points.mean(axis=0).tolist()
    height = FACE_HEIGHT * float(np.sqrt(points.var(axis=0).sum()))
    return [round(x, 2), round(y, 2), round(SIZE_SHARE * height, 2)], height
