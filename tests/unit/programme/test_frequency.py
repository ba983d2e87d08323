"""Caps: plays within an hour, and plays that somebody saw."""

from __future__ import annotations

import pytest

from tests.builders import at, make_person
from tests.stand_builders import make_campaign
from vitrine.clock import Moment
from vitrine.programme.frequency import CapCounts, Frequency

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
    frequency.played(HOURLY, "c0", at(0))
    assert frequency.allows(HOURLY, at(59), ())
    frequency.played(HOURLY, "c60", at(60))
    assert frequency.allows(HOURLY, at(seconds), ()) is expected


def test_a_play_that_could_not_be_shown_counts_for_nothing() -> None:
    frequency = Frequency()
    frequency.played(HOURLY, "c0", at(0))
    frequency.played(HOURLY, "c10", at(10))
    frequency.take_back(HOURLY, "c10")
    assert frequency.allows(HOURLY, at(20), ())
    frequency.take_back(TWICE, "c10")


def test_a_cap_that_changes_counts_what_was_shown() -> None:
    frequency = Frequency()
    for seconds in (0, 10):
        frequency.played(HOURLY, f"c{seconds}", at(seconds))
    larger = make_campaign("x", caps={"per_hour": 3})
    assert frequency.allows(larger, at(20), ())
    frequency.played(larger, "c20", at(20))
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


# Over a restart


def restarted(frequency: Frequency, seconds: float, set_by: float = 0) -> Frequency:
    """Return what another process goes on with, whose steady clock began anew."""
    stored = frequency.counts(Moment(at(seconds), at(seconds)))
    text = stored.model_dump_json()
    again = Frequency(known=False)
    now = Moment(at(seconds + set_by), at(0))
    again.resume(CapCounts.model_validate_json(text), now)
    return again


def test_a_restart_in_the_middle_of_an_hour_begins_no_new_one() -> None:
    frequency = Frequency()
    frequency.played(HOURLY, "one", at(0))
    frequency.played(HOURLY, "two", at(1200))
    again = restarted(frequency, 1800)
    assert not again.allows(HOURLY, at(1799), ())
    assert again.allows(HOURLY, at(1800), ())
    again.played(HOURLY, "three", at(1800))
    assert not again.allows(HOURLY, at(2999), ())
    assert again.allows(HOURLY, at(3000), ())


def test_who_stays_over_a_restart_is_known_and_who_left_is_forgotten() -> None:
    frequency = Frequency()
    look(frequency, 0, "one", "ada")
    look(frequency, 8, "two", "ada", "bob")
    again = restarted(frequency, 10)
    assert not again.allows(TWICE, at(0), [ADA])
    assert not again.allows(TWICE, at(0), [BOB], follows="three")
    look(again, 61, "three", "bob")
    assert again.counts(Moment(at(61), at(61))).viewers.keys() == {"north:bob"}


def test_until_it_is_known_what_was_counted_only_caps_wait() -> None:
    frequency = Frequency(known=False)
    assert not frequency.allows(HOURLY, at(0), ())
    assert not frequency.allows(TWICE, at(0), ())
    assert frequency.allows(make_campaign("x"), at(0), ())
    frequency.resume(CapCounts(), Moment(at(0), at(0)))
    assert frequency.allows(HOURLY, at(0), ())


def test_what_was_counted_here_before_it_was_known_counts_beside_it_and_once() -> None:
    frequency = Frequency()
    frequency.played(HOURLY, "one", at(0))
    stored = frequency.counts(Moment(at(10), at(10)))
    again = Frequency(known=False)
    again.played(HOURLY, "one", at(0))
    again.resume(stored, Moment(at(10), at(10)))
    assert again.allows(HOURLY, at(20), ())
    again.played(HOURLY, "two", at(20))
    assert not again.allows(HOURLY, at(30), ())


def test_plays_of_the_future_are_of_now_where_the_clock_was_set_back() -> None:
    frequency = Frequency()
    frequency.played(HOURLY, "one", at(0))
    frequency.played(HOURLY, "two", at(10))
    again = restarted(frequency, 20, set_by=-86_400)
    assert not again.allows(HOURLY, at(3599), ())
    assert again.allows(HOURLY, at(3600), ())


def test_a_play_that_is_told_late_or_twice_counts_at_its_time_and_once() -> None:
    frequency = Frequency()
    frequency.played(HOURLY, "two", at(3000))
    frequency.played(HOURLY, "one", at(0))
    frequency.played(HOURLY, "one", at(5))
    assert not frequency.allows(HOURLY, at(3599), ())
    assert frequency.allows(HOURLY, at(3600), ())


def test_only_what_was_looked_at_of_a_campaign_that_asks_for_it_is_kept() -> None:
    frequency = Frequency()
    frequency.look([ADA], HOURLY, "one", at(0))
    frequency.look([make_person("bob", attending=False)], TWICE, "two", at(1))
    assert frequency.counts(Moment(at(1), at(1))) == CapCounts()
