"""Uplift: goal rate of adaptive minus plain slots, with an interval that knows that people share a screen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vitrine.schemas import Arm

FEWEST_SLOTS = 5
RESAMPLES = 2000
SEED = 1


class SlotGoals(NamedTuple):
    """One slot at one stand, the unit of the experiment: its arm was drawn before it began."""

    stand_id: str
    slot_ns: int
    arm: Arm
    ots: int
    reached: int
    """How many of the opportunities to see reached the goal."""


@dataclass(frozen=True, slots=True)
class Uplift:
    """Rates are goals over opportunities to see. Without `estimate`, `reason` says what is missing."""

    adaptive_slots: int
    plain_slots: int
    adaptive_rate: float | None
    plain_rate: float | None
    estimate: float | None = None
    lower: float | None = None
    upper: float | None = None
    reason: str = ""


@lru_cache(maxsize=256)
def uplift(slots: tuple[SlotGoals, ...]) -> Uplift:
    """Difference of the rates, and its 95 % percentile interval by a cluster bootstrap over slots.

    Slots are drawn anew within each arm (Efron & Tibshirani 1993, ch. 8); seeded, so that the same slots give
    the same interval. Slots without any opportunity to see say nothing about the rate.
    """
    adaptive = counts(slots, "adaptive")
    plain = counts(slots, "plain")
    result = Uplift(adaptive.shape[1], plain.shape[1], rate(adaptive), rate(plain))
    if min(result.adaptive_slots, result.plain_slots) < FEWEST_SLOTS:
        found = f"{result.adaptive_slots} adaptive and {result.plain_slots} plain slots with people"
        return replace(
            result, reason=f"{found}; at least {FEWEST_SLOTS} of each are needed"
        )
    generator = np.random.default_rng(SEED)
    differences = resampled_rates(adaptive, generator) - resampled_rates(
        plain, generator
    )
    lower, upper = np.quantile(differences, [0.025, 0.975])
    estimate = adaptive[1].sum() / adaptive[0].sum() - plain[1].sum() / plain[0].sum()
    return replace(
        result, estimate=float(estimate), lower=float(lower), upper=float(upper)
    )


def rate(arm: NDArray[np.int64]) -> float | None:
    """Goals over opportunities; None without any."""
    return float(arm[1].sum() / arm[0].sum()) if arm.size else None


def counts(slots: Iterable[SlotGoals], arm: Arm) -> NDArray[np.int64]:
    """(2, slots of the arm with people): opportunities, and goals reached."""
    pairs = [
        (slot.ots, slot.reached)
        for slot in sorted(slots)
        if slot.arm == arm and slot.ots > 0
    ]
    return np.array(pairs, dtype=np.int64).reshape(-1, 2).T


def resampled_rates(
    arm: NDArray[np.int64], generator: np.random.Generator
) -> NDArray[np.float64]:
    """(RESAMPLES,) rates of slots drawn with replacement; in pieces, so that memory stays small."""
    size = arm.shape[1]
    piece = max(1, min(RESAMPLES, 2_000_000 // size))
    rates: list[NDArray[np.float64]] = []
    for start in range(0, RESAMPLES, piece):
        weights = generator.multinomial(
            size, np.full(size, 1 / size), size=min(piece, RESAMPLES - start)
        )
        ots = weights @ arm[0]
        reached = weights @ arm[1]
        rates.append(reached / ots)
    return np.concatenate(rates)


def slots_of(cells: Iterable[tuple[str, int, Arm, str, int]]) -> tuple[SlotGoals, ...]:
    """Slots from (stand, slot, arm, figure, count) as the store keeps them."""
    found: dict[tuple[str, int, Arm], dict[str, int]] = {}
    for stand_id, slot_ns, arm, figure, count in cells:
        found.setdefault((stand_id, slot_ns, arm), {})[figure] = count
    return tuple(
        SlotGoals(*key, ots=values.get("ots", 0), reached=values.get("reached", 0))
        for key, values in sorted(found.items())
    )
