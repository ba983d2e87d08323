"""Creatives compared where chance chose between them, by the probabilities that were logged.

What they rest on is summed up by slot, so that nobody's views are kept.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import false_discovery_control

from vitrine.clock import SECOND_NS
from vitrine.effects.effect import FEWEST_PEOPLE, FEWEST_SLOTS, NO_ERROR
from vitrine.effects.regression import Numbers
from vitrine.effects.sequence import ALPHA, SPREAD, anytime_p, radius
from vitrine.effects.slots import Pair, Side, SlotOutcome

LEAST_CHANCE: Final = 0.05
"""Of either of two creatives, given that one of them was shown.

Chosen, not measured: below, one view counts for twenty, and some few decide.
"""
MOST_LONGER: Final = 1.1
"""Times that one creative may last longer than the other. Chosen, not measured."""
HOUR_NS: Final = 3600 * SECOND_NS
"""Views of an hour at a stand are alike: they share a crowd, and people who stay for some slots."""
FEWEST_HOURS: Final = FEWEST_SLOTS
"""In which each of two creatives was seen."""
DAY_NS: Final = 24 * HOUR_NS


@dataclass(frozen=True, slots=True)
class Difference:
    """Hold how two creatives differ in attention a view, seconds, or the reason why none is told.

    It is `first` minus `second`.
    """

    first: str
    second: str
    estimate: float | None = None
    lower: float | None = None
    """Of the 95 % interval that holds at every look, for this pair alone."""
    upper: float | None = None
    p_value: float | None = None
    """At every look, for this pair alone."""
    discovered: bool = False
    """At most 5 % of all discoveries of the campaign are expected to be false."""
    reason: str = ""


def differences(
    slots: Iterable[SlotOutcome],
    *,
    least_people: int = FEWEST_PEOPLE,
) -> list[Difference]:
    """Return the differences of all pairs of creatives that chance ever chose between.

    False discoveries are controlled whatever the pairs have in common (Benjamini & Yekutieli 2001).
    """
    pairs: defaultdict[tuple[str, str], list[tuple[SlotOutcome, Pair]]]
    pairs = defaultdict(list)
    for slot in slots:
        for pair in slot.pairs:
            pairs[pair.first_id, pair.second_id].append((slot, pair))
    found = []
    for (first, second), seen in sorted(pairs.items()):
        silent = Difference(first, second)
        found.append(difference(silent, Compared.of(seen), least_people))
    told = [place for place, one in enumerate(found) if one.p_value is not None]
    p_values = [found[place].p_value or 0.0 for place in told]
    adjusted: list[float] = []
    if told:
        adjusted = false_discovery_control(p_values, method="by").tolist()
    for place, p_value in zip(told, adjusted, strict=True):
        found[place] = replace(found[place], discovered=p_value <= ALPHA)
    return found


def difference(
    silent: Difference,
    table: Compared,
    least_people: int,
) -> Difference:
    """Return how two creatives differ, from the views in which chance chose between them."""
    reason = table.missing(least_people)
    if reason:
        return replace(silent, reason=reason)
    estimate = table.estimate()
    error = table.error()
    if error <= NO_ERROR * float(np.abs(table.means()).sum()):
        return replace(silent, reason="the outcome is the same in every view")
    clusters = len(np.unique(table.hours))
    freedom = clusters - 1
    half = radius(clusters, freedom, SPREAD) * error
    return replace(
        silent,
        estimate=estimate,
        lower=estimate - half,
        upper=estimate + half,
        p_value=anytime_p(estimate / error, clusters, freedom, SPREAD),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """Hold n slots of two creatives; arrays are (n, 2), the first creative first, or (n,)."""

    weights: Numbers
    outcomes: Numbers
    """Weighted."""
    people: NDArray[np.int64]
    longest_s: Numbers
    hours: NDArray[np.int64]
    """(n,) number of the hour at the stand."""
    days: NDArray[np.int64]
    """(n,) number of the day at the stand."""

    @classmethod
    def of(cls, seen: Sequence[tuple[SlotOutcome, Pair]]) -> Compared:
        """Return what slots tell of a pair as columns."""
        sides = [list(pair.sides()) for _, pair in seen]
        hours = [(slot.stand_id, slot.slot_ns // HOUR_NS) for slot, _ in seen]
        days = [(slot.stand_id, slot.slot_ns // DAY_NS) for slot, _ in seen]
        return cls(
            weights=column(sides, "weight"),
            outcomes=column(sides, "outcome"),
            people=column(sides, "people").astype(np.int64),
            longest_s=column(sides, "longest_s"),
            hours=numbered(hours),
            days=numbered(days),
        )

    def missing(self, least_people: int) -> str:
        """Return why nothing can be told, "" if something can."""
        lengths = self.longest_s.max(axis=0)
        if lengths.min() and lengths.max() > MOST_LONGER * lengths.min():
            return "they differ in length"
        for side in (0, 1):
            shown = self.weights[:, side] > 0
            hours = len(np.unique(self.hours[shown]))
            if hours < FEWEST_HOURS:
                return (
                    f"chance chose between them in {hours} hours with people before one of them; "
                    f"at least {FEWEST_HOURS} of each are needed"
                )
            people = self.people_before(side)
            if people < least_people:
                return f"{people} people saw one of them; at least {least_people} are needed"
        return ""

    def people_before(self, side: int) -> int:
        """Return how many people saw a creative at least: those of the fullest slot of each day."""
        fullest = np.zeros(int(self.days.max()) + 1, np.int64)
        np.maximum.at(fullest, self.days, self.people[:, side])
        return int(fullest.sum())

    def means(self) -> Numbers:
        """Return (2,) the weighted means of both creatives' views (Hájek 1971)."""
        found: Numbers = self.outcomes.sum(axis=0) / self.weights.sum(axis=0)
        return found

    def estimate(self) -> float:
        """Return the difference of the weighted means."""
        first, second = self.means()
        return float(first - second)

    def influence(self) -> Numbers:
        """Return (n,) what each slot adds to the difference, around its mean."""
        around = self.outcomes - self.means() * self.weights
        shares = around / self.weights.sum(axis=0)
        found: Numbers = shares[:, 0] - shares[:, 1]
        return found

    def error(self) -> float:
        """Return the standard error for views that are alike within an hour of a stand."""
        return sqrt(clustered(self.influence(), self.hours))


def column(sides: Iterable[Iterable[Side]], name: str) -> Numbers:
    """Return (n, 2) one sum of both sides of each slot."""
    return np.array([[getattr(side, name) for side in both] for both in sides], float)


def numbered(places: Sequence[tuple[str, int]]) -> NDArray[np.int64]:
    """Return (n,) the number of each place, the same for the same place."""
    numbers: dict[tuple[str, int], int] = {}
    found = [numbers.setdefault(place, len(numbers)) for place in places]
    return np.array(found, np.int64)


def clustered(influence: Numbers, clusters: NDArray[np.int64]) -> float:
    """Return the variance of the sum of (n,) influences that are alike within clusters."""
    sums = np.bincount(clusters, influence)
    count = len(sums)
    return count / (count - 1) * float((sums**2).sum())
