"""What an effect says of the days ahead: whether to go on, and how many slots that takes."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from math import ceil, sqrt
from typing import Final, Literal

from scipy.special import ndtri

from vitrine.effects.effect import Effect
from vitrine.effects.sequence import SPREAD, radius

RELEVANT_SHARE: Final = 0.1
"""Of the plain arm's mean: the effect worth finding, if nobody named one. Chosen, not measured."""
POWER: Final = 0.8
"""Share of campaigns with that effect that are to find it. Usual."""
MOST_SLOTS: Final = 1_000_000
"""A stand's ten years; what takes longer is not worth planning."""

Verdict = Literal["works", "harms", "futile", "open"]


@dataclass(frozen=True, slots=True)
class Outlook:
    """Hold what an effect says of the days ahead, in the outcome's unit."""

    verdict: Verdict
    """`futile`: whatever the effect is, it is less than the relevant one."""
    relevant: float
    """The effect worth finding."""
    smallest: float
    """The smallest effect that 80 % of campaigns with as many slots would find."""
    slots_needed: int | None
    """More slots, empty ones among them, until that is the relevant one; None for too many."""


def outlook(effect: Effect, relevant: float | None = None) -> Outlook | None:
    """Return the outlook of an effect, None where there is none or nothing to relate it to.

    Stopping by its verdict keeps the 5 %: it rests on the interval that holds at every look.
    """
    if effect.error is None or effect.freedom is None:
        return None
    if relevant is None:
        relevant = RELEVANT_SHARE * abs(effect.plain.mean or 0.0)
    if relevant <= 0:
        return None
    return Outlook(
        verdict=verdict(effect, relevant),
        relevant=relevant,
        smallest=detectable(effect, effect.observed),
        slots_needed=slots_needed(effect, relevant),
    )


def verdict(effect: Effect, relevant: float) -> Verdict:
    """Return what the interval that holds at every look excludes."""
    lower = effect.lower if effect.lower is not None else float("-inf")
    upper = effect.upper if effect.upper is not None else float("inf")
    if lower > 0:
        return "works"
    if upper < 0:
        return "harms"
    if upper < relevant:
        return "futile"
    return "open"


def detectable(effect: Effect, count: int) -> float:
    """Return the effect that 80 % of campaigns find with `count` slots like those so far."""
    error = effect.error or 0.0
    freedom = effect.freedom or 1.0
    grown = count / effect.observed
    errors = radius(count, freedom * grown, SPREAD) + float(ndtri(POWER))
    return errors * error / sqrt(grown)


def slots_needed(effect: Effect, relevant: float) -> int | None:
    """Return how many more slots find `relevant`, at the present share of empty ones."""
    counts = range(effect.observed, MOST_SLOTS)
    place = bisect_left(counts, -relevant, key=lambda count: -detectable(effect, count))
    if place == len(counts):
        return None
    slots = effect.adaptive.slots + effect.plain.slots
    return ceil(place * slots / effect.observed)
