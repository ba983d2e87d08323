"""The short form of benchmarks/effects_events.py: what happens, and the slots that come of it."""

from __future__ import annotations

from random import Random

import pytest

from benchmarks.effects_events import (
    HOLDOUT,
    Happened,
    mall_of,
    outcomes,
    redrawn,
    simulate,
)
from vitrine.programme.arms import arm_of

HOURS = 2


@pytest.fixture(scope="module")
def happened() -> Happened:
    return simulate(mall_of(8), 0, HOURS * 3600, Random(1))


def test_the_answering_campaign_answers_in_adaptive_slots_only(
    happened: Happened,
) -> None:
    answers = [play for play in happened.plays if play.creative_id == "more"]
    assert len(answers) > 20
    assert {play.arm for play in answers} == {"adaptive"}


def test_plays_tell_the_arm_that_the_slot_table_draws(happened: Happened) -> None:
    for play in happened.plays:
        arm = arm_of(play.campaign_id, HOLDOUT, "north", play.slot_ns)
        assert play.arm == arm
        assert play.arm_probability == (HOLDOUT if arm == "plain" else 1 - HOLDOUT)


def test_slots_count_everybody_whatever_is_shown(happened: Happened) -> None:
    inert = outcomes(happened, "inert")
    answering = outcomes(happened, "answering")
    # A play that has begun lasts into the slot after them.
    assert len(inert) in {HOURS * 12, HOURS * 12 + 1}
    for one, other in zip(inert, answering, strict=True):
        assert (one.visitors, one.attention_ns) == (other.visitors, other.attention_ns)
        assert one.own_attention_ns + other.own_attention_ns <= one.attention_ns
    assert sum(slot.own_attention_ns for slot in inert) > 0


def test_arms_are_drawn_anew_for_the_same_slots(happened: Happened) -> None:
    inert = outcomes(happened, "inert")
    assert redrawn(inert, "inert") == inert
    others = redrawn(inert, "another")
    assert [slot.arm for slot in others] != [slot.arm for slot in inert]
    assert [slot.visitors for slot in others] == [slot.visitors for slot in inert]
