"""The benchmark of screens among faults sees what is lost, doubled and too long."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.screen_days.faults import Fault
from benchmarks.screen_days.verdict import Death, Evidence, Verdict, judge
from benchmarks.screen_days.witness import Span, Witness
from tests.builders import at
from tests.stand_builders import make_command, make_report
from vitrine.programme.commands import to_play
from vitrine.schemas import Play


def make_play(name: str, seconds: float = 8) -> Play:
    """A play of a command."""
    command = make_command(command_id=name)
    report = make_report(
        play_id=f"page-1.{name}", start_ns=at(11), end_ns=at(11 + seconds)
    )
    return to_play(report, command, "north", at(100))


def verdict_on(*plays: Play, deaths: tuple[float, ...] = (), **fields: Any) -> Verdict:
    """The verdict on one span from 1 s to 9 s, with the play `a` kept at its end."""
    witness = Witness()
    values: dict[str, Any] = {
        "over_ms": 9_000,
        "kept": {"page-1.a": 9_000},
        "stored": {"page-1.a"},
    }
    witness.spans["page", 1] = Span("north", 1_000, **values | fields)
    evidence = Evidence(
        witness=witness,
        faults=[Fault("stand killed", 5_000, 6_000)],
        deaths=[Death("north", at_ms) for at_ms in deaths],
        stopped_ms=100_000,
        plays=plays,
    )
    return judge(evidence)


def found(verdict: Verdict) -> dict[str, int]:
    """What a verdict counts, for the one fault."""
    assert set(verdict.rows) == {"stand killed"}
    return {
        name: count for name, count in verdict.rows["stand killed"].items() if count
    }


def test_a_play_that_was_drawn_and_reported_is_good() -> None:
    verdict = verdict_on(make_play("a"), make_play("a"))
    assert found(verdict) == {"drawn": 1, "reported": 1}
    assert (verdict.told_twice, verdict.bad) == (1, 0)


@pytest.mark.parametrize(
    ("fields", "deaths", "what"),
    [
        ({}, (), "lost"),
        ({}, (9_100,), "lost"),
        ({"kept": {}}, (), "lost"),
        ({"kept": {}, "stored": set()}, (9_100,), "lost"),
        ({"stored": set()}, (9_100,), "unwritten"),
        ({"over_ms": None, "kept": {}, "stored": set()}, (5_000,), "interrupted"),
        ({"over_ms": None, "kept": {}, "stored": set()}, (500,), "on the screen"),
    ],
)
def test_what_is_not_reported_is_lost_unless_its_browser_was_killed_before(
    fields: dict[str, Any], deaths: tuple[float, ...], what: str
) -> None:
    verdict = verdict_on(deaths=deaths, **fields)
    assert verdict.total(what) == 1
    assert verdict.bad == (what == "lost")


def test_a_span_that_counts_twice_is_doubled() -> None:
    kept = {"page-1.a": 9_000, "page-1.b": 9_000}
    verdict = verdict_on(make_play("a"), make_play("b"), kept=kept)
    assert found(verdict) == {"drawn": 1, "reported": 1, "doubled": 1}
    assert verdict.bad == 1


def test_a_play_that_was_drawn_for_less_is_longer() -> None:
    verdict = verdict_on(make_play("a"), over_ms=8_700, kept={"page-1.a": 8_700})
    assert found(verdict)["longer"] == 1
    assert verdict.bad == 1


def test_two_spans_under_one_id_are_one_lost() -> None:
    witness = Witness()
    for number in (1, 2):
        begun_ms = 10_000.0 * number
        kept = {"page-1.a": begun_ms + 8_000}
        witness.spans["page", number] = Span("north", begun_ms, begun_ms + 8_000, kept)
    evidence = Evidence(witness, [], [], 100_000, [make_play("a")])
    assert judge(evidence).total("lost") == 1


def test_an_id_that_a_later_play_has_taken_over_stands_for_that_one() -> None:
    witness = Witness()
    # The stand's clock was heard at 30 s: each play got the number of eight seconds before.
    first = {"page-1.b": 18_000.0, "page-1.a": 30_000.0}
    second = {"page-1.c": 28_000.0, "page-1.b": 30_000.0}
    witness.spans["page", 1] = Span("north", 10_000, 18_000, first)
    witness.spans["page", 2] = Span("north", 20_000, 28_000, second)
    plays = [make_play("a"), make_play("b")]
    verdict = judge(Evidence(witness, [], [], 100_000, plays))
    assert (verdict.total("reported"), verdict.bad) == (2, 0)


def test_the_house_is_no_play_that_could_be_lost() -> None:
    verdict = verdict_on(kept={}, house=True)
    assert (verdict.rows, verdict.bad) == ({}, 0)
    assert (verdict.house, verdict.house_s) == (1, 8.0)
