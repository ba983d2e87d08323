"""A stand shows one play at a time, and a command leads to one play."""

from __future__ import annotations

import pytest

from tests.builders import at
from tests.stand_builders import make_command, make_report
from vitrine.clock import SECOND_NS
from vitrine.programme.commands import Refused, to_play
from vitrine.programme.ledger import Ledgers, PlayLedger
from vitrine.schemas import Play


def make_play(
    name: str,
    start: float,
    end: float,
    stand_id: str = "north",
) -> Play:
    """A play from a second to another."""
    command = make_command(
        command_id=name,
        seconds=600,
        issued_ns=at(0),
        stand_id=stand_id,
    )
    report = make_report(
        play_id=command.play_id,
        start_ns=at(start),
        end_ns=at(end),
        completed=False,
    )
    return to_play(report, command, stand_id, at(10_000))


def ledger_of(*spans: tuple[float, float]) -> PlayLedger:
    """A ledger with plays of these seconds."""
    ledger = PlayLedger()
    for number, (start, end) in enumerate(spans):
        ledger.admit(make_play(f"known{number}", start, end))
    return ledger


def refusal(ledger: PlayLedger, play: Play) -> tuple[str, str]:
    """Why a play is refused."""
    with pytest.raises(Refused) as caught:
        ledger.admit(play)
    return caught.value.reason, str(caught.value)


@pytest.mark.parametrize(
    "span",
    [
        (18, 26),
        (16, 24),
        (2, 12),
        (17, 31),
        (17, 17),
        (38, 46),
    ],
    ids=["after", "a little early", "before", "between", "no time", "later"],
)
def test_plays_one_after_another_are_taken(span: tuple[float, float]) -> None:
    ledger_of((10, 18), (30, 38)).admit(make_play("new", *span))


@pytest.mark.parametrize(
    "span",
    [
        (10, 18),
        (15.9, 24),
        (2, 12.1),
        (9, 40),
        (16.9, 23),
    ],
    ids=["the same time", "into it", "from before", "around both", "over two"],
)
def test_a_play_at_the_time_of_others_is_refused(span: tuple[float, float]) -> None:
    ledger = ledger_of((10, 18), (21.9, 30))
    assert refusal(ledger, make_play("new", *span)) == (
        "overlap",
        "the stand showed other plays at that time",
    )


def test_a_long_play_of_before_is_found() -> None:
    ledger = ledger_of((0, 600), *((600 + n, 601 + n) for n in range(100)))
    assert refusal(ledger, make_play("new", 590, 598))[0] == "overlap"


def test_the_same_report_comes_again() -> None:
    ledger = ledger_of((10, 18))
    ledger.admit(make_play("known0", 10, 18))
    ledger.admit(make_play("new", 18, 26))


def test_a_command_leads_to_one_play() -> None:
    ledger = ledger_of((10, 18))
    assert refusal(ledger, make_play("known0", 30, 38)) == (
        "used",
        "the command was used for another play",
    )


def test_what_was_refused_leaves_no_trace() -> None:
    ledger = ledger_of((10, 18))
    refusal(ledger, make_play("new", 11, 19))
    ledger.admit(make_play("new", 18, 26))


def test_the_plays_that_came_first_are_forgotten_first() -> None:
    ledger = PlayLedger(most=2)
    ledger.admit(make_play("a", 10, 18))
    ledger.admit(make_play("b", 18, 26))
    ledger.admit(make_play("c", 26, 34))
    ledger.admit(make_play("d", 10, 18))
    assert refusal(ledger, make_play("e", 26, 34))[0] == "overlap"


# All stands


def test_stands_have_ledgers_of_their_own() -> None:
    ledgers = Ledgers()
    ledgers.admit(make_play("a", 10, 18))
    ledgers.admit(make_play("b", 10, 18, "south"))
    with pytest.raises(Refused):
        ledgers.admit(make_play("c", 10, 18))


@pytest.mark.parametrize(
    ("step_s", "forgotten"),
    [
        (-8, True),
        (-0.6, True),
        (-0.4, False),
        (0, False),
        (3600, False),
    ],
)
def test_a_clock_that_is_set_back_makes_the_plays_of_before_forgotten(
    step_s: float, forgotten: bool
) -> None:
    ledgers = Ledgers()
    ledgers.hear_clock(at(20), 0)
    ledgers.admit(make_play("a", 10, 18))
    ledgers.hear_clock(at(30 + step_s), 10 * SECOND_NS)
    again = make_play("b", 10, 18)
    if forgotten:
        ledgers.admit(again)
        return
    with pytest.raises(Refused):
        ledgers.admit(again)
