"""Times, conditions and goals that can never come true are named."""

from __future__ import annotations

from typing import Any

import pytest

from tests.stand_builders import STAND, make_campaign, make_offer
from vitrine.cli.schedule_warnings import schedule_warnings
from vitrine.mall import Campaign, Mall, Screen, Stand

PLAIN = {"id": "plain", "file": "plain.html"}
KNOWN = {"engagement": 60, "known": True}


def warned(*campaigns: Campaign, stand: Stand = STAND) -> list[tuple[str, str]]:
    """Return the place and the text of each warning."""
    mall = Mall(cameras=(), stands=(stand,), campaigns=campaigns)
    found = []
    for place, text in schedule_warnings(mall):
        found.append((".".join(str(part) for part in place[2:]), text))
    return found


def with_when(**when: Any) -> Campaign:
    return make_campaign("x", PLAIN, PLAIN | {"id": "near", "when": when})


@pytest.mark.parametrize(
    ("fields", "place", "text"),
    [
        # 1 March 2027 is a Monday.
        (
            {"from": "2027-03-01", "to": "2027-03-05", "hours": ["sat 09:00-10:00"]},
            "",
            "is never on",
        ),
        (
            {"from": "2027-03-01", "to": "2027-03-01", "blackout": ["2027-03-01"]},
            "",
            "is never on",
        ),
        ({"blackout": ["2028-01-01"]}, "blackout.0", "2028-01-01 is no day of the"),
        ({"hours": ["mon-fri 20:00-09:00"]}, "hours.0", "after 13 hours; are"),
        ({"goal": "redemption"}, "goal", "has no offers"),
    ],
)
def test_what_a_campaign_can_never_be_is_named(
    fields: dict[str, Any], place: str, text: str
) -> None:
    [(found, words)] = warned(make_campaign("x", **fields))
    assert found == place
    assert text in words


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"hours": ["mon-fri 20:00-08:00"]},
        {"hours": ["daily 00:00-24:00"], "blackout": ["2027-03-01"]},
        {"from": "2027-03-06", "to": "2027-03-14", "hours": ["sat 09:00-10:00"]},
        {"goal": "redemption", "offers": [make_offer()]},
        {"goal": "touch"},
    ],
)
def test_what_can_be_needs_no_warning(fields: dict[str, Any]) -> None:
    assert warned(make_campaign("x", **fields)) == []


@pytest.mark.parametrize(
    ("when", "place", "text"),
    [
        ({"attending": 1, "for_seconds": 2}, "for_seconds", "without `engagement`"),
        (KNOWN, "known", "never holds: north recognises nobody"),
        ({"returning": True}, "returning", "never holds: north recognises nobody"),
        ({"tags": ["runner"]}, "tags", "never holds: north recognises nobody"),
        ({"hours": ["daily 21:00-10:00"]}, "hours.0", "after 13 hours"),
    ],
)
def test_what_a_condition_can_never_be_is_named(
    when: dict[str, Any], place: str, text: str
) -> None:
    [(found, words)] = warned(with_when(**when))
    assert found == f"creatives.1.when.{place}"
    assert text in words


def test_conditions_of_responses_and_offers_are_looked_at_too() -> None:
    response = {"when": KNOWN, "then": "next"}
    campaign = make_campaign(
        "x", PLAIN | {"responses": [response]}, offers=[make_offer(when=KNOWN)]
    )
    assert [place for place, _ in warned(campaign)] == [
        "creatives.0.responses.0.when.known",
        "offers.0.when.known",
    ]
    enrolled = STAND.model_copy(update={"recognition": "enrolled"})
    assert warned(campaign, stand=enrolled) == []


def test_visits_are_named_where_nobody_is_recognised() -> None:
    fifth = make_campaign("x", offers=[make_offer(when={"visits": 5})])
    assert warned(fifth) == [
        (
            "offers.0.when.visits",
            "never holds: north recognises nobody (`recognition: none`)",
        )
    ]
    enrolled = STAND.model_copy(update={"recognition": "enrolled"})
    assert warned(fifth, stand=enrolled) == []


def test_hours_of_a_condition_outside_those_of_its_campaign_are_named() -> None:
    near = PLAIN | {"id": "near", "when": {"hours": ["daily 17:00-18:00"]}}
    morning = make_campaign("x", PLAIN, near, hours=["daily 08:00-12:00"])
    assert warned(morning) == [
        (
            "creatives.1.when.hours",
            "never holds: the campaign is not on at these hours",
        )
    ]


def test_hours_at_which_the_stand_is_closed_are_named() -> None:
    shop = STAND.model_copy(update={"hours": ("mon-sat 09:00-20:00",)})
    late = make_campaign("x", hours=["daily 20:00-23:00"])
    assert warned(late, stand=shop) == [
        ("hours", "north is closed at all of these hours")
    ]
    assert warned(make_campaign("x", hours=["daily 19:55-23:00"]), stand=shop) == []


def test_a_goal_of_touches_needs_a_screen_that_can_be_touched() -> None:
    untouched = STAND.model_copy(update={"screen": Screen(touch=False)})
    assert warned(make_campaign("x", goal="touch"), stand=untouched) == [
        ("goal", "the screen of north cannot be touched")
    ]


def test_competitors_without_anybody_between_them_are_named() -> None:
    one = make_campaign("x", category="shoes")
    two = make_campaign("y", category="shoes")
    [(place, text)] = warned(one, two)
    assert place == "category"
    assert "all campaigns at north are of the category shoes" in text
    assert warned(one, two, make_campaign("z")) == []
    later = make_campaign(
        "y", category="shoes", **{"from": "2028-01-01", "to": "2028-02-01"}
    )
    assert warned(one, later) == []
