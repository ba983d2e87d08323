"""A player can report only what it was told, as it can have happened."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Any

import pytest
from pydantic import ValidationError

from tests.builders import T0_NS, at
from tests.stand_builders import make_command, make_report
from vitrine.programme.commands import (
    LONGEST_TOKEN,
    Command,
    Refused,
    to_play,
)
from vitrine.programme.tokens import sign, verify
from vitrine.schemas import MOST_ALTERNATIVES, Play

KEY = b"k" * 32


def signed(body: str) -> str:
    """A token with any body."""
    digest = hmac.digest(KEY, body.encode(), sha256)
    return f"{body}.{urlsafe_b64encode(digest).decode()}"


def refusal(*, stand_id: str = "north", now: float = 20, **report: Any) -> str:
    """The reason why a report is refused."""
    with pytest.raises(Refused) as caught:
        to_play(
            make_report(**report),
            make_command(),
            stand_id,
            at(now),
        )
    return str(caught.value)


# Tokens


def test_a_token_brings_the_command_back() -> None:
    assert verify(sign(make_command(), KEY), KEY) == make_command()


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "a.b",
        sign(make_command(), b"another key"),
        "ä.ö",
    ],
)
def test_a_token_that_was_not_issued_here_is_refused(token: str) -> None:
    with pytest.raises(Refused) as caught:
        verify(token, KEY)
    assert str(caught.value) == "the token was not issued here"


def test_a_changed_command_is_refused() -> None:
    other = sign(make_command(campaign_id="rival"), b"another key")
    body = other.partition(".")[0]
    signature = sign(make_command(), KEY).partition(".")[2]
    with pytest.raises(Refused):
        verify(f"{body}.{signature}", KEY)


def test_a_command_of_another_version_is_refused() -> None:
    body = urlsafe_b64encode(b'{"stand_id": "north"}').decode()
    with pytest.raises(Refused) as caught:
        verify(signed(body), KEY)
    assert str(caught.value) == "the token is of another version of the stand"


def test_tokens_of_the_longest_names_fit_into_a_report() -> None:
    name = "n" * 60
    command = make_command(
        stand_id=name,
        player_id=name,
        campaign_id=name,
        advertiser=name,
        creative_id=name,
        reason="r" * 200,
        alternatives={
            f"{name}/{number}{name[1:]}": 0.000123
            for number in range(MOST_ALTERNATIVES)
        },
    )
    token = sign(command, KEY)
    assert len(token) < LONGEST_TOKEN * 3 / 4
    assert make_report(token=token).token == token


def test_what_is_too_long_for_a_token_is_malformed() -> None:
    assert make_report(token="t" * 4000).token
    assert LONGEST_TOKEN == 4000
    with pytest.raises(ValidationError):
        make_report(token="t" * 4001)


# Plays


def test_a_play_carries_the_decision_of_its_command() -> None:
    # The stand comes from an address, and is not the same object.
    play = to_play(
        make_report(),
        make_command(),
        b"north".decode(),
        at(20),
    )
    assert play == Play(
        play_id="page-1.c0ffee",
        stand_id="north",
        campaign_id="spring",
        advertiser="acme",
        creative_id="shoe",
        start_ns=at(11),
        end_ns=at(19),
        completed=True,
        player="page",
        reason="rotation",
        probability=0.6,
        arm="adaptive",
        slot_ns=T0_NS,
        config_version="v1",
    )


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"stand_id": "south"}, "the play belongs to stand north"),
        ({"play_id": "page-1.another"}, "the play id must be page-1.c0ffee"),
        ({"start_ns": at(12), "end_ns": at(11)}, "the play ends before it starts"),
    ],
)
def test_what_cannot_have_happened_is_refused(
    fields: dict[str, Any], reason: str
) -> None:
    assert refusal(**fields) == reason


@pytest.mark.parametrize(
    "fields",
    [
        {"start_ns": at(11), "end_ns": at(11), "completed": False},
        {"start_ns": at(5), "end_ns": at(13)},
        {"start_ns": at(17), "end_ns": at(25)},
        {"end_ns": at(18.5)},
        {"end_ns": at(20)},
        {"end_ns": at(13), "completed": False},
    ],
    ids=[
        "no time",
        "clock ahead",
        "clock behind",
        "timer early",
        "timer late",
        "cut",
    ],
)
def test_what_can_just_have_happened_is_a_play(fields: dict[str, Any]) -> None:
    report = make_report(**fields)
    play = to_play(
        report,
        make_command(),
        "north",
        at(20),
    )
    assert play.start_ns == report.start_ns
    assert play.end_ns == report.end_ns
    assert play.completed == report.completed


@pytest.mark.parametrize(
    ("fields", "possible"),
    [
        ({"end_ns": at(20) + 1}, (11, 19, True, "long")),
        ({"start_ns": at(12), "end_ns": at(600)}, (12, 20, True, "long")),
        ({"start_ns": at(17), "end_ns": at(25) + 1}, (12 - 1e-9, 20, True, "future")),
        ({"start_ns": at(611), "end_ns": at(619)}, (12, 20, True, "future")),
        ({"start_ns": at(5) - 1, "end_ns": at(9)}, (10, 14 + 1e-9, False, "early")),
        ({"start_ns": at(-500), "end_ns": at(-492)}, (10, 18, True, "early")),
        ({"end_ns": at(18.5) - 1}, (11, 18.5 - 1e-9, False, "short")),
    ],
)
def test_a_doubtful_time_is_moved_to_what_is_possible_and_marked(
    fields: dict[str, Any], possible: tuple[float, float, bool, str]
) -> None:
    play = to_play(
        make_report(**fields),
        make_command(),
        "north",
        at(20),
    )
    start, end, completed, doubtful = possible
    assert (play.start_ns, play.end_ns) == (at(start), at(end))
    assert (play.completed, play.doubtful) == (completed, doubtful)


@pytest.mark.parametrize(
    ("player", "end", "reported_s", "proven_s"),
    [
        ("page", 19, 7.5, 7.5),
        ("page", 19, 9.0, 8.0),
        ("page", 600, 500.0, 8.0),
        ("virtual", 19, 8.0, 0.0),
    ],
    ids=["less", "more than the play", "a play that was cut", "no screen"],
)
def test_no_more_is_proven_than_was_played(
    player: str, end: float, reported_s: float, proven_s: float
) -> None:
    play = to_play(
        make_report(end_ns=at(end), proven_ns=round(reported_s * 1e9)),
        make_command(player=player),
        "north",
        at(20),
    )
    assert play.proven_ns == round(proven_s * 1e9)


def test_a_play_names_the_alternatives_of_its_command() -> None:
    others = {"spring/boot": 0.3, "coffee/espresso": 0.1}
    token = sign(make_command(alternatives=others), KEY)
    command = verify(token, KEY)
    assert isinstance(command, Command)
    play = to_play(make_report(), command, "north", at(20))
    assert play.alternatives == others


def test_a_play_has_the_probability_of_its_arm() -> None:
    token = sign(make_command(arm="plain", arm_probability=0.2), KEY)
    command = verify(token, KEY)
    assert isinstance(command, Command)
    play = to_play(make_report(token=token), command, "north", at(20))
    assert (play.arm, play.arm_probability) == ("plain", 0.2)


def test_a_page_of_before_proves_nothing() -> None:
    play = to_play(make_report(), make_command(), "north", at(20))
    assert play.proven_ns == 0


@pytest.mark.parametrize("set_by", [-3, -8, -600, 3600])
def test_a_clock_that_is_set_during_a_play_costs_none_of_it(set_by: float) -> None:
    play = to_play(
        make_report(),
        make_command(),
        "north",
        at(19 + set_by),
        set_back=-600 < set_by < 0,
    )
    assert play.end_ns - play.start_ns == at(8) - at(0)
    assert play.end_ns <= at(19 + set_by)
    assert play.completed
    assert play.doubtful == ("future" if set_by < 0 else None)


def test_a_play_of_the_future_starts_no_earlier_than_its_command() -> None:
    play = to_play(
        make_report(start_ns=at(611), end_ns=at(619)),
        make_command(),
        "north",
        at(12),
    )
    assert (play.start_ns, play.end_ns) == (at(10), at(12))
    assert not play.completed


def test_a_command_expires_a_quarter_of_an_hour_after_it_was_given() -> None:
    last = 10 + 900 + 5
    play = to_play(
        make_report(start_ns=at(last), end_ns=at(last + 8)),
        make_command(),
        "north",
        at(last + 8),
    )
    assert play.start_ns == at(last)
    late = refusal(
        now=last + 10,
        start_ns=at(last) + 1,
        end_ns=at(last + 8),
    )
    assert late == "the command had expired when the play started"


def test_a_command_cannot_be_changed_and_has_no_other_fields() -> None:
    command = make_command()
    with pytest.raises(ValidationError):
        command.reason = "another"  # type: ignore[misc]
    with pytest.raises(ValidationError):
        make_command(colour="red")
