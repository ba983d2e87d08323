"""Creatives compared where chance chose between them, by the probabilities that were logged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from math import sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import false_discovery_control

from vitrine.effects.effect import FEWEST_PEOPLE, FEWEST_SLOTS
from vitrine.effects.regression import Numbers
from vitrine.effects.sequence import ALPHA, SPREAD, anytime_p, radius

LEAST_CHANCE: Final = 0.05
"""Of either of two creatives, given that one of them was shown.

Chosen, not measured: below, one view counts for twenty, and some few decide.
"""
MOST_LONGER: Final = 1.1
"""Times that one creative may last longer than the other. Chosen, not measured."""


@dataclass(frozen=True, slots=True)
class View:
    """Hold one visitor's outcome in one play."""

    creative_id: str
    seconds: float
    """Length of the creative."""
    probabilities: Mapping[str, float]
    """Of each creative that might have been shown instead, and of this one, as logged."""
    slot: int
    """Number of the stand's slot: what is in one slot is alike."""
    visitor: int
    """Number of the visitor: what one person does is alike."""
    outcome: float


@dataclass(frozen=True, slots=True)
class Difference:
    """Hold how two creatives differ: `first` minus `second`, or the reason why none is told."""

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
    views: Sequence[View],
    *,
    least_people: int = FEWEST_PEOPLE,
) -> list[Difference]:
    """Return the differences of all pairs of creatives.

    False discoveries are controlled whatever the pairs have in common (Benjamini & Yekutieli 2001).
    """
    names = sorted({view.creative_id for view in views})
    found = []
    for first, second in combinations(names, 2):
        found.append(difference(views, first, second, least_people))
    told = [place for place, one in enumerate(found) if one.p_value is not None]
    p_values = [found[place].p_value or 0.0 for place in told]
    adjusted: list[float] = []
    if told:
        adjusted = false_discovery_control(p_values, method="by").tolist()
    for place, p_value in zip(told, adjusted, strict=True):
        found[place] = replace(found[place], discovered=p_value <= ALPHA)
    return found


def difference(
    views: Sequence[View],
    first: str,
    second: str,
    least_people: int,
) -> Difference:
    """Return how two creatives differ, from the views in which chance chose between them."""
    silent = Difference(first, second)
    compared = [view for view in views if view.creative_id in {first, second}]
    if not alike_long(compared):
        return replace(silent, reason="they differ in length")
    drawn = [view for view in compared if by_chance(view, first, second)]
    table = Compared.of(drawn, first, second)
    reason = table.missing(least_people)
    if reason:
        return replace(silent, reason=reason)
    estimate = table.estimate()
    error = table.error()
    if error == 0:
        return replace(silent, reason="the outcome is the same in every view")
    clusters = min(table.clusters(table.slots), table.clusters(table.visitors))
    freedom = clusters - 1
    half = radius(clusters, freedom, SPREAD) * error
    return replace(
        silent,
        estimate=estimate,
        lower=estimate - half,
        upper=estimate + half,
        p_value=anytime_p(
            estimate / error,
            clusters,
            freedom,
            SPREAD,
        ),
    )


def alike_long(views: Sequence[View]) -> bool:
    """Return whether no creative lasts much longer than another: it would have more time."""
    lengths = [view.seconds for view in views]
    if not lengths:
        return True
    return max(lengths) <= MOST_LONGER * min(lengths)


def by_chance(view: View, first: str, second: str) -> bool:
    """Return whether either of two creatives might well have been shown."""
    chance = chance_of(view, first, second)
    return LEAST_CHANCE <= chance <= 1 - LEAST_CHANCE


def chance_of(view: View, first: str, second: str) -> float:
    """Return the probability of `first`, given that one of both was shown."""
    one = view.probabilities.get(first, 0.0)
    other = view.probabilities.get(second, 0.0)
    if one + other == 0:
        return 0.0
    return one / (one + other)


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """Hold n views of two creatives; each array is (n,)."""

    of_first: NDArray[np.bool_]
    weights: Numbers
    """One over the probability of what was shown, given that it was one of the two."""
    outcomes: Numbers
    slots: NDArray[np.int64]
    visitors: NDArray[np.int64]

    @classmethod
    def of(
        cls,
        views: Sequence[View],
        first: str,
        second: str,
    ) -> Compared:
        """Return views as columns."""
        of_first = np.array([view.creative_id == first for view in views], np.bool_)
        chances = np.array([chance_of(view, first, second) for view in views])
        return cls(
            of_first=of_first,
            weights=1 / np.where(of_first, chances, 1 - chances),
            outcomes=np.array([view.outcome for view in views]),
            slots=np.array([view.slot for view in views], np.int64),
            visitors=np.array([view.visitor for view in views], np.int64),
        )

    def missing(self, least_people: int) -> str:
        """Return what there is too little of, "" if nothing."""
        for shown in (self.of_first, ~self.of_first):
            slots = self.clusters(self.slots[shown])
            if slots < FEWEST_SLOTS:
                return (
                    f"chance chose between them in {slots} slots of one of them; "
                    f"at least {FEWEST_SLOTS} of each are needed"
                )
            people = self.clusters(self.visitors[shown])
            if people < least_people:
                return f"{people} people saw one of them; at least {least_people} are needed"
        return ""

    @staticmethod
    def clusters(values: NDArray[np.int64]) -> int:
        """Return how many different ones there are."""
        return len(np.unique(values))

    def mean(self, shown: NDArray[np.bool_]) -> float:
        """Return the weighted mean of views (Hájek 1971)."""
        return float(np.average(self.outcomes[shown], weights=self.weights[shown]))

    def estimate(self) -> float:
        """Return the difference of the weighted means."""
        return self.mean(self.of_first) - self.mean(~self.of_first)

    def influence(self) -> Numbers:
        """Return (n,) what each view adds to the difference, around its mean."""
        found = np.empty(len(self.outcomes))
        for shown, sign in ((self.of_first, 1), (~self.of_first, -1)):
            share = self.weights[shown] / self.weights[shown].sum()
            found[shown] = sign * share * (self.outcomes[shown] - self.mean(shown))
        return found

    def error(self) -> float:
        """Return the standard error for views that are alike by slot and by visitor.

        Cameron, Gelbach & Miller (2011); as that may fall below either of them, the largest.
        """
        influence = self.influence()
        by_slot = clustered(influence, self.slots)
        by_visitor = clustered(influence, self.visitors)
        both = np.column_stack([self.slots, self.visitors])
        _, places = np.unique(both, axis=0, return_inverse=True)
        by_both = clustered(influence, places.ravel())
        return sqrt(max(by_slot, by_visitor, by_slot + by_visitor - by_both))


def clustered(influence: Numbers, clusters: NDArray[np.int64]) -> float:
    """Return the variance of the sum of (n,) influences that are alike within clusters."""
    _, places = np.unique(clusters, return_inverse=True)
    sums = np.bincount(places, influence)
    count = len(sums)
    return count / (count - 1) * float((sums**2).sum())
