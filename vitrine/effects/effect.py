"""The effect of adapting on an outcome: estimate, intervals, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from scipy.special import stdtrit

from vitrine.effects import assignment, covariates
from vitrine.effects.outcomes import (
    ATTENTION,
    OUTCOMES,
    REDEMPTIONS,
    SALES,
    Outcome,
)
from vitrine.effects.regression import Coefficient, coefficient
from vitrine.effects.sequence import ALPHA, SPREAD, anytime_p, radius
from vitrine.effects.slots import SlotOutcome
from vitrine.effects.table import SlotTable, table_of
from vitrine.schemas import Arm

FEWEST_SLOTS: Final = 20
"""With people, in each arm. From there on intervals cover 93 to 97 % (benchmarks/effects.py)."""
FEWEST_PEOPLE: Final = 10
"""In each arm, where the release rule does not say more."""
FEWEST_WITH: Final = 10
"""Slots of an arm that a rare outcome must have been seen in.

With fewer, an arm shows less variance than it has: of 1,000 campaigns whose visitors redeem in 2 %
of cases, and so in 3 to 4 of 40 plain slots, 87 to 92 % of the intervals held the truth; from 10
on 93 to 97 % (`python -m benchmarks.effects --only rare`).
"""
NO_ERROR: Final = 1e-9
"""Of the standard error, relative to the arms' means: below, nothing varied."""


@dataclass(frozen=True, slots=True)
class Silence:
    """Tell why there is no estimate, and what to do."""

    reason: str
    advice: str


NOT_DRAWN: Final = Silence(
    "no slot was drawn by chance",
    "Give the campaign a holdout; 0.2 is usual.",
)
MISMATCH: Final = Silence(
    "the slots of the arms are not as many as their logged probabilities say",
    "Find out why slots of one arm are missing before believing any comparison.",
)
NEVER_ALIKE: Final = Silence(
    "both arms never had the same probability",
    "Leave the holdout as it is for a while.",
)
NOTHING_VARIES: Final = Silence(
    "the outcome is the same in every slot",
    "Judge by another outcome.",
)


@dataclass(frozen=True, slots=True)
class ArmTotal:
    """Hold what was seen in the slots of one arm."""

    slots: int
    slots_with: int
    """Of them, those with somebody present."""
    slots_of_outcome: int
    """Of them, those with any of the outcome."""
    visitors: int
    """Those present in each slot, added up."""
    mean: float | None
    """The outcome's total over what it is per; None where that is zero."""


@dataclass(frozen=True, slots=True)
class Effect:
    """Hold the effect on one outcome: adaptive minus plain, in the outcome's unit.

    Without an estimate, `silence` says why, and the rest is None.
    """

    outcome: Outcome
    adaptive: ArmTotal
    plain: ArmTotal
    estimate: float | None = None
    error: float | None = None
    """Standard error of the estimate."""
    freedom: float | None = None
    """Degrees of freedom of the error."""
    lower: float | None = None
    """Of the 95 % interval that holds at every look."""
    upper: float | None = None
    fixed_lower: float | None = None
    """Of the 95 % interval that holds for one look, at a time that was planned."""
    fixed_upper: float | None = None
    p_value: float | None = None
    """Of no effect, at any look."""
    silence: Silence | None = None

    @property
    def any_seen(self) -> bool:
        """Return whether any slot had any of the outcome."""
        return self.adaptive.slots_of_outcome + self.plain.slots_of_outcome > 0

    @property
    def observed(self) -> int:
        """Return the slots that the estimate rests on."""
        if self.outcome.per == "slot":
            return self.adaptive.slots + self.plain.slots
        return self.adaptive.slots_with + self.plain.slots_with


def primary(effects: Iterable[Effect]) -> Effect | None:
    """Return the effect to judge a campaign by: on sales, else redemptions, else attention.

    On attention also where only one arm has offers: their redemptions are no outcome of a slot.
    """
    by_name = {effect.outcome.name: effect for effect in effects}
    for outcome in (SALES, REDEMPTIONS):
        found = by_name.get(outcome.name)
        if found is not None and found.any_seen:
            return found
    return by_name.get(ATTENTION.name)


def effects(
    slots: Iterable[SlotOutcome],
    *,
    least_people: int = FEWEST_PEOPLE,
) -> tuple[Effect, ...]:
    """Return the effect on each outcome."""
    table = table_of(slots)
    return tuple(
        effect(table, outcome, least_people=least_people) for outcome in OUTCOMES
    )


def effect(
    table: SlotTable,
    outcome: Outcome,
    *,
    least_people: int = FEWEST_PEOPLE,
) -> Effect:
    """Return the effect of adapting on an outcome: the adjusted difference of the arms' ratios.

    A regression over slots of the outcome per visitor, weighted by visitors: without covariates it
    is the difference of the ratios of totals, and its HC3 error the delta method's with a
    correction for few slots. The slot is the unit of chance, so that its error needs no clusters:
    what slots share does not depend on their arms (Abadie, Athey, Imbens & Wooldridge 2023).
    """
    silent = Effect(
        outcome=outcome,
        adaptive=arm_total(table, "adaptive", outcome),
        plain=arm_total(table, "plain", outcome),
    )
    if not len(table):
        return replace(silent, silence=NOT_DRAWN)
    too_little = missing(silent, least_people)
    if too_little is not None:
        return replace(silent, silence=too_little)
    if assignment.mismatch_p(table) < assignment.ALPHA:
        return replace(silent, silence=MISMATCH)
    found = adjusted(table, outcome)
    if found is None:
        return replace(silent, silence=NEVER_ALIKE)
    scale = abs(silent.adaptive.mean or 0.0) + abs(silent.plain.mean or 0.0)
    if found.error <= NO_ERROR * scale:
        return replace(silent, silence=NOTHING_VARIES)
    return with_intervals(silent, found)


def arm_total(
    table: SlotTable,
    arm: Arm,
    outcome: Outcome,
) -> ArmTotal:
    """Return what was seen in the slots of an arm."""
    of_arm = table.adaptive == (arm == "adaptive")
    visitors = table.visitors[of_arm]
    totals = outcome.totals(table)[of_arm]
    size = float(outcome.sizes(table)[of_arm].sum())
    return ArmTotal(
        slots=len(totals),
        slots_with=int(np.count_nonzero(visitors)),
        slots_of_outcome=int(np.count_nonzero(totals)),
        visitors=int(visitors.sum()),
        mean=float(totals.sum()) / size if size else None,
    )


def missing(silent: Effect, least_people: int) -> Silence | None:
    """Return what there is too little of for an estimate, None if nothing."""
    for arm, total in (("adaptive", silent.adaptive), ("plain", silent.plain)):
        if total.slots_with < FEWEST_SLOTS:
            return Silence(
                f"{total.slots_with} {arm} slots with people; at least {FEWEST_SLOTS} of each arm "
                "are needed",
                f"Wait, or give the {arm} arm more slots.",
            )
        if total.visitors < least_people:
            return Silence(
                f"{total.visitors} people in {arm} slots; at least {least_people} are needed",
                f"Wait, or give the {arm} arm more slots.",
            )
        if silent.outcome.rare and total.slots_of_outcome < FEWEST_WITH:
            return Silence(
                f"{silent.outcome.title} in {total.slots_of_outcome} {arm} slots; at least "
                f"{FEWEST_WITH} of each arm are needed",
                "Wait, and judge by attention until then.",
            )
    return None


def adjusted(table: SlotTable, outcome: Outcome) -> Coefficient | None:
    """Return the coefficient of the arm; None where probabilities tell the arms apart."""
    design = covariates.columns(table, outcome)
    sizes = outcome.sizes(table)
    used = sizes > 0
    means = outcome.totals(table)[used] / sizes[used]
    try:
        return coefficient(
            design[used],
            means,
            sizes[used],
            place=covariates.ARM_COLUMN,
        )
    except ValueError:
        return None


def with_intervals(silent: Effect, found: Coefficient) -> Effect:
    """Return the effect with its estimate, both intervals and the p-value."""
    count = silent.observed
    anytime = radius(count, found.freedom, SPREAD) * found.error
    fixed = float(stdtrit(found.freedom, 1 - ALPHA / 2)) * found.error
    return replace(
        silent,
        estimate=found.value,
        error=found.error,
        freedom=found.freedom,
        lower=found.value - anytime,
        upper=found.value + anytime,
        fixed_lower=found.value - fixed,
        fixed_upper=found.value + fixed,
        p_value=anytime_p(
            found.value / found.error,
            count,
            found.freedom,
            SPREAD,
        ),
    )
