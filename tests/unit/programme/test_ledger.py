"""A stand shows one play at a time, and a command leads to one play."""

from __future__ import annotations

import pytest

from tests.builders import at
from tests.stand_builders import make_command, make_report
from vitrine.clock import Moment
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


def admit(ledger: PlayLedger | Ledgers, play: Play) -> Play:
    """Admit a play that was reported as it is."""
    return ledger.admit(play, (play.start_ns, play.end_ns))


def ledger_of(*spans: tuple[float, float]) -> PlayLedger:
    """A ledger with plays of these seconds."""
    ledger = PlayLedger()
    for number, (start, end) in enumerate(spans):
        admit(ledger, make_play(f"known{number}", start, end))
    return ledger


def refusal(ledger: PlayLedger, play: Play) -> tuple[str, str]:
    """Why a play is refused."""
    with pytest.raises(Refused) as caught:
        admit(ledger, play)
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
    admit(ledger_of((10, 18), (30, 38)), make_play("new", *span))


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
    admit(ledger, make_play("known0", 10, 18))
    admit(ledger, make_play("new", 18, 26))


def test_the_same_report_proves_as_much_as_when_it_came_first() -> None:
    ledger = PlayLedger()
    first = make_play("new", 10, 18).model_copy(update={"proven_ns": 5})
    admit(ledger, first)
    again = first.model_copy(update={"proven_ns": 7})
    assert admit(ledger, again) == first


def test_a_command_leads_to_one_play() -> None:
    ledger = ledger_of((10, 18))
    assert refusal(ledger, make_play("known0", 30, 38)) == (
        "used",
        "the command was used for another play",
    )


def test_what_was_refused_leaves_no_trace() -> None:
    ledger = ledger_of((10, 18))
    refusal(ledger, make_play("new", 11, 19))
    admit(ledger, make_play("new", 18, 26))


def test_the_plays_that_came_first_are_forgotten_first() -> None:
    ledger = PlayLedger(most=2)
    admit(ledger, make_play("a", 10, 18))
    admit(ledger, make_play("b", 18, 26))
    admit(ledger, make_play("c", 26, 34))
    admit(ledger, make_play("d", 10, 18))
    assert refusal(ledger, make_play("e", 26, 34))[0] == "overlap"


# Plays of a player on its own


def alone(name: str, start: float, campaign_id: str = "spring") -> Play:
    """A play under a licence, of 8 s."""
    fields = {
        "reason": "offline",
        "campaign_id": campaign_id,
        "start_ns": at(start),
        "end_ns": at(start + 8),
    }
    return make_play(name, 0, 8).model_copy(update=fields)


@pytest.mark.parametrize(("start", "refused"), [(3594, True), (3595, False)])
def test_a_licence_is_good_for_so_many_plays_an_hour(
    start: float, refused: bool
) -> None:
    ledger = PlayLedger()
    for name, second in (("b", 1800), ("a", 0)):
        play = alone(name, second)
        ledger.admit(play, (play.start_ns, play.end_ns), per_hour=2)
    late = alone("c", start)
    reported = (late.start_ns, late.end_ns)
    if not refused:
        assert ledger.admit(late, reported, per_hour=2) == late
        return
    with pytest.raises(Refused) as caught:
        ledger.admit(late, reported, per_hour=2)
    assert caught.value.reason == "cap"


def test_a_licence_counts_no_play_of_others_and_none_twice() -> None:
    ledger = ledger_of((0, 8), (8, 16))
    admit(ledger, alone("other", 20, "autumn"))
    play = alone("own", 30)
    for _ in range(2):
        assert ledger.admit(play, (play.start_ns, play.end_ns), per_hour=1) == play


# All stands


def test_stands_have_ledgers_of_their_own() -> None:
    ledgers = Ledgers()
    admit(ledgers, make_play("a", 10, 18))
    admit(ledgers, make_play("b", 10, 18, "south"))
    with pytest.raises(Refused):
        admit(ledgers, make_play("c", 10, 18))


def moment(seconds: float, set_by: float = 0) -> Moment:
    """A moment of a machine whose clock was set ahead by so much."""
    return Moment(at(seconds + set_by), at(seconds))


@pytest.mark.parametrize(
    ("set_by", "doubtful"),
    [
        (-8, True),
        (-0.6, True),
        (-0.4, False),
        (0, False),
        (3600, False),
    ],
)
def test_a_time_that_comes_twice_makes_plays_doubtful_and_refuses_none(
    set_by: float, doubtful: bool
) -> None:
    ledgers = Ledgers()
    ledgers.hear_clock(moment(20))
    admit(ledgers, make_play("a", 18, 26))
    ledgers.hear_clock(moment(28, set_by))
    assert ledgers.lived_twice(at(27)) is doubtful
    again = make_play("b", 20, 28)
    if doubtful:
        assert admit(ledgers, again).doubtful == "overlap"
        return
    with pytest.raises(Refused):
        admit(ledgers, again)


def test_what_did_not_come_twice_is_refused_as_ever() -> None:
    ledgers = Ledgers()
    ledgers.hear_clock(moment(60))
    admit(ledgers, make_play("a", 10, 18))
    ledgers.hear_clock(moment(68, -8))
    with pytest.raises(Refused) as caught:
        admit(ledgers, make_play("b", 10, 18))
    assert caught.value.reason == "overlap"
    with pytest.raises(Refused) as caught:
        admit(ledgers, make_play("a", 60, 68))
    assert caught.value.reason == "used"


def test_a_report_that_comes_again_is_the_play_that_it_was_first() -> None:
    ledger = PlayLedger()
    reported = (at(600), at(608))
    first = make_play("a", 10, 18).model_copy(update={"doubtful": "future"})
    later = make_play("a", 12, 20).model_copy(update={"doubtful": "future"})
    assert ledger.admit(first, reported) == first
    assert ledger.admit(later, reported) == first


def test_plays_from_the_future_go_where_the_screen_showed_nothing() -> None:
    ledger = ledger_of((90, 98), (60, 70))
    taken = []
    for number in range(4):
        moved = make_play(f"ahead{number}", 92, 100)
        moved = moved.model_copy(update={"doubtful": "future"})
        reported = (at(700 + 8 * number), at(708 + 8 * number))
        taken.append(ledger.admit(moved, reported))
    spans = [(play.start_ns, play.end_ns) for play in taken]
    assert spans == [
        (at(82), at(90)),
        (at(74), at(82)),
        (at(52), at(60)),
        (at(44), at(52)),
    ]
    assert {play.doubtful for play in taken} == {"future"}


def test_a_play_that_was_moved_takes_no_time_from_others() -> None:
    ledger = PlayLedger()
    for number in range(3):
        moved = make_play(f"ahead{number}", 92, 93)
        moved = moved.model_copy(update={"doubtful": "future"})
        ledger.admit(moved, (at(700 + number), at(701 + number)))
    assert admit(ledger, make_play("honest", 90, 96)).doubtful is None
