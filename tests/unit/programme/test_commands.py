"""A player can report only what it was told, as it can have happened."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders import T0_NS, at
from vitrine.programme.commands import (
    Command,
    PlayReport,
    Refused,
    sign,
    to_play,
    verify,
)

KEY = b"k" * 32


def make_command(**fields: Any) -> Command:
    values: dict[str, Any] = {
        "command_id": "c0ffee",
        "stand_id": "north",
        "player_id": "page-1",
        "player": "page",
        "campaign_id": "spring",
        "advertiser": "acme",
        "creative_id": "shoe",
        "seconds": 8,
        "reason": "rotation",
        "probability": 0.6,
        "arm": "adaptive",
        "slot_ns": T0_NS,
        "config_version": "v1",
        "issued_ns": at(10),
        "responds": False,
    }
    return Command(**values | fields)


def make_report(**fields: Any) -> PlayReport:
    values: dict[str, Any] = {
        "play_id": "page-1.c0ffee",
        "token": "",
        "start_ns": at(11),
        "end_ns": at(19),
        "completed": True,
    }
    return PlayReport(**values | fields)


def test_a_token_brings_the_command_back() -> None:
    assert verify(sign(make_command(), KEY), KEY) == make_command()


@pytest.mark.parametrize(
    "token", ["", "x", "a.b", sign(make_command(), b"another key"), "ä.ö"]
)
def test_a_token_that_was_not_issued_here_is_refused(token: str) -> None:
    with pytest.raises(Refused, match="not issued here"):
        verify(token, KEY)


def test_a_changed_command_is_refused() -> None:
    other = sign(make_command(campaign_id="rival"), b"another key").partition(".")[0]
    with pytest.raises(Refused, match="not issued here"):
        verify(f"{other}.{sign(make_command(), KEY).partition('.')[2]}", KEY)


def test_a_play_carries_the_decision_of_its_command() -> None:
    play = to_play(make_report(), make_command(), "north", at(20))
    assert (play.play_id, play.campaign_id, play.creative_id) == (
        "page-1.c0ffee",
        "spring",
        "shoe",
    )
    assert (play.reason, play.probability, play.arm, play.player) == (
        "rotation",
        0.6,
        "adaptive",
        "page",
    )
    assert (play.start_ns, play.end_ns, play.completed) == (at(11), at(19), True)


@pytest.mark.parametrize(
    ("report", "reason"),
    [
        ({"play_id": "page-1.another"}, "play id must be"),
        ({"start_ns": at(19), "end_ns": at(11)}, "ends before"),
        ({"start_ns": at(4)}, "before it was decided"),
        ({"end_ns": at(26)}, "in the future"),
        ({"end_ns": at(15)}, "too short to be complete"),
    ],
)
def test_what_cannot_have_happened_is_refused(
    report: dict[str, Any], reason: str
) -> None:
    with pytest.raises(Refused, match=reason):
        to_play(make_report(**report), make_command(), "north", at(20))


def test_a_play_of_another_stand_is_refused() -> None:
    with pytest.raises(Refused, match="belongs to stand north"):
        to_play(make_report(), make_command(), "south", at(20))


def test_a_play_that_was_cut_may_be_short() -> None:
    assert not to_play(
        make_report(end_ns=at(13), completed=False), make_command(), "north", at(20)
    ).completed
