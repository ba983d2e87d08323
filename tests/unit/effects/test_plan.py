"""A frozen plan: slots → one look, when it is time, and never another."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.effect_worlds import START_NS
from tests.unit.effects.seen import make_slot
from vitrine.effects.effect import effect
from vitrine.effects.findings import planned_words
from vitrine.effects.outcomes import ATTENTION
from vitrine.effects.plan import FrozenPlan, Planned, PlannedLook, look_once
from vitrine.effects.slots import SlotOutcome
from vitrine.effects.table import table_of
from vitrine.schemas import SLOT_NS

PLAN = FrozenPlan(
    outcome="attention",
    slots=60,
    end_ns=START_NS + 200 * SLOT_NS,
    frozen_ns=START_NS,
)


def slots(count: int, first: int = 0) -> list[SlotOutcome]:
    """Return slots of both arms in turn, in which attention varies."""
    found = []
    for number in range(first, first + count):
        slot = make_slot(number, "adaptive" if number % 2 else "plain")
        found.append(replace(slot, visitors=3, attention_ns=(number * 7 % 11) * 10**9))
    return found


def test_it_is_no_time_before_there_are_as_many_slots_as_planned() -> None:
    assert look_once(PLAN, slots(59)) is None
    assert look_once(PLAN, slots(60)) is not None


def test_the_look_is_at_the_first_slots_whatever_came_since() -> None:
    found = look_once(PLAN, slots(60))
    assert look_once(PLAN, slots(150)) == found
    assert look_once(PLAN, slots(150)[::-1]) == found
    whole = effect(table_of(slots(60)), ATTENTION)
    assert found == PlannedLook(
        60, whole.estimate, whole.fixed_lower, whole.fixed_upper
    )


def test_what_was_before_the_plan_and_after_its_day_does_not_count() -> None:
    later = replace(PLAN, frozen_ns=START_NS + 20 * SLOT_NS)
    assert look_once(later, slots(79)) is None
    assert look_once(later, slots(80)) is not None
    early = replace(PLAN, end_ns=START_NS + 50 * SLOT_NS)
    assert look_once(early, slots(50)) is None
    missed = look_once(early, slots(70))
    assert missed == PlannedLook(50, reason="50 of 60 slots came until the planned day")


def test_empty_slots_and_slots_that_were_not_drawn_are_not_waited_for() -> None:
    many = slots(80)
    many[3] = replace(many[3], visitors=0)
    many[5] = replace(many[5], probability=1.0)
    found = look_once(PLAN, many)
    assert found == look_once(PLAN, many[:62])
    assert look_once(PLAN, many[:61]) is None


@pytest.mark.parametrize(
    ("look", "words"),
    [
        (
            None,
            "As planned, attention to the stand will be looked at once, after 60 slots with "
            "people; what comes after 15 January 2027 does not count.",
        ),
        (
            PlannedLook(50, reason="50 of 60 slots came until the planned day"),
            "As planned, attention to the stand was looked at once: 50 of 60 slots came until "
            "the planned day.",
        ),
        (
            PlannedLook(60, 0.5, 0.1, 0.9),
            "As planned, attention to the stand was looked at once, after 60 slots with people: "
            "+0.50 s a visitor, between +0.10 s and +0.90 s (95 %, for this one look).",
        ),
    ],
)
def test_the_report_says_what_was_planned_and_found(
    look: PlannedLook | None, words: str
) -> None:
    assert planned_words(Planned(PLAN, look)) == words
