"""The stand's picture of one screen: when plays start and end, and when the next one is due."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders import at
from tests.stand_builders import make_campaign, make_command
from vitrine.programme.screen import PlannedPlay, Screen

CAMPAIGN = make_campaign()


def make_play(name: str, issued: float = 0, **fields: Any) -> PlannedPlay:
    """A play of eight seconds whose command was issued then."""
    cut = fields.pop("cut", False)
    command = make_command(command_id=name, issued_ns=at(issued), seconds=8, **fields)
    return PlannedPlay(
        command,
        CAMPAIGN,
        CAMPAIGN.creatives[0],
        cut,
        at(issued),
    )


def showing(name: str, since: float = 0, **fields: Any) -> Screen:
    """A screen that shows its first play."""
    screen = Screen(session=1)
    screen.send(make_play(name, since, **fields))
    return screen


def current(screen: Screen) -> tuple[str, int] | None:
    """Command and start of what is on the screen."""
    if screen.current is None:
        return None
    return (screen.current.command.command_id, screen.since_ns)


def test_a_new_screen_shows_nothing_and_is_due_at_once() -> None:
    screen = Screen(session=1)
    assert current(screen) is None
    assert screen.end_ns == 0
    assert screen.next_start(at(5)) == at(5)
    assert not screen.may_cut(at(5))


def test_the_first_play_starts_when_its_command_is_issued() -> None:
    screen = showing("one", since=3)
    assert current(screen) == ("one", at(3))
    assert screen.end_ns == at(11)


@pytest.mark.parametrize(
    ("now", "start"),
    [
        (0, None),
        (6.499, None),
        (6.5, 8),
        (7.9, 8),
        (8, 8),
        (9, 9),
    ],
)
def test_the_next_play_is_due_a_second_and_a_half_before_the_end(
    now: float, start: float | None
) -> None:
    expected = None if start is None else at(start)
    assert showing("one").next_start(at(now)) == expected


def test_with_a_next_play_none_is_due() -> None:
    screen = showing("one")
    screen.send(make_play("two", 6.5))
    assert screen.next_start(at(7.9)) is None
    assert current(screen) == ("one", at(0))


@pytest.mark.parametrize(
    ("now", "shown"),
    [
        (7.999, ("one", 0)),
        (8, ("two", 8)),
        (30, ("two", 8)),
    ],
)
def test_the_next_play_takes_over_when_the_current_one_should_have_ended(
    now: float, shown: tuple[str, float]
) -> None:
    screen = showing("one")
    screen.send(make_play("two", 6.5))
    screen.advance(at(now))
    assert current(screen) == (shown[0], at(shown[1]))


def test_without_a_next_play_the_current_one_stays() -> None:
    screen = showing("one")
    screen.advance(at(30))
    assert current(screen) == ("one", at(0))


def test_after_it_took_over_the_play_after_it_can_be_sent() -> None:
    screen = showing("one")
    screen.send(make_play("two", 6.5))
    screen.advance(at(8))
    assert screen.following is None
    assert screen.next_start(at(14.5)) == at(16)


@pytest.mark.parametrize(
    ("now", "may"),
    [
        (2.999, False),
        (3, True),
        (5, True),
    ],
)
def test_a_play_may_be_cut_once_it_has_run_three_seconds(now: float, may: bool) -> None:
    assert showing("one").may_cut(at(now)) is may


def test_a_response_is_not_cut() -> None:
    assert not showing("one", responds=True).may_cut(at(5))


def test_a_play_whose_next_one_is_sent_is_not_cut() -> None:
    screen = showing("one")
    screen.send(make_play("two", 6.5))
    assert not screen.may_cut(at(7))


def test_a_cut_takes_over_at_once() -> None:
    screen = showing("one")
    screen.send(make_play("two", 4, cut=True))
    assert current(screen) == ("two", at(4))


# Reports


def test_the_end_of_the_current_play_is_the_start_of_the_next_one() -> None:
    screen = showing("one")
    screen.send(make_play("two", 6.5))
    screen.ended("one", at(9))
    assert current(screen) == ("two", at(9))
    assert screen.following is None


def test_the_end_of_the_current_play_alone_changes_nothing() -> None:
    screen = showing("one")
    screen.ended("one", at(9))
    assert current(screen) == ("one", at(0))


@pytest.mark.parametrize("end", [7, 9])
def test_a_late_report_corrects_the_start_of_the_play_that_took_over(
    end: float,
) -> None:
    screen = showing("one")
    screen.send(make_play("two", 6.5))
    screen.advance(at(8))
    screen.ended("one", at(end))
    assert current(screen) == ("two", at(end))


def test_an_end_before_the_next_play_was_decided_is_of_another_clock() -> None:
    screen = showing("one")
    screen.send(make_play("two", 6.5))
    screen.advance(at(8))
    screen.ended("one", at(-3600))
    assert current(screen) == ("two", at(8))


@pytest.mark.parametrize(
    ("end", "start"),
    [
        (2, 2),
        (0.5, 1),
    ],
)
def test_the_first_play_starts_after_what_the_player_showed_before_it_connected(
    end: float, start: float
) -> None:
    screen = showing("one", since=1)
    screen.ended("of-the-connection-before", at(end))
    assert current(screen) == ("one", at(start))


def test_a_report_of_an_older_play_changes_nothing() -> None:
    screen = showing("one")
    screen.send(make_play("two", 4, cut=True))
    screen.ended("long-ago", at(9))
    assert current(screen) == ("two", at(4))


def test_a_report_before_the_first_play_changes_nothing() -> None:
    screen = Screen(session=1)
    screen.ended("one", at(9))
    assert current(screen) is None
    assert screen.since_ns == 0


# Creatives that cannot be shown


def test_another_play_is_due_when_the_current_one_cannot_be_shown() -> None:
    screen = showing("one")
    screen.failed("one")
    assert current(screen) is None
    assert screen.next_start(at(2)) == at(2)


def test_another_play_is_due_when_the_next_one_cannot_be_shown() -> None:
    screen = showing("one")
    screen.send(make_play("two", 6.5))
    screen.failed("two")
    assert current(screen) == ("one", at(0))
    assert screen.next_start(at(7)) == at(8)


def test_after_a_cut_that_failed_the_end_of_the_play_before_it_counts() -> None:
    screen = showing("one")
    screen.send(make_play("two", 4, cut=True))
    screen.failed("two")
    screen.send(make_play("three", 5))
    screen.ended("one", at(8))
    assert current(screen) == ("three", at(8))


@pytest.mark.parametrize("other", ["a-first", "z-last"])
def test_what_is_not_on_the_screen_cannot_fail(other: str) -> None:
    screen = showing("one")
    screen.send(make_play("two", 6.5))
    screen.failed(other)
    assert current(screen) == ("one", at(0))
    assert screen.next_start(at(7)) is None
    Screen(session=1).failed(other)


def test_ids_come_from_reports_and_are_not_the_same_objects() -> None:
    screen = showing("one")
    screen.send(make_play("two", 6.5))
    screen.failed(b"two".decode())
    assert screen.next_start(at(7)) == at(8)
    screen.failed(b"one".decode())
    assert current(screen) is None
