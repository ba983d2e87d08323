"""What is known of a track is joined to its face, and forgotten in time."""

from __future__ import annotations

from tests.builders import (
    at,
    make_engagement,
    make_face,
    make_identity,
    make_person,
)
from vitrine.services.console.people import TRACKS, People


def test_the_latest_report_says_who_is_present() -> None:
    people = People()
    people.observe_engagement(make_engagement(0, make_person("a", score=70)))
    person = people.person("north", "a")
    assert person is not None
    assert person.score == 70
    assert people.person("south", "a") is None
    people.observe_engagement(make_engagement(1, make_person("b")))
    assert people.person("north", "a") is None


def test_a_later_decision_replaces_the_earlier_one() -> None:
    people = People()
    assert people.recognition("a") is None
    people.observe_identity(make_identity("a"))
    people.observe_identity(make_identity("a", known=True))
    recognition = people.recognition("a")
    assert recognition is not None
    assert (recognition.known, recognition.reason) == (True, "known-customer")


def test_the_oldest_tracks_are_forgotten() -> None:
    people = People()
    people.observe_identity(make_identity("first"))
    people.observe_identity(make_identity("second"))
    people.observe_identity(make_identity("first"))
    for number in range(TRACKS - 1):
        people.observe_identity(make_identity(f"track-{number}"))
    assert people.recognition("first") is not None
    assert people.recognition("second") is None


def test_a_smile_is_a_response() -> None:
    people = People()
    for tenth in range(50):
        calm = people.respond(make_face("a"), at(tenth / 10))
    assert calm == 0
    for tenth in range(50, 60):
        smiling = people.respond(make_face("a", smile=0.3), at(tenth / 10))
    assert smiling > 0.9
    assert people.respond(make_face("b", smile=0.3), at(6)) == 0


def test_a_capture_time_before_the_last_one_changes_nothing_wild() -> None:
    people = People()
    people.respond(make_face("a"), at(1))
    assert people.respond(make_face("a"), at(0)) == 0


def test_stands_that_are_not_configured_any_more_are_forgotten() -> None:
    people = People()
    people.observe_engagement(make_engagement(0, make_person("a")))
    people.keep_stands({"south"})
    assert people.person("north", "a") is None
