"""The virtual player's screen learns what the stand said."""

from __future__ import annotations

from typing import Any

from tests.builders import at
from tests.stand_builders import make_command
from vitrine.services.stand.inbox import Inbox
from vitrine.services.stand.protocol import HelloEvent, PlayEvent, StateEvent


def make_play_event(*, cut: bool = False) -> PlayEvent:
    return PlayEvent(
        command=make_command(),
        token="t",  # noqa: S106
        url="/creatives/shoe.html",
        kind="html",
        cut=cut,
        now_ns=at(0),
    )


def make_state(in_charge: int) -> dict[str, Any]:
    state = StateEvent(
        now_ns=at(0),
        people=0,
        attending=0,
        in_charge=in_charge,
        recognition="none",
    )
    return state.model_dump()


def connected() -> Inbox:
    """An inbox of session 7 that has heard hello."""
    inbox = Inbox()
    hello = HelloEvent(session=7, now_ns=at(0))
    inbox.hear("hello", hello.model_dump(), at(0))
    return inbox


def test_a_play_wakes_the_screen_and_is_taken_once() -> None:
    inbox = connected()
    event = make_play_event()
    assert not inbox.wake.is_set()
    inbox.hear("play", event.model_dump(), at(0))
    assert inbox.wake.is_set()
    assert inbox.take(at(1)) == event
    assert inbox.take(at(1)) is None


def test_a_play_whose_command_has_expired_is_not_shown() -> None:
    event = make_play_event().model_copy(update={"start_by_ns": at(900)})
    inbox = connected()
    inbox.hear("play", event.model_dump(), at(0))
    assert inbox.take(at(900)) is None
    inbox.hear("play", event.model_dump(), at(0))
    assert inbox.take(at(900) - 1) == event


def test_only_a_play_that_cuts_ends_the_current_one() -> None:
    inbox = connected()
    inbox.hear("play", make_play_event().model_dump(), at(0))
    assert not inbox.has_cut()
    inbox.hear("play", make_play_event(cut=True).model_dump(), at(0))
    assert inbox.has_cut()


def test_a_player_that_is_not_in_charge_any_more_ends_its_play() -> None:
    inbox = connected()
    inbox.hear("play", make_play_event().model_dump(), at(0))
    inbox.wake.clear()
    inbox.hear("state", make_state(in_charge=8), at(0))
    assert inbox.wake.is_set()
    assert inbox.has_cut()
    assert inbox.take(at(1)) is None


def test_a_state_without_news_wakes_nobody() -> None:
    inbox = connected()
    inbox.hear("state", make_state(in_charge=8), at(0))
    inbox.hear("offer", {}, at(0))
    assert not inbox.wake.is_set()
    inbox.hear("state", make_state(in_charge=7), at(0))
    assert inbox.wake.is_set()


def test_a_command_expires_by_the_clock_that_nobody_sets() -> None:
    event = make_play_event().model_copy(update={"start_by_ns": at(900)})
    inbox = connected()
    inbox.hear("play", event.model_dump(), 50)
    left_ns = at(900) - event.now_ns
    assert inbox.take(50 + left_ns) is None
    inbox.hear("play", event.model_dump(), 50)
    assert inbox.take(50 + left_ns - 1) == event
