"""How much a face changes against its own usual expression."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import exp
from typing import Final

from vitrine.schemas import Expression

SMOOTHING_S: Final = 0.3
BASELINE_S: Final = 15.0
NOISE: Final = 0.35
"""Share of a full change that still counts as none."""
FULL_CHANGE: Final = {
    "mouth_open": 0.2,
    "mouth_width": 0.2,
    "brow_raise": 0.09,
    "eye_open": 0.07,
    "shown": 0.4,
}
"""The change of each measure that is a full response. The first four are in outer eye-corner distances: twice
what people who speak exceed in 3 % of the frames of a video (YouTube Faces, 920 videos). Of `shown`,
the share NOISE is three deviations of one view of a face that keeps still (docs/metrics.md)."""


@dataclass(slots=True)
class Baseline:
    """A face's expression now and usually, in the order of FULL_CHANGE; empty before the first view."""

    now: list[float] = field(default_factory=list)
    usual: list[float] = field(default_factory=list)
    age_s: float = 0.0
    """Over which time the usual one was seen."""

    def observe(self, expression: Expression, seconds: float) -> float:
        """Take a view `seconds` after the one before; returns the response, 0 to 1."""
        measures = [round(getattr(expression, name) or 0.0, 4) for name in FULL_CHANGE]
        if len(self.now) != len(
            measures
        ):  # the first view, or the state of a version that measured less
            self.now = measures
            self.usual = list(measures)
            self.age_s = 0.0
            return 0.0
        self.age_s = round(min(self.age_s + seconds, BASELINE_S), 4)
        _approach(self.now, measures, 1 - exp(-seconds / SMOOTHING_S))
        _approach(self.usual, measures, min(1.0, seconds / self.age_s))
        pairs = zip(self.now, self.usual, FULL_CHANGE.values(), strict=True)
        change = max(abs(now - usual) / full for now, usual, full in pairs)
        return min(1.0, max(0.0, (change - NOISE) / (1 - NOISE)))


def _approach(values: list[float], targets: list[float], share: float) -> None:
    """Move each value by a share of its distance; rounded, so that a stored state is the same state."""
    for place, target in enumerate(targets):
        values[place] = round(values[place] + share * (target - values[place]), 5)
