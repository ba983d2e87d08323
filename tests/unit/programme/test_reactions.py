"""What people do since the creative began, as conditions see it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders import at, make_engagement, make_identity, make_person
from vitrine.mall import Condition
from vitrine.programme.audience import LONGEST_REASON, Audience, in_words
from vitrine.programme.reactions import Showing
from vitrine.schemas import Person, StandExpression


def expression(
    positive: float = 0.0,
    change: float = 0.0,
    surprised: float = 0.0,
) -> StandExpression:
    """Return what two faces show; the rest is neutral."""
    return StandExpression(
        positive=positive,
        surprised=surprised,
        negative=0,
        neutral=1 - positive - surprised,
        positive_change=change,
        faces=2,
    )


def showing(audience: Audience, seconds: float = 0.0, command: str = "c1") -> None:
    audience.show(Showing(command, at(seconds), "shoe"))


def see(audience: Audience, seconds: float, *people: Person, **fields: Any) -> None:
    audience.observe(make_engagement(seconds, *people, **fields), [])


def meeting(audience: Audience, seconds: float, **condition: Any) -> list[str]:
    """Return the tracks of those who meet a condition then."""
    people = audience.meeting(Condition(**condition), at(seconds))
    return [person.track_id for person in people]


# Expressions


@pytest.mark.parametrize(("positive", "met"), [(0.49, []), (0.5, ["a"])])
def test_an_expression_is_what_more_than_half_of_it_is(
    positive: float, met: list[str]
) -> None:
    audience = Audience()
    see(audience, 0, make_person("a"), expression=expression(positive))
    assert meeting(audience, 0, expression="positive") == met


def test_an_expression_that_nobody_judges_never_holds() -> None:
    audience = Audience()
    see(audience, 0, make_person("a"))
    assert meeting(audience, 0, expression="neutral") == []


@pytest.mark.parametrize(("now", "met"), [(1.5, ["a"]), (1.501, [])])
def test_an_expression_is_not_acted_upon_when_it_is_old(
    now: float, met: list[str]
) -> None:
    audience = Audience()
    see(audience, 0, make_person("a"), expression=expression(0.9))
    assert meeting(audience, now, expression="positive") == met


def test_an_expression_must_hold_for_the_time_asked() -> None:
    audience = Audience()
    smile = expression(surprised=0.8)
    for seconds in (0.0, 0.5, 1.0):
        see(audience, seconds, make_person("a"), expression=smile)
    condition = {"expression": "surprised", "for_seconds": 1}
    assert meeting(audience, 1.0, **condition) == ["a"]
    see(audience, 1.25, make_person("a"), expression=expression())
    see(audience, 1.5, make_person("a"), expression=smile)
    assert meeting(audience, 1.5, **condition) == []


# Reactions


def test_who_turns_to_the_screen_reacts_by_attention() -> None:
    audience = Audience()
    showing(audience)
    aside = make_person("a", attending=False)
    looked_before = make_person("b")
    see(audience, 0, aside, looked_before)
    assert meeting(audience, 0, reaction="attention") == []
    see(audience, 0.25, make_person("a"), looked_before)
    assert meeting(audience, 0.25, reaction="attention") == ["a"]


def test_who_comes_and_looks_reacts_by_attention() -> None:
    audience = Audience()
    showing(audience)
    see(audience, 0)
    see(audience, 0.25, make_person("a"))
    assert meeting(audience, 0.25, reaction="attention") == ["a"]


@pytest.mark.parametrize(("face", "met"), [(0.249, []), (0.25, ["a"])])
def test_a_face_that_grew_by_a_quarter_has_come_closer(
    face: float, met: list[str]
) -> None:
    audience = Audience()
    showing(audience)
    see(audience, 0, make_person("a", face=0.2))
    see(audience, 0.25, make_person("a", face=face))
    assert meeting(audience, 0.25, reaction="approach") == met


def test_who_comes_closer_and_looks_aside_does_not_approach_the_screen() -> None:
    audience = Audience()
    showing(audience)
    see(audience, 0, make_person("a", face=0.2))
    see(audience, 1, make_person("a", face=0.3, attending=False))
    assert meeting(audience, 1, reaction="approach") == []


def test_who_arrives_comes_closer_from_the_first_look_on() -> None:
    audience = Audience()
    showing(audience)
    see(audience, 0, make_person("a", face=0.1, attending=False))
    see(audience, 1, make_person("a", face=0.2))
    assert meeting(audience, 1, reaction="approach") == []
    see(audience, 2, make_person("a", face=0.25))
    assert meeting(audience, 2, reaction="approach") == ["a"]


def test_a_face_of_unknown_height_comes_no_closer() -> None:
    audience = Audience()
    showing(audience)
    see(audience, 0, make_person("a"))
    see(audience, 0.25, make_person("a", face=0.5))
    assert meeting(audience, 0.25, reaction="approach") == []


def test_the_next_creative_begins_anew() -> None:
    audience = Audience()
    showing(audience)
    see(audience, 0, make_person("a", face=0.2))
    see(audience, 1, make_person("a", face=0.3))
    showing(audience, 1.1, "c2")
    see(audience, 1.25, make_person("a", face=0.3))
    assert meeting(audience, 1.25, reaction="approach") == []


def test_what_was_seen_before_the_creative_began_is_no_reaction_to_it() -> None:
    audience = Audience()
    showing(audience, 1.0)
    see(audience, 0.5, make_person("a", attending=False, face=0.1))
    see(audience, 1.0, make_person("a", face=0.2))
    assert meeting(audience, 1.0, reaction="attention") == []
    assert meeting(audience, 1.0, reaction="approach") == []


def test_without_a_creative_nobody_reacts() -> None:
    audience = Audience()
    see(audience, 0, make_person("a", attending=False))
    see(audience, 1, make_person("a"))
    assert meeting(audience, 1, reaction="attention") == []


@pytest.mark.parametrize(
    ("attending", "face", "met"),
    [(False, 0.16, ["a"]), (True, 0.16, []), (False, 0.17, [])],
    ids=["turned and smaller", "walks backwards", "looks aside"],
)
def test_who_looked_and_goes_is_leaving(
    attending: bool, face: float, met: list[str]
) -> None:
    audience = Audience()
    showing(audience)
    see(audience, 0, make_person("a", face=0.2))
    see(audience, 1, make_person("a", attending=attending, face=face))
    assert meeting(audience, 1, reaction="leaving") == met


def test_who_never_looked_does_not_leave() -> None:
    audience = Audience()
    showing(audience)
    see(audience, 0, make_person("a", attending=False, face=0.2))
    see(audience, 1, make_person("a", attending=False, face=0.1))
    assert meeting(audience, 1, reaction="leaving") == []


@pytest.mark.parametrize(
    ("before", "change", "met"),
    [
        (0.0, 0.3, ["a"]),
        (0.0, 0.29, []),
        (0.5, 0.6, []),
        (0.5, 0.8, ["a"]),
        (-0.4, 0.0, []),
    ],
    ids=["a smile", "half a smile", "smiled before", "smiles more", "sulks no more"],
)
def test_those_who_look_become_positive_against_what_is_usual_and_was_before(
    before: float, change: float, met: list[str]
) -> None:
    audience = Audience()
    showing(audience)
    people = [make_person("a"), make_person("b", attending=False)]
    see(audience, 0, *people, expression=expression(0.5, before))
    see(audience, 1, *people, expression=expression(0.5, change))
    assert meeting(audience, 1, reaction="positive") == met


# Groups, interest, touch, tags


def test_a_group_has_so_many_who_came_together() -> None:
    audience = Audience()
    see(audience, 0, make_person("a", group=2), make_person("b"))
    assert meeting(audience, 0, group=2) == ["a"]
    assert meeting(audience, 0, group=3) == []


def watched(seconds: float, **fields: Any) -> Audience:
    """Return an audience in which `a` has seen a shoe for so long."""
    audience = Audience()
    showing(audience)
    for number in range(round(seconds * 4) + 1):
        see(audience, number / 4, make_person("a", **fields))
    return audience


def test_who_looks_at_a_product_for_five_seconds_is_interested_in_it() -> None:
    assert meeting(watched(4.75), 4.75, interest="shoe") == []
    audience = watched(5)
    assert meeting(audience, 5, interest="shoe") == ["a"]
    assert meeting(audience, 5, interest="bag") == []


@pytest.mark.parametrize(
    "fields", [{"attending": False}, {"score": 49}, {"child": True}]
)
def test_who_only_stands_there_or_is_a_child_is_not_interested(
    fields: dict[str, Any],
) -> None:
    assert meeting(watched(10, **fields), 10, interest="shoe") == []


def test_interest_is_kept_over_creatives_and_goes_with_the_person() -> None:
    audience = watched(5)
    audience.show(Showing("c2", at(5)))
    see(audience, 5.25, make_person("a"))
    assert meeting(audience, 5.25, interest="shoe") == ["a"]
    see(audience, 5.5)
    see(audience, 5.75, make_person("a"))
    assert meeting(audience, 5.75, interest="shoe") == []


def test_time_without_snapshots_is_no_interest() -> None:
    audience = Audience()
    showing(audience)
    for seconds in range(0, 20, 2):
        see(audience, float(seconds), make_person("a"))
    assert meeting(audience, 18, interest="shoe") == []


def test_a_touch_is_interest_of_the_nearest_who_looks() -> None:
    audience = Audience()
    showing(audience)
    people = [
        make_person("far", face=0.1),
        make_person("near", face=0.3),
        make_person("child", face=0.4, child=True),
        make_person("aside", face=0.5, attending=False),
    ]
    see(audience, 0, *people)
    audience.touched("c1")
    assert meeting(audience, 0, interest="shoe") == ["near"]


def test_a_touch_is_one_of_what_is_on_the_screen_now() -> None:
    audience = Audience()
    showing(audience)
    see(audience, 0, make_person("a"))
    assert meeting(audience, 0, touch=False) == ["a"]
    audience.touched("before")
    assert meeting(audience, 0, touch=True) == []
    audience.touched("c1")
    assert meeting(audience, 0, touch=True) == ["a"]
    assert meeting(audience, 0, touch=False) == []
    showing(audience, 1, "c2")
    assert meeting(audience, 0, touch=True) == []


def test_tags_are_those_of_a_known_customer_and_all_of_them() -> None:
    audience = Audience()
    see(audience, 0, make_person("a"), make_person("b"), make_person("c"))
    tags = ("runner", "vegan")
    audience.identify(make_identity("a", known=True, tags=tags))
    audience.identify(make_identity("b", known=True, tags=("runner",)))
    audience.identify(make_identity("c", known=False, tags=tags))
    assert meeting(audience, 0, tags=("vegan", "runner")) == ["a"]
    assert meeting(audience, 0, tags=("runner",)) == ["a", "b"]


def test_a_child_is_never_addressed_unless_it_is_a_customer() -> None:
    audience = Audience()
    see(audience, 0, make_person("a", child=True), make_person("b"))
    assert meeting(audience, 0, people=2) == ["b"]
    audience.identify(make_identity("a", known=True))
    assert meeting(audience, 0, known=True) == ["a"]


@pytest.mark.parametrize("condition", [{"tags": ("runner",)}, {"visits": 5}])
def test_what_is_of_customers_is_refused_for_somebody_unknown(
    condition: dict[str, Any],
) -> None:
    with pytest.raises(ValueError, match="can never hold"):
        Condition(known=False, **condition)


# Words


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ({"expression": "positive"}, "those who look seem pleased"),
        ({"expression": "surprised"}, "those who look seem surprised"),
        ({"expression": "negative"}, "those who look seem displeased"),
        ({"expression": "neutral"}, "those who look show no expression"),
        ({"reaction": "attention"}, "somebody turned to the screen"),
        ({"reaction": "approach"}, "somebody came closer"),
        ({"reaction": "positive"}, "those who look became more pleased"),
        ({"reaction": "leaving"}, "somebody is leaving"),
        ({"group": 3}, "a group of 3 or more"),
        ({"interest": "shoe"}, "interest in shoe"),
        ({"touch": True}, "touched"),
        ({"touch": False}, "not touched"),
        ({"tags": ("vegan",)}, "a customer of chosen tags is here"),
    ],
)
def test_reactions_in_words(condition: dict[str, Any], words: str) -> None:
    assert in_words(Condition(**condition)) == words


def test_many_parts_are_cut_to_what_a_reason_holds() -> None:
    condition = Condition(
        engagement=60,
        for_seconds=2,
        people=2,
        expression="neutral",
        reaction="positive",
        interest="shoe",
    )
    words = in_words(condition)
    assert len(words) == LONGEST_REASON
    assert words.endswith("…")
