"""A frozen plan: one look at an effect, after as many slots as were named before.

Who looks once, at a time that no outcome decides, may use the interval for one look.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from vitrine.clock import SECOND_NS
from vitrine.effects.effect import effect
from vitrine.effects.outcomes import BY_NAME
from vitrine.effects.slots import SlotOutcome
from vitrine.effects.table import adaptive_probability, table_of


@dataclass(frozen=True, slots=True)
class FrozenPlan:
    """Hold a plan as it was first configured; what is configured later changes nothing of it."""

    outcome: str
    slots: int
    """With people, of both arms."""
    end_ns: int
    """Slots that begin later do not count."""
    frozen_ns: int
    """Slots that began before do not count: somebody may have looked at them."""

    def counts(self, slot: SlotOutcome) -> bool:
        """Tell whether a slot is within the plan, and its arm was drawn."""
        if not self.frozen_ns <= slot.slot_ns < self.end_ns:
            return False
        return 0 < adaptive_probability(slot) < 1

    @property
    def last_day(self) -> date:
        """The last day whose slots count, in UTC."""
        return datetime.fromtimestamp(self.end_ns // SECOND_NS - 1, UTC).date()


@dataclass(frozen=True, slots=True)
class PlannedLook:
    """Hold what the one look found; without an estimate, `reason` says why."""

    slots: int
    """With people, that it rests on."""
    estimate: float | None = None
    lower: float | None = None
    """Of the 95 % interval for one look."""
    upper: float | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Planned:
    """Hold a plan, and what was found, once it was looked at."""

    plan: FrozenPlan
    look: PlannedLook | None = None


def look_once(plan: FrozenPlan, slots: Sequence[SlotOutcome]) -> PlannedLook | None:
    """Return what the first slots of a plan tell; None while there are too few to look.

    Whether it is time depends on the number of slots and on the day, and on no outcome.
    """
    in_order = sorted(slots, key=lambda slot: (slot.slot_ns, slot.stand_id))
    counted = [slot for slot in in_order if plan.counts(slot)]
    with_people = [slot for slot in counted if slot.visitors]
    if len(with_people) < plan.slots:
        if not in_order or in_order[-1].slot_ns < plan.end_ns:
            return None
        reason = f"{len(with_people)} of {plan.slots} slots came until the planned day"
        return PlannedLook(len(with_people), reason=reason)
    last = with_people[plan.slots - 1]
    used = counted[: counted.index(last) + 1]
    found = effect(table_of(used), BY_NAME[plan.outcome])
    if found.silence is not None:
        return PlannedLook(plan.slots, reason=found.silence.reason)
    return PlannedLook(
        plan.slots,
        found.estimate,
        found.fixed_lower,
        found.fixed_upper,
    )
