"""What a face shows, in groups of expressions, against what is usual for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import exp
from typing import Final

from vitrine.clock import SECOND_NS
from vitrine.schemas import EXPRESSION_GROUPS, StandExpression

Groups = tuple[float, ...]
"""Probabilities of EXPRESSION_GROUPS, which add up to 1."""
POSITIVE: Final = EXPRESSION_GROUPS.index("positive")

# Chosen with benchmarks.reactions: a condition holds within 0.7 s of an onset, and one
# wrong view of ten a second does not reach a half.
SMOOTHING_S: Final = 0.2

# As for the response (`BASELINE_S`): a smile that lasts for longer is the usual face.
USUAL_S: Final = 15.0

# Five views at ten a second. With the 1.5 s for which a stand acts on it
# (`EXPRESSION_FRESH_NS`), nothing is older than 2 s.
JUDGED_NS: Final = SECOND_NS // 2
"""What was judged longer ago is not told any more."""

DECIMALS: Final = 4


@dataclass(slots=True)
class ShownGroups:
    """Keep the groups of one face, smoothed, and its usual share of positive ones."""

    now: list[float] = field(default_factory=list)
    """Empty before the first view."""
    usual_positive: float = 0.0
    age_s: float = 0.0
    """Over which time the usual one was seen."""
    seen_ns: int = 0

    def observe(self, at_ns: int, groups: Groups) -> None:
        """Take a view, in order of time; one after a gap begins anew, but for what is usual."""
        passed_ns = at_ns - self.seen_ns
        seconds = passed_ns / SECOND_NS
        if not self.is_fresh(at_ns):
            if not self.now:
                self.usual_positive = groups[POSITIVE]
            self.now = list(groups)
            self.seen_ns = at_ns
            return
        self.seen_ns = at_ns
        self.age_s = min(self.age_s + seconds, USUAL_S)
        usual_share = min(1.0, seconds / self.age_s)
        step = usual_share * (groups[POSITIVE] - self.usual_positive)
        self.usual_positive += step
        now_share = 1 - exp(-seconds / SMOOTHING_S)
        for place, share in enumerate(groups):
            self.now[place] += now_share * (share - self.now[place])

    def is_fresh(self, at_ns: int) -> bool:
        """Return true where the face was judged a moment ago."""
        return bool(self.now) and at_ns - self.seen_ns <= JUDGED_NS

    @property
    def positive_change(self) -> float:
        """Return how much more positive the face is than usual, −1 to 1."""
        return self.now[POSITIVE] - self.usual_positive


def aggregate(shown: Iterable[ShownGroups]) -> StandExpression | None:
    """Return the means over faces that were judged; None without any."""
    faces = list(shown)
    if not faces:
        return None
    shares: dict[str, float] = {}
    for place, name in enumerate(EXPRESSION_GROUPS):
        total = sum(face.now[place] for face in faces)
        shares[name] = _within(total / len(faces), 0.0)
    change = sum(face.positive_change for face in faces) / len(faces)
    return StandExpression(
        **shares,
        positive_change=_within(change, -1.0),
        faces=len(faces),
    )


def _within(value: float, least: float) -> float:
    """Return a rounded value; sums of float32 may exceed 1 a little."""
    return round(min(1.0, max(least, value)), DECIMALS)
