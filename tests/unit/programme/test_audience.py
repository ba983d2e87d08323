"""Who counts as being there, and when a condition holds."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders import at, make_engagement, make_identity, make_person
from vitrine.mall import Condition
from vitrine.programme.audience import Audience, in_words
from vitrine.schemas import Person


def audience_of(
    *snapshots: tuple[float, list[Person]], thresholds: tuple[float, ...] = (60,)
) -> Audience:
    audience = Audience()
    for seconds, people in snapshots:
        audience.observe(make_engagement(seconds, *people), thresholds)
    return audience


def meeting(audience: Audience, seconds: float, **condition: Any) -> list[str]:
    return [p.track_id for p in audience.meeting(Condition(**condition), at(seconds))]


def test_a_score_must_hold_for_the_time_asked() -> None:
    engaged = [make_person("a", score=70)]
    assert (
        meeting(
            audience_of((0, engaged), (1.9, engaged)), 1.9, engagement=60, for_seconds=2
        )
        == []
    )
    assert meeting(
        audience_of((0, engaged), (1.0, engaged), (2.0, engaged)),
        2.0,
        engagement=60,
        for_seconds=2,
    ) == ["a"]


def test_a_dip_starts_the_time_again() -> None:
    high = [make_person("a", score=70)]
    low = [make_person("a", score=59)]
    audience = audience_of((0, high), (1, low), (2, high), (3, high))
    assert meeting(audience, 3, engagement=60, for_seconds=2) == []
    assert meeting(audience, 3, engagement=60, for_seconds=1) == ["a"]


def test_a_gap_without_snapshots_starts_the_time_again() -> None:
    engaged = [make_person("a", score=70)]
    assert (
        meeting(
            audience_of((0, engaged), (2.5, engaged)), 2.5, engagement=60, for_seconds=2
        )
        == []
    )


def test_an_audience_that_nobody_reports_on_for_two_seconds_is_nobody() -> None:
    audience = audience_of((0, [make_person("a")]))
    assert [p.track_id for p in audience.present(at(2.0))] == ["a"]
    assert audience.present(at(2.1)) == ()
    assert meeting(audience, 2.1, people=1) == []


def test_known_and_engaged_must_be_the_same_person() -> None:
    audience = audience_of(
        (0, [make_person("a", score=90), make_person("b", score=10)])
    )
    audience.identify(make_identity("b", known=True))
    assert meeting(audience, 0, known=True) == ["b"]
    assert meeting(audience, 0, engagement=60) == ["a"]
    assert meeting(audience, 0, known=True, engagement=60) == []
    assert meeting(audience, 0, known=False) == ["a"]


def test_people_and_attending_are_counts() -> None:
    audience = audience_of((0, [make_person("a"), make_person("b", attending=False)]))
    assert meeting(audience, 0, people=2) == ["a", "b"]
    assert meeting(audience, 0, people=3) == []
    assert meeting(audience, 0, attending=1) == ["a", "b"]
    assert meeting(audience, 0, attending=2) == []


def test_the_most_engaged_comes_first() -> None:
    audience = audience_of(
        (0, [make_person("a", score=61), make_person("b", score=99)])
    )
    assert meeting(audience, 0, engagement=60) == ["b", "a"]


def test_an_older_snapshot_is_ignored() -> None:
    audience = audience_of((5, [make_person("a")]), (4, []))
    assert len(audience.present(at(5))) == 1


def test_identities_are_kept_while_present_and_a_minute_longer() -> None:
    audience = Audience()
    for track in ("a", "gone"):
        audience.identify(make_identity(track, 0))
    audience.observe(make_engagement(61, make_person("a")), ())
    assert list(audience.identities) == ["a"]


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ({"engagement": 60, "for_seconds": 2}, "somebody has been engaged for 2 s"),
        (
            {"engagement": 50, "known": True},
            "somebody is engaged, a known customer is here",
        ),
        (
            {"people": 3, "attending": 2},
            "people here: 3 or more, people looking: 2 or more",
        ),
        ({}, "somebody is here"),
    ],
)
def test_conditions_in_words(condition: dict[str, Any], words: str) -> None:
    assert in_words(Condition(**condition)) == words


def test_a_condition_without_parts_still_needs_somebody() -> None:
    assert meeting(audience_of((0, [])), 0) == []
