"""Caps: plays within an hour, and plays that somebody saw."""

from __future__ import annotations

import pytest

from tests.builders import at, make_person
from tests.stand_builders import make_campaign
from vitrine.programme.frequency import Frequency

HOURLY = make_campaign("x", caps={"per_hour": 2})
TWICE = make_campaign("x", caps={"per_visitor": 2})
ADA = make_person("ada")
BOB = make_person("bob")


def look(frequency: Frequency, seconds: float, command: str, *people: str) -> None:
    """These people look at a play of TWICE."""
    there = [make_person(name) for name in people]
    frequency.look(there, TWICE, command, at(seconds))


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(61, False), (3599, False), (3600, True)],
)
def test_a_campaign_is_shown_so_often_within_any_hour(
    seconds: float, expected: bool
) -> None:
    frequency = Frequency()
    frequency.played(HOURLY, at(0))
    assert frequency.allows(HOURLY, at(59), ())
    frequency.played(HOURLY, at(60))
    assert frequency.allows(HOURLY, at(seconds), ()) is expected


def test_a_play_that_could_not_be_shown_counts_for_nothing() -> None:
    frequency = Frequency()
    frequency.played(HOURLY, at(0))
    frequency.played(HOURLY, at(10))
    frequency.take_back(HOURLY)
    assert frequency.allows(HOURLY, at(20), ())
    frequency.take_back(TWICE)


def test_a_cap_that_changes_counts_what_was_shown() -> None:
    frequency = Frequency()
    for seconds in (0, 10):
        frequency.played(HOURLY, at(seconds))
    larger = make_campaign("x", caps={"per_hour": 3})
    assert frequency.allows(larger, at(20), ())
    frequency.played(larger, at(20))
    assert not frequency.allows(larger, at(30), ())
    assert not frequency.allows(HOURLY, at(30), ())
    assert frequency.allows(make_campaign("x"), at(30), ())


def test_who_saw_it_often_enough_does_not_see_it_again() -> None:
    frequency = Frequency()
    look(frequency, 0, "one", "ada")
    look(frequency, 1, "one", "ada")
    assert frequency.allows(TWICE, at(8), [ADA])
    look(frequency, 8, "two", "ada", "bob")
    assert not frequency.allows(TWICE, at(16), [ADA])
    assert frequency.allows(TWICE, at(16), [BOB])
    assert not frequency.allows(TWICE, at(16), [BOB, ADA])
    assert frequency.allows(TWICE, at(16), [])


def test_who_looks_away_has_not_seen_it() -> None:
    frequency = Frequency()
    away = make_person("ada", attending=False)
    for command in ("one", "two"):
        frequency.look([away], TWICE, command, at(0))
    assert frequency.allows(TWICE, at(8), [ADA])


def test_who_is_there_may_still_look_at_what_the_next_play_follows() -> None:
    frequency = Frequency()
    look(frequency, 0, "one", "ada")
    away = make_person("ada", attending=False)
    frequency.look([away, BOB], TWICE, "two", at(8))
    assert frequency.allows(TWICE, at(16), [ADA, BOB])
    assert not frequency.allows(TWICE, at(16), [ADA], follows="two")
    assert frequency.allows(TWICE, at(16), [BOB], follows="two")
    assert frequency.allows(TWICE, at(16), [make_person("new")], follows="two")
    once = make_campaign("x", caps={"per_visitor": 1})
    assert not frequency.allows(once, at(16), [], follows="two")
    assert frequency.allows(once, at(16), [])


def test_who_left_is_forgotten_after_a_minute() -> None:
    frequency = Frequency()
    look(frequency, 0, "one", "ada")
    look(frequency, 1, "two", "ada")
    look(frequency, 61, "three")
    assert not frequency.allows(TWICE, at(61), [ADA])
    look(frequency, 62, "three")
    assert frequency.allows(TWICE, at(62), [ADA])
    assert frequency._viewers == {}
