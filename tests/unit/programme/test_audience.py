"""People count as present, and meet conditions, for as long as they should."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from tests.builders import at, make_engagement, make_identity, make_person
from vitrine.mall import Condition
from vitrine.programme.audience import Audience, in_words
from vitrine.schemas import Person

HIGH = [make_person("a", score=70)]
LOW = [make_person("a", score=59)]


def audience_of(*snapshots: tuple[float, Sequence[Person]]) -> Audience:
    """An audience that has seen (seconds, people), with a condition that asks for 60."""
    audience = Audience()
    for seconds, people in snapshots:
        audience.observe(make_engagement(seconds, *people), [60])
    return audience


def meeting(audience: Audience, seconds: float, **condition: Any) -> list[str]:
    """The tracks of those who meet a condition then."""
    people = audience.meeting(
        Condition(**condition),
        at(seconds),
    )
    return [person.track_id for person in people]


# The score


@pytest.mark.parametrize(
    ("score", "met"),
    [
        (59.9, []),
        (60, ["a"]),
        (61, ["a"]),
    ],
)
def test_a_score_meets_a_condition_from_its_threshold_on(
    score: float, met: list[str]
) -> None:
    audience = audience_of((0, [make_person("a", score=score)]))
    assert meeting(audience, 0, engagement=60) == met


@pytest.mark.parametrize(
    ("last", "met"),
    [
        (1.9, []),
        (2.0, ["a"]),
        (2.5, ["a"]),
    ],
)
def test_a_score_must_hold_for_the_time_asked(last: float, met: list[str]) -> None:
    audience = audience_of(
        (0, HIGH),
        (1, HIGH),
        (last, HIGH),
    )
    assert meeting(audience, last, engagement=60, for_seconds=2) == met


def test_a_dip_starts_the_time_again() -> None:
    audience = audience_of(
        (0, HIGH),
        (1, LOW),
        (2, HIGH),
        (3, HIGH),
    )
    assert meeting(audience, 3, engagement=60, for_seconds=2) == []
    assert meeting(audience, 3, engagement=60, for_seconds=1) == ["a"]


@pytest.mark.parametrize(
    ("gap", "met"),
    [
        (2.0, ["a"]),
        (2.001, []),
    ],
)
def test_more_than_two_seconds_without_snapshots_start_the_time_again(
    gap: float, met: list[str]
) -> None:
    audience = audience_of((0, HIGH), (gap, HIGH))
    assert meeting(audience, gap, engagement=60, for_seconds=2) == met


def test_a_score_that_no_condition_asks_for_is_not_timed() -> None:
    assert meeting(audience_of((0, HIGH)), 0, engagement=50) == []


def test_each_person_has_a_time_of_their_own() -> None:
    late = make_person("b", score=90)
    audience = audience_of(
        (0, HIGH),
        (1, [*HIGH, late]),
        (2, [*HIGH, late]),
    )
    assert meeting(audience, 2, engagement=60, for_seconds=2) == ["a"]


def test_an_older_or_equal_snapshot_is_ignored() -> None:
    audience = audience_of((5, HIGH), (4, []), (5, []))
    assert meeting(audience, 5) == ["a"]


def test_a_camera_whose_clock_is_set_back_is_heard_at_once() -> None:
    audience = audience_of((600, HIGH), (0, []), (1, HIGH))
    assert meeting(audience, 1) == ["a"]
    assert meeting(audience, 1, engagement=60, for_seconds=1) == []


# Those present


@pytest.mark.parametrize(
    ("now", "present"),
    [
        (2.0, ["a"]),
        (2.001, []),
    ],
)
def test_an_audience_that_nobody_reports_on_for_two_seconds_is_nobody(
    now: float, present: list[str]
) -> None:
    audience = audience_of((0, HIGH))
    assert [person.track_id for person in audience.present(at(now))] == present
    assert meeting(audience, now) == present


def test_before_the_first_snapshot_nobody_is_there() -> None:
    assert list(Audience().present(at(0))) == []
    assert meeting(Audience(), 0) == []


def test_a_condition_without_parts_still_needs_somebody() -> None:
    assert meeting(audience_of((0, [])), 0) == []


@pytest.mark.parametrize(
    ("condition", "met"),
    [
        ({"people": 1}, ["a", "b"]),
        ({"people": 2}, ["a", "b"]),
        ({"people": 3}, []),
        ({"attending": 0}, ["a", "b"]),
        ({"attending": 1}, ["a", "b"]),
        ({"attending": 2}, []),
    ],
)
def test_people_and_attending_are_counts(
    condition: dict[str, int], met: list[str]
) -> None:
    people = [
        make_person("a"),
        make_person("b", attending=False),
    ]
    assert meeting(audience_of((0, people)), 0, **condition) == met


def test_the_most_engaged_comes_first_and_equals_keep_their_order() -> None:
    scores = {"a": 61, "b": 99, "c": 61}
    people = [make_person(track, score=score) for track, score in scores.items()]
    assert meeting(audience_of((0, people)), 0, engagement=60) == ["b", "a", "c"]


# Identities


def test_known_and_engaged_must_be_the_same_person() -> None:
    people = [
        make_person("a", score=90),
        make_person("b", score=10),
    ]
    audience = audience_of((0, people))
    audience.identify(make_identity("b", known=True))
    assert meeting(audience, 0, known=True) == ["b"]
    assert meeting(audience, 0, engagement=60) == ["a"]
    assert meeting(audience, 0, known=True, engagement=60) == []
    assert meeting(audience, 0, known=False) == ["a"]


def test_somebody_identified_as_unknown_is_unknown() -> None:
    audience = audience_of((0, HIGH))
    audience.identify(make_identity("a", known=False))
    assert meeting(audience, 0, known=False) == ["a"]
    assert meeting(audience, 0, known=True) == []


def test_who_was_here_earlier_today_is_returning_and_all_others_are_not() -> None:
    people = [make_person("a"), make_person("b"), make_person("c")]
    audience = audience_of((0, people))
    audience.identify(make_identity("a", returning=True))
    audience.identify(make_identity("b"))
    assert meeting(audience, 0, returning=True) == ["a"]
    assert meeting(audience, 0, returning=False) == ["b", "c"]
    assert meeting(audience, 2, returning=True) == ["a"]
    assert meeting(audience, 2.1, returning=True) == []


def test_a_later_decision_replaces_the_earlier_one() -> None:
    audience = audience_of((0, HIGH))
    audience.identify(make_identity("a", known=False))
    audience.identify(make_identity("a", known=True))
    identity = audience.identity(HIGH[0])
    assert identity is not None
    assert identity.known


def test_nobody_is_identified_before_the_decision() -> None:
    assert audience_of((0, HIGH)).identity(HIGH[0]) is None


@pytest.mark.parametrize(
    ("now", "kept"),
    [
        (60, ["a", "gone"]),
        (60.001, ["a"]),
    ],
)
def test_identities_are_kept_while_present_and_a_minute_longer(
    now: float, kept: list[str]
) -> None:
    audience = Audience()
    audience.identify(make_identity("a", 0))
    audience.identify(make_identity("gone", 0))
    audience.observe(make_engagement(now, make_person("a")), [])
    assert list(audience.identities) == kept


# Words


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ({}, "somebody is here"),
        ({"engagement": 60}, "somebody is engaged"),
        ({"engagement": 60, "for_seconds": 2}, "somebody has been engaged for 2 s"),
        ({"engagement": 0}, "somebody is engaged"),
        ({"known": True}, "a known customer is here"),
        ({"known": False}, "somebody unknown is here"),
        ({"returning": True}, "somebody is back who was here earlier today"),
        ({"returning": False}, "somebody is here who was not seen earlier today"),
        ({"people": 3}, "people here: 3 or more"),
        ({"attending": 2}, "people looking: 2 or more"),
        (
            {"engagement": 50, "known": True, "people": 0, "attending": 0},
            "somebody is engaged, a known customer is here, "
            "people here: 0 or more, people looking: 0 or more",
        ),
    ],
)
def test_conditions_in_words(condition: dict[str, Any], words: str) -> None:
    assert in_words(Condition(**condition)) == words
