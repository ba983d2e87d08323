"""The slot table says what was seen in each slot, whatever was shown, and by which arm."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders import at
from tests.campaign_scenario import (
    make_exposure,
    make_identity,
    make_play,
    window_events,
)
from vitrine.campaigns.slots import Own, Seen, SlotView, look
from vitrine.clock import SECOND_NS
from vitrine.schemas import Event, Play


def seconds(count: float) -> int:
    return round(count * SECOND_NS)


def view(*events: Event, slot: float = 0) -> SlotView:
    """What was seen in the slot that begins so many seconds after T0."""
    return look(at(slot), window_events(*events), "UTC")


def play_of(start: float, end: float, **fields: Any) -> Play:
    return make_play(start, end, **{"arm_probability": 0.8} | fields)


@pytest.mark.parametrize(
    ("start", "end", "visitors"),
    [
        (0, 30.9, 0),
        (0, 31, 1),
        (100, 100.9, 0),
        (100, 101, 1),
        (299, 400, 1),
        (299.1, 400, 0),
        (-50, 500, 1),
    ],
)
def test_visitors_are_those_present_for_a_second_after_the_burn_in(
    start: float, end: float, visitors: int
) -> None:
    assert view(make_exposure(start, end)).seen.visitors == visitors


def test_a_visitor_of_several_presences_is_one() -> None:
    found = view(
        make_exposure(40, 60, tracks=("a",)),
        make_exposure(80, 90, tracks=("b",)),
        make_exposure(100, 110, tracks=("c",)),
        make_identity("a", "v"),
        make_identity("b", "v"),
    )
    assert found.seen.visitors == 2
    assert "v" in found.people


def test_seconds_of_one_visitor_add_up_to_one_presence() -> None:
    found = view(
        make_exposure(40, 40.6, tracks=("a",)),
        make_exposure(50, 50.6, tracks=("b",)),
        make_identity("a", "v"),
        make_identity("b", "v"),
    )
    assert found.seen.visitors == 1


def test_attention_counts_after_the_burn_in_whatever_played() -> None:
    found = view(make_exposure(0, 400, ((10, 40), (200, 210), (290, 320))))
    assert found.seen == Seen(1, seconds(10 + 10 + 10))
    assert found.own == {}


def test_own_attention_is_to_plays_of_the_campaign() -> None:
    found = view(
        make_exposure(0, 400, ((0, 400),)),
        play_of(20, 40),
        play_of(60, 68),
        play_of(70, 78, campaign_id="coffee"),
    )
    assert found.own == {
        "spring": Own("adaptive", 0.8, seconds(10 + 8)),
        "coffee": Own("adaptive", 0.8, seconds(8)),
    }


def test_a_play_at_the_time_of_others_counts_for_nothing() -> None:
    found = view(
        make_exposure(0, 400, ((0, 400),)),
        play_of(60, 80),
        play_of(61, 79, campaign_id="coffee"),
    )
    assert set(found.own) == {"spring"}


def test_what_the_slot_before_began_tells_no_arm_of_this_one() -> None:
    crossing = play_of(290, 340, arm="plain", arm_probability=0.2)
    found = view(crossing, make_exposure(300, 400, ((300, 400),)), slot=300)
    assert found.own["spring"] == Own("untold", 0.0, seconds(10))


def test_plays_that_contradict_each_other_leave_the_arm_unclear() -> None:
    found = view(play_of(60, 68), play_of(80, 88, arm_probability=0.5))
    assert found.own["spring"].arm == "unclear"


def test_a_play_of_before_that_tells_no_probability_leaves_it_unclear() -> None:
    assert view(make_play(60, 68)).own["spring"].arm == "unclear"


def test_an_empty_slot_has_nobody() -> None:
    assert view(play_of(60, 68)).seen == Seen(0, 0)
