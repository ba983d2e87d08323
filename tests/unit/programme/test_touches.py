"""Touches are bound to their play, and count once."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders import at
from tests.stand_builders import make_command
from vitrine.programme.commands import Refused
from vitrine.programme.touches import MOST_TOUCHES, during_play, opt_out_now
from vitrine.schemas import Interaction


def touched(**fields: Any) -> Interaction:
    """Return a touch of number 0 two seconds after the command, told at once."""
    values: dict[str, Any] = {
        "command": make_command(),
        "kind": "touch",
        "number": 0,
        "at_ns": at(12),
        "stand_id": "north",
        "now_ns": at(12),
    }
    return during_play(**values | fields)


def test_a_touch_has_the_play_it_was_for() -> None:
    touch = touched()
    assert touch.play_id == "page-1.c0ffee"
    assert (touch.campaign_id, touch.creative_id) == ("spring", "shoe")
    assert touch.at_ns == at(12)


def test_one_command_leads_to_no_more_than_so_many() -> None:
    told = [touched(number=n % MOST_TOUCHES, at_ns=at(11 + n)) for n in range(500)]
    assert len({touch.interaction_id for touch in told}) == MOST_TOUCHES
    for number in (-1, MOST_TOUCHES):
        with pytest.raises(Refused, match="no more than 30"):
            touched(number=number)


def test_commands_kinds_and_numbers_have_ids_of_their_own() -> None:
    found = {
        touched().interaction_id,
        touched(number=1).interaction_id,
        touched(kind="opt-out").interaction_id,
        touched(command=make_command(command_id="beef")).interaction_id,
    }
    assert len(found) == 4


def test_a_touch_at_another_stand_is_refused() -> None:
    with pytest.raises(Refused, match="belongs to stand north"):
        touched(stand_id="south")


# The command is of second 10, may start within 900 s and lasts 8 s; clocks may differ by 5 s.
def test_a_touch_after_its_play_is_refused() -> None:
    with pytest.raises(Refused):
        touched(at_ns=at(924.1), now_ns=at(2_000))


def test_clocks_may_differ_a_little() -> None:
    assert touched(at_ns=at(923.9), now_ns=at(2_000)).at_ns == at(923.9)


def test_a_time_before_the_command_becomes_that() -> None:
    assert touched(at_ns=at(3), now_ns=at(12)).at_ns == at(10)


def test_after_the_clock_was_set_back_it_is_now() -> None:
    assert touched(at_ns=at(3), now_ns=at(5)).at_ns == at(5)


def test_a_time_to_come_becomes_now() -> None:
    assert touched(at_ns=at(100), now_ns=at(12)).at_ns == at(12)


def test_opt_outs_without_a_play_count_once_a_second() -> None:
    first, again, later = (
        opt_out_now("north", "v1", at(second)) for second in (3.1, 3.9, 4.1)
    )
    assert first.interaction_id == again.interaction_id
    assert later.interaction_id != first.interaction_id
