"""Hold a run beside its truth, and what a check says about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from vitrine.fieldtest import following
from vitrine.fieldtest.matching import Matches, match
from vitrine.fieldtest.measured import Measured, Totals
from vitrine.fieldtest.scenarios import Tolerances
from vitrine.fieldtest.totals import by_visitor, true_totals, visitors
from vitrine.fieldtest.truth import TruePresence, Truth
from vitrine.mall import Mall

Group = Literal[
    "tracks", "presence", "attention", "visitors", "plays", "totals", "reactions"
]


@dataclass(frozen=True, slots=True)
class Moment:
    """Represent a case worth looking at."""

    camera_id: str
    at_ns: int
    badness: float
    """Seconds; the worst cases are drawn."""
    note: str


@dataclass(frozen=True, slots=True)
class Result:
    """Hold one line of the table."""

    key: str
    group: Group
    title: str
    value: str
    wanted: str
    passed: bool | None
    """None where there was nothing to judge."""
    moments: tuple[Moment, ...] = ()


@dataclass(frozen=True)
class Case:
    """Hold a run beside its truth."""

    truth: Truth
    measured: Measured
    mall: Mall
    tolerances: Tolerances

    @cached_property
    def matches(self) -> Matches:
        """Return who is who."""
        truth = self.truth
        measured = self.measured
        return match(
            truth.frames,
            truth.presences,
            measured.frames,
            measured.presences,
        )

    @cached_property
    def following(self) -> following.Following:
        """Return how faces were followed."""
        zones = {stand.id: stand.zone for stand in self.mall.stands}
        return following.follow(self.matches.frames, zones)

    @cached_property
    def people(self) -> Mapping[str, Sequence[TruePresence]]:
        """Return the presences of each true visitor."""
        name = visitors(self.mall)
        return by_visitor(self.truth.presences, name)

    @cached_property
    def true_totals(self) -> Totals:
        """Return what the campaigns should have counted for what was played."""
        return true_totals(self.measured.plays, self.people)

    @property
    def seconds(self) -> float:
        """Return by how much times may differ."""
        return self.tolerances.seconds + self.truth.slack_s
