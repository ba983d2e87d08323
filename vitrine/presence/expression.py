"""Expression response: how much a face changes against its own usual expression."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import exp
from typing import Final

from vitrine.schemas import Expression

# Chosen, not measured: one wrong frame of ten a second stays below a tenth of a
# full response (tests/unit/presence/test_expression.py).
SMOOTHING_S: Final = 0.3

# Chosen, not measured: a smile that lasts for longer is the usual expression.
BASELINE_S: Final = 15.0

# Of `shown`, 0.35 of a full change is three deviations (0.044) of one view of a
# face that keeps still: 1,938 pictures of FER2013 seen twice (docs/metrics.md).
NOISE: Final = 0.35
"""Share of a full change that still counts as none."""

# The first four are in outer eye-corner distances: twice what people who speak
# exceed in 3 % of the frames of a video (YouTube Faces, 920 videos). `shown` was
# set on two videos of expressions (docs/metrics.md, How far R can be trusted).
FULL_CHANGE: Final = {
    "mouth_open": 0.2,
    "mouth_width": 0.2,
    "brow_raise": 0.09,
    "eye_open": 0.07,
    "shown": 0.4,
}
"""The change of each feature of an `Expression` that is a full response."""


@dataclass(slots=True)
class Baseline:
    """Keep a face's expression now and usually, in the order of FULL_CHANGE.

    Both are empty before the first view.
    """

    now: list[float] = field(default_factory=list)
    usual: list[float] = field(default_factory=list)
    age_s: float = 0.0
    """Over which time the usual one was seen."""

    def observe(self, expression: Expression, seconds: float) -> float:
        """Take a view `seconds` after the one before; return the response, 0 to 1."""
        seen = _features(expression)
        if len(self.now) != len(seen):
            # The first view, or the state of a version that took fewer features.
            self.now = seen
            self.usual = list(seen)
            self.age_s = 0.0
            return 0.0
        age_s = min(self.age_s + seconds, BASELINE_S)
        self.age_s = round(age_s, 4)
        usual_share = 1.0
        if seconds < self.age_s:
            usual_share = seconds / self.age_s
        now_share = 1 - exp(-seconds / SMOOTHING_S)
        _approach(self.now, seen, now_share)
        _approach(self.usual, seen, usual_share)
        above_noise = self._change() - NOISE
        response = above_noise / (1 - NOISE)
        return min(1.0, max(0.0, response))

    def _change(self) -> float:
        """Return the largest difference from the usual, as a share of a full change."""
        largest = 0.0
        for place, full in enumerate(FULL_CHANGE.values()):
            now = self.now[place]
            usual = self.usual[place]
            change = abs(now - usual) / full
            largest = max(largest, change)
        return largest


def _features(expression: Expression) -> list[float]:
    """Return the features in the order of FULL_CHANGE, 0 for one that was not measured."""
    features = []
    for name in FULL_CHANGE:
        value = getattr(expression, name)
        if value is None:
            value = 0.0
        rounded = round(value, 4)
        features.append(rounded)
    return features


def _approach(
    values: list[float],
    targets: list[float],
    share: float,
) -> None:
    """Move each value by a share of its distance from its target.

    Rounded, so that a state that was stored and read is the same state.
    """
    for place, target in enumerate(targets):
        value = values[place]
        step = share * (target - value)
        values[place] = round(value + step, 5)
