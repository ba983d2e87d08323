"""When a campaign is on, what competes, and what a response may name."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from tests.stand_builders import make_campaign, make_offer
from vitrine.clock import SECOND_NS
from vitrine.mall import Campaign, Creative
from vitrine.mall.hours import local_time

BERLIN = "Europe/Berlin"
NEAR = {"attending": 1}


def on_at(moment: str, zone: str = BERLIN, **fields: Any) -> bool:
    """Return if a campaign of these fields is on at a moment, local unless it has an offset."""
    at = datetime.fromisoformat(moment)
    if at.tzinfo is None:
        at = at.replace(tzinfo=ZoneInfo(zone))
    local = local_time(round(at.timestamp()) * SECOND_NS, zone)
    return make_campaign(**fields).is_on(local, "north")


# 5 March 2027 is a Friday.
@pytest.mark.parametrize(
    ("moment", "hours", "expected"),
    [
        ("2027-03-05 16:59:59", ["mon-fri 17:00-20:00"], False),
        ("2027-03-05 17:00", ["mon-fri 17:00-20:00"], True),
        ("2027-03-05 19:59:59", ["mon-fri 17:00-20:00"], True),
        ("2027-03-05 20:00", ["mon-fri 17:00-20:00"], False),
        ("2027-03-06 18:00", ["mon-fri 17:00-20:00"], False),
        ("2027-03-06 18:00", ["mon-fri 17:00-20:00", "sat 18:00-18:05"], True),
        ("2027-03-05 23:59:59", ["fri 20:00-24:00"], True),
        ("2027-03-06 00:00", ["fri 20:00-24:00"], False),
        ("2027-03-06 01:59", ["fri 20:00-02:00"], True),
        ("2027-03-06 20:00", ["fri 20:00-02:00"], False),
        ("2027-03-08 01:00", ["sun 20:00-02:00"], True),
        ("2027-03-05 03:00", ["daily 00:00-24:00"], True),
    ],
)
def test_a_campaign_is_on_in_its_dayparts(
    moment: str, hours: list[str], expected: bool
) -> None:
    assert on_at(moment, hours=hours) is expected


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2027-03-05 01:00", False),
        ("2027-03-05 23:00", True),
        ("2027-03-06 01:00", True),
        ("2027-03-07 01:00", True),
        ("2027-03-07 02:00", False),
        ("2027-03-07 23:00", False),
    ],
)
def test_a_night_belongs_to_the_campaign_of_its_evening(
    moment: str, expected: bool
) -> None:
    days = {"from": "2027-03-05", "to": "2027-03-06"}
    assert on_at(moment, hours=["daily 20:00-02:00"], **days) is expected


@pytest.mark.parametrize(
    ("moment", "hours", "expected"),
    [
        # The clock goes from 2 to 3: 02:30 does not come, and 02:00-03:00 has no time.
        ("2027-03-28T00:59:59+00:00", ["daily 02:00-03:00"], False),
        ("2027-03-28T01:00:00+00:00", ["daily 02:00-03:00"], False),
        ("2027-03-28T01:00:00+00:00", ["daily 02:30-04:00"], True),
        ("2027-03-28T02:00:00+00:00", ["daily 02:30-04:00"], False),
        # It goes back from 3 to 2: the hour from 2 to 3 comes twice, and holds twice.
        ("2027-10-31T00:30:00+00:00", ["daily 02:00-03:00"], True),
        ("2027-10-31T01:30:00+00:00", ["daily 02:00-03:00"], True),
        ("2027-10-31T02:00:00+00:00", ["daily 02:00-03:00"], False),
        # A night over the change belongs to the evening before it.
        ("2027-10-31T01:59:59+00:00", ["sat 22:00-03:00"], True),
        ("2027-10-31T02:00:00+00:00", ["sat 22:00-03:00"], False),
    ],
)
def test_dayparts_are_those_on_the_wall_when_the_clock_changes(
    moment: str, hours: list[str], expected: bool
) -> None:
    assert on_at(moment, hours=hours) is expected


@pytest.mark.parametrize(
    ("zone", "expected"), [("Europe/Berlin", True), ("Asia/Tokyo", False)]
)
def test_dayparts_are_in_the_zone_of_the_stand(zone: str, expected: bool) -> None:
    moment = "2027-03-05T17:00:00+00:00"
    assert on_at(moment, zone, hours=["daily 18:00-19:00"]) is expected


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2027-03-05 23:59:59", True),
        ("2027-03-06 00:00", False),
        ("2027-03-06 23:59:59", False),
        ("2027-03-07 00:00", True),
    ],
)
def test_a_blackout_day_ends_at_midnight_and_cuts_a_night(
    moment: str, expected: bool
) -> None:
    dark = ["2027-03-06"]
    assert on_at(moment, blackout=dark) is expected
    assert on_at(moment, hours=["daily 20:00-08:00"], blackout=dark) is expected


@pytest.mark.parametrize(
    ("hours", "message"),
    [
        ("mon-fri 17:02-20:00", "expected times in steps of 5 minutes"),
        ("mon-fri 17:00-20:01", "expected times in steps of 5 minutes"),
        ("mon-fri 17:00-17:00", "opens and closes at the same minute"),
        ("17:00-20:00", "expected hours such as"),
    ],
)
def test_dayparts_that_cannot_be_are_refused(hours: str, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        make_campaign(hours=[hours])


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ({"category": "shoes"}, {"category": "shoes"}, True),
        ({"category": "shoes"}, {"category": "cars"}, False),
        ({}, {}, False),
        ({"category": "shoes"}, {}, False),
        (
            {"category": "shoes", "advertiser": "acme"},
            {"category": "shoes", "advertiser": "acme"},
            False,
        ),
    ],
)
def test_advertisers_of_one_category_compete(
    first: dict[str, Any], second: dict[str, Any], expected: bool
) -> None:
    one = make_campaign("one", **first)
    two = make_campaign("two", **second)
    assert one.competes_with(two) is expected
    assert two.competes_with(one) is expected


def with_response(**response: Any) -> Campaign:
    shoe = {"id": "shoe", "file": "shoe.html", "responses": [response]}
    more = {"id": "shoe-more", "file": "more.html", "when": NEAR}
    return make_campaign("spring", shoe, more)


@pytest.mark.parametrize(
    ("response", "message"),
    [
        ({"when": NEAR, "then": "more"}, "needs `creative:`"),
        ({"when": NEAR, "then": "more", "creative": "shoe"}, "by itself"),
        (
            {"when": NEAR, "then": "more", "creative": "shoe-mroe"},
            "'shoe-mroe'; did you mean 'shoe-more'",
        ),
        ({"when": NEAR, "then": "next", "creative": "shoe"}, "takes no `creative:`"),
        ({"when": NEAR, "then": "again"}, "'more', 'next', 'offer' or 'repeat'"),
        ({"when": {"visits": 5}, "then": "next"}, "`visits` is for offers only"),
    ],
)
def test_a_response_that_cannot_be_is_refused(
    response: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValidationError, match=message):
        with_response(**response)


def test_more_names_another_creative_of_its_campaign() -> None:
    campaign = with_response(when=NEAR, then="more", creative="shoe-more")
    [response] = campaign.creatives[0].responses
    assert response.creative == "shoe-more"
    assert campaign.creative("shoe-more") == campaign.creatives[1]
    assert campaign.creative("boot") is None


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        (None, (True, True)),
        ({"hours": ["daily 17:00-20:00"]}, (True, False)),
        ({"hours": ["daily 17:00-20:00"], "people": 1}, (False, False)),
        ({}, (False, False)),
    ],
)
def test_a_creative_rotates_unless_it_asks_for_people(
    when: dict[str, Any] | None, expected: tuple[bool, bool]
) -> None:
    creative = Creative.model_validate({"id": "a", "file": "a.html", "when": when})
    rotates = []
    for moment in ("2027-03-05T18:00:00+00:00", "2027-03-05T21:00:00+00:00"):
        at_s = round(datetime.fromisoformat(moment).timestamp())
        rotates.append(creative.rotates(local_time(at_s * SECOND_NS, "UTC")))
    assert tuple(rotates) == expected


def test_visits_are_asked_for_by_offers_and_by_nothing_that_is_shown() -> None:
    with pytest.raises(ValidationError, match="`visits` is for offers only"):
        Creative.model_validate({"id": "a", "file": "a.html", "when": {"visits": 5}})
    response = {"when": {"visits": 5}, "then": "offer"}
    shoe = {"id": "shoe", "file": "shoe.html", "responses": [response]}
    campaign = make_campaign("spring", shoe, offers=[make_offer(when={"visits": 3})])
    assert campaign.offers[0].when.personal
    assert campaign.creatives[0].responses[0].when.visits == 5


@pytest.mark.parametrize("visits", [0, 1001, 2.5])
def test_a_number_that_no_visit_has_is_refused(visits: float) -> None:
    with pytest.raises(ValidationError, match="visits"):
        make_campaign("spring", offers=[make_offer(when={"visits": visits})])


TOUCHED = {"touch": True}
PLAIN = {"id": "plain", "file": "plain.html"}
MORE = {"id": "more", "file": "more.html", "when": {"engagement": 60}}


@pytest.mark.parametrize(
    ("creatives", "offers", "expected"),
    [
        ([PLAIN | {"responses": [{"when": TOUCHED, "then": "next"}]}], [], True),
        ([PLAIN | {"responses": [{"when": TOUCHED, "then": "repeat"}]}], [], False),
        (
            [PLAIN | {"responses": [{"when": {"touch": False}, "then": "next"}]}],
            [],
            False,
        ),
        ([PLAIN, MORE | {"when": TOUCHED}], [], True),
        ([PLAIN], [make_offer(when=TOUCHED)], True),
        ([PLAIN, MORE], [make_offer()], False),
    ],
)
def test_a_campaign_may_answer_a_touch(
    creatives: list[dict[str, Any]], offers: list[dict[str, Any]], expected: bool
) -> None:
    campaign = make_campaign("spring", *creatives, offers=offers)
    assert campaign.answers_touch(campaign.creatives[0]) is expected


@pytest.mark.parametrize("caps", [{"per_hour": 0}, {"per_visitor": 0}])
def test_caps_of_nothing_are_refused(caps: dict[str, int]) -> None:
    with pytest.raises(ValidationError, match="greater than or equal to 1"):
        make_campaign(caps=caps)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"offers": [make_offer(budget=0)]}, "greater than 0"),
        ({"from": "2027-03-02", "to": "2027-03-01"}, "ends before it starts"),
        ({"blackout": ["2027-02-30"]}, "there is no day 2027-02-30"),
        ({"priority": 10}, "less than or equal to 9"),
        ({"goal": "sales"}, "'attention', 'touch' or 'redemption'"),
        ({"category": "shoes and boots"}, "did you mean 'shoes-and-boots'"),
    ],
)
def test_what_cannot_be_is_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        make_campaign(**fields)
