"""Effects: the uplift of adaptive over plain slots, and the interval of a share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from math import sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vitrine.schemas import Arm

# In each arm. With fewer, resampling draws the same few slots; chosen, not measured.
FEWEST_SLOTS = 5
# Efron & Tibshirani (1993) advise a thousand or more for percentile intervals.
RESAMPLES = 2000
SEED = 1
# Weights drawn at once: 16 MB, so that a long campaign does not need memory by its length.
MOST_WEIGHTS = 2_000_000
# Quantiles of a 95 % interval.
LEVELS = (0.025, 0.975)
# Quantile of the normal distribution for a 95 % interval.
NORMAL_975 = 1.959964


class SlotGoals(NamedTuple):
    """Count one slot at one stand, the unit of the experiment; its arm was drawn beforehand."""

    stand_id: str
    slot_ns: int
    arm: Arm
    ots: int
    reached: int
    """Opportunities to see that reached the goal."""


@dataclass(frozen=True, slots=True)
class Uplift:
    """Compare the goal rates of the arms: goals over opportunities to see.

    Without `estimate`, `reason` says what is missing.
    """

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
    """Return the difference of the rates, and its 95 % interval by a cluster bootstrap over slots.

    A percentile interval: slots are drawn anew within each arm (Efron & Tibshirani 1993, ch. 8);
    seeded, so that the same slots give the same interval. Slots without any opportunity to see
    say nothing about the rate.
    """
    adaptive = arm_counts(slots, "adaptive")
    plain = arm_counts(slots, "plain")
    result = Uplift(
        adaptive_slots=adaptive.shape[1],
        plain_slots=plain.shape[1],
        adaptive_rate=rate(adaptive),
        plain_rate=rate(plain),
    )
    if result.adaptive_rate is None or result.plain_rate is None:
        return replace(result, reason=missing_slots(result))
    if min(result.adaptive_slots, result.plain_slots) < FEWEST_SLOTS:
        return replace(result, reason=missing_slots(result))
    generator = np.random.default_rng(SEED)
    adaptive_rates = resampled_rates(adaptive, generator)
    plain_rates = resampled_rates(plain, generator)
    lower, upper = np.quantile(adaptive_rates - plain_rates, LEVELS)
    return replace(
        result,
        estimate=result.adaptive_rate - result.plain_rate,
        lower=float(lower),
        upper=float(upper),
    )


def missing_slots(result: Uplift) -> str:
    """Return the reason why there is no estimate, in words."""
    found = (
        f"{result.adaptive_slots} adaptive and {result.plain_slots} plain slots "
        "with people"
    )
    return f"{found}; at least {FEWEST_SLOTS} of each are needed"


def rate(counts: NDArray[np.int64]) -> float | None:
    """Return goals over opportunities, None without any."""
    if counts.size == 0:
        return None
    ots = counts[0].sum()
    reached = counts[1].sum()
    return float(reached / ots)


def arm_counts(slots: Iterable[SlotGoals], arm: Arm) -> NDArray[np.int64]:
    """Return (2, slots of the arm with people): opportunities, and goals reached."""
    of_arm = [slot for slot in sorted(slots) if slot.arm == arm]
    pairs = [(slot.ots, slot.reached) for slot in of_arm if slot.ots > 0]
    counts = np.array(pairs, dtype=np.int64)
    return counts.reshape(-1, 2).T


def resampled_rates(
    counts: NDArray[np.int64], generator: np.random.Generator
) -> NDArray[np.float64]:
    """Return (RESAMPLES,) rates of slots drawn with replacement, computed in pieces."""
    slots = counts.shape[1]
    equal = np.full(slots, 1 / slots)
    piece = max(1, min(RESAMPLES, MOST_WEIGHTS // slots))
    rates: list[NDArray[np.float64]] = []
    for start in range(0, RESAMPLES, piece):
        size = min(piece, RESAMPLES - start)
        weights = generator.multinomial(slots, equal, size=size)
        ots = weights @ counts[0]
        reached = weights @ counts[1]
        rates.append(reached / ots)
    return np.concatenate(rates)


def slots_of(counts: Iterable[tuple[str, int, Arm, str, int]]) -> tuple[SlotGoals, ...]:
    """Return the slots of (stand, slot, arm, figure, count), as the store keeps them."""
    found: defaultdict[tuple[str, int, Arm], dict[str, int]] = defaultdict(dict)
    for stand_id, slot_ns, arm, figure, count in counts:
        slot = (stand_id, slot_ns, arm)
        found[slot][figure] = count
    slots = []
    for slot, values in sorted(found.items()):
        ots = values.get("ots", 0)
        reached = values.get("reached", 0)
        slots.append(SlotGoals(*slot, ots, reached))
    return tuple(slots)


def wilson(part: int, whole: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson 1927), opportunities taken as independent.

    Needs whole > 0.
    """
    z = NORMAL_975
    share = part / whole
    divisor = 1 + z * z / whole
    centre = (share + z * z / (2 * whole)) / divisor
    binomial = share * (1 - share) / whole
    correction = z * z / (4 * whole * whole)
    half = z * sqrt(binomial + correction) / divisor
    lower = max(0.0, centre - half)
    upper = min(1.0, centre + half)
    return lower, upper
