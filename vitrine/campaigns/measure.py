"""What one window adds to the totals of a creative: additive figures, visitors, and goals by slot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self

from vitrine.schemas import Arm

Visitor = tuple[str, str]
"""Local day (ISO) and visitor id: reach is counted within a stand and day."""
Slot = tuple[int, Arm]
"""Start of the slot, and the arm drawn for it."""


class Sums(NamedTuple):
    """Figures that add up over windows; all integers, so that sums do not depend on their order."""

    plays: int = 0
    completed: int = 0
    ots: int = 0
    watchers: int = 0
    attention_ns: int = 0
    dwell_ns: int = 0
    score_ns: int = 0
    """Engagement score × time, over the exposures within plays."""
    scored_ns: int = 0
    touches: int = 0
    offers_shown: int = 0
    offers_redeemed: int = 0
    usable_ns: int = 0
    """Camera time that was usable in the windows of the figures."""
    camera_ns: int = 0

    def plus(self, other: Sums) -> Sums:
        """Figure by figure."""
        return Sums(*(a + b for a, b in zip(self, other, strict=True)))

    def minus(self, other: Sums) -> Sums:
        """Figure by figure; may be negative."""
        return Sums(*(a - b for a, b in zip(self, other, strict=True)))

    def peak(self, other: Sums) -> Sums:
        """The higher value of each figure."""
        return Sums(*map(max, self, other))

    @property
    def score_mean(self) -> float:
        """Time-weighted engagement score, 0 to 100."""
        return self.score_ns / self.scored_ns if self.scored_ns else 0.0

    @property
    def coverage(self) -> float:
        """Usable share of the camera time, 0 to 1."""
        return min(1.0, self.usable_ns / self.camera_ns) if self.camera_ns else 0.0


class Goals(NamedTuple):
    """Opportunities to see in a slot, and how many of them reached the goal."""

    ots: int = 0
    reached: int = 0

    def plus(self, other: Goals) -> Goals:
        """Both figures added."""
        return Goals(self.ots + other.ots, self.reached + other.reached)

    def minus(self, other: Goals) -> Goals:
        """May be negative."""
        return Goals(self.ots - other.ots, self.reached - other.reached)


NOTHING = Sums()


@dataclass(frozen=True, slots=True)
class Measure:
    """One cell's share of the totals."""

    sums: Sums = NOTHING
    visitors: frozenset[Visitor] = frozenset()
    slots: Mapping[Slot, Goals] = field(default_factory=dict)

    def plus(self, other: Measure) -> Measure:
        """Sums and slots added, visitors united."""
        slots = {
            slot: self.slots.get(slot, Goals()).plus(other.slots.get(slot, Goals()))
            for slot in {**self.slots, **other.slots}
        }
        return Measure(
            self.sums.plus(other.sums), self.visitors | other.visitors, slots
        )

    def minus(self, other: Measure) -> Measure:
        """Differences of sums and slots, and the visitors that `other` lacks."""
        slots = {
            slot: self.slots.get(slot, Goals()).minus(other.slots.get(slot, Goals()))
            for slot in {**self.slots, **other.slots}
        }
        return Measure(
            self.sums.minus(other.sums), self.visitors - other.visitors, slots
        )

    def peak(self, other: Measure) -> Measure:
        """The higher value of each figure. More visitors are a rise, other names for as many are not."""
        more = len(other.visitors) > len(self.visitors)
        slots = {
            slot: Goals(
                *map(max, self.slots.get(slot, Goals()), other.slots.get(slot, Goals()))
            )
            for slot in {**self.slots, **other.slots}
        }
        visitors = self.visitors | other.visitors if more else self.visitors
        return Measure(self.sums.peak(other.sums), visitors, slots)

    def to_plain(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "sums": self.sums,
            "visitors": sorted(self.visitors),
            "slots": sorted((*slot, *goals) for slot, goals in self.slots.items()),
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Self:
        """The reverse of `to_plain`, after JSON."""
        slots: dict[Slot, Goals] = {
            (at, arm): Goals(ots, got) for at, arm, ots, got in plain["slots"]
        }
        return cls(
            Sums(*plain["sums"]),
            frozenset((day, name) for day, name in plain["visitors"]),
            slots,
        )
