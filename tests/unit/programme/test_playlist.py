"""The choice of a creative, its reason and its probability."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from tests.builders import T0_NS, at, make_engagement, make_person
from tests.stand_builders import ENGAGED, STAND, make_campaign, mall_of
from vitrine.mall import Campaign, Creative, Stand
from vitrine.programme.audience import Audience
from vitrine.programme.playlist import (
    HOUSE,
    Candidate,
    Choice,
    Usable,
    drawn,
    plain_choices,
    responding,
    running,
)

A = {"id": "a", "file": "a.html"}
B = {"id": "b", "file": "b.html"}
MORE = {"id": "more", "file": "more.html", "when": ENGAGED}
MUCH_MORE = {"id": "much-more", "file": "much-more.html", "when": ENGAGED}


def always(_campaign: Campaign, _creative: Creative) -> bool:
    return True


def but_not_a(_campaign: Campaign, creative: Creative) -> bool:
    return creative.id != "a"


def may_be_shown(*campaigns: Campaign) -> list[Choice]:
    return plain_choices(campaigns, STAND, at(310), always)


def engaged() -> Audience:
    """Somebody who has been engaged for two seconds."""
    audience = Audience()
    for seconds in (0, 1, 2):
        audience.observe(make_engagement(seconds, make_person("a", score=80)), [60])
    return audience


def respond(
    *campaigns: Campaign,
    audience: Audience,
    now: float = 2,
    usable: Usable = always,
) -> list[tuple[str, str, float]]:
    """The campaign, creative and weight of responses, for a play from second 310 on."""
    candidates = responding(
        campaigns,
        STAND,
        audience,
        at(now),
        at(310),
        usable,
    )
    return [(c.campaign.id, c.creative.id, c.weight) for c in candidates]


# What may be shown


@pytest.mark.parametrize(
    ("draw", "creative", "probability"),
    [
        (0.0, "a", 0.25),
        (0.2499, "a", 0.25),
        (0.25, "b", 0.25),
        (0.4999, "b", 0.25),
        (0.5, "y-plain", 0.5),
        (1 - 2**-53, "y-plain", 0.5),
    ],
)
def test_the_draw_is_a_place_in_the_weights_laid_side_by_side(
    draw: float, creative: str, probability: float
) -> None:
    x = make_campaign("x", A, B)
    y = make_campaign("y")
    candidates = [
        Candidate(x, x.creatives[0], 0.2),
        Candidate(x, x.creatives[1], 0.2),
        Candidate(y, y.creatives[0], 0.4),
    ]
    choice = drawn(candidates, STAND, at(310), draw)
    assert choice.creative.id == creative
    assert choice.probability == pytest.approx(probability)
    assert choice.reason == "rotation"
    names = ["y/y-plain", "x/a", "x/b"]
    names.remove(f"{choice.campaign.id}/{creative}")
    assert list(choice.alternatives) == names
    assert sum(choice.alternatives.values()) == pytest.approx(1 - probability)


def test_a_choice_tells_of_the_likeliest_others_only() -> None:
    creatives = [{"id": f"c{n}", "file": f"{n}.html"} for n in range(10)]
    campaign = make_campaign("x", *creatives)
    candidates = [
        Candidate(campaign, creative, 1 / (3 + place))
        for place, creative in enumerate(campaign.creatives)
    ]
    choice = drawn(candidates, STAND, at(0), 0.0)
    assert list(choice.alternatives) == [f"x/c{n}" for n in range(1, 9)]
    assert choice.alternatives["x/c1"] == 0.156


def test_a_choice_names_the_arm_and_the_slot_in_which_the_play_begins() -> None:
    [choice] = may_be_shown(make_campaign("x", A, MORE, holdout=1.0))
    assert choice.creative.id == "a"
    assert choice.arm == "plain"
    assert choice.slot_ns == at(300)
    [choice] = may_be_shown(make_campaign("x", A, MORE))
    assert choice.arm == "adaptive"


def test_a_missing_file_leaves_its_share_to_the_others() -> None:
    campaigns = [
        make_campaign("x", A, share=0.5),
        make_campaign("y", share=0.5),
    ]
    [choice] = plain_choices(campaigns, STAND, T0_NS, but_not_a)
    assert choice.creative.id == "y-plain"
    assert choice.probability == 1.0


def test_only_campaigns_of_the_highest_priority_are_shown() -> None:
    first = make_campaign("x", A, priority=7)
    also = make_campaign("y", B, priority=7)
    filler = make_campaign("z", priority=1)
    names = [choice.campaign.id for choice in may_be_shown(filler, first, also)]
    assert names == ["x", "y"]
    [choice] = plain_choices([filler, first], STAND, T0_NS, but_not_a)
    assert choice.campaign.id == "z"


@pytest.mark.parametrize(
    ("hours", "expected"),
    [("daily 08:00-09:00", ["a", "b"]), ("daily 09:00-10:00", ["a"])],
)
def test_a_creative_of_some_hours_rotates_then(hours: str, expected: list[str]) -> None:
    timed = B | {"when": {"hours": [hours]}}
    campaign = make_campaign("x", A, timed)
    # T0 is at 8:00 UTC.
    choices = plain_choices([campaign], STAND, T0_NS, always)
    assert [choice.creative.id for choice in choices] == expected
    assert {choice.reason for choice in choices} == {"rotation"}


def test_the_house_is_shown_when_nothing_runs() -> None:
    assert may_be_shown() == [
        Choice(
            campaign=HOUSE,
            creative=HOUSE.creatives[0],
            reason="nothing else runs",
            probability=1.0,
            arm="adaptive",
            arm_probability=1.0,
            slot_ns=at(300),
        )
    ]
    assert HOUSE.id == "house"
    assert HOUSE.advertiser == "house"
    assert HOUSE.creatives[0].file == "house.html"
    assert HOUSE.creatives[0].seconds == 10


# Campaigns that run


@pytest.mark.parametrize(
    ("fields", "runs"),
    [
        ({}, True),
        ({"from": "2027-01-15", "to": "2027-01-15"}, True),
        ({"from": "2027-01-16"}, False),
        ({"to": "2027-01-14"}, False),
        ({"stands": ["south"]}, False),
    ],
)
def test_campaigns_run_from_the_first_to_the_last_day(
    fields: dict[str, Any], runs: bool
) -> None:
    campaign = make_campaign("x", **fields)
    mall = mall_of().model_copy(update={"campaigns": (campaign,)})
    expected = [campaign] if runs else []
    assert running(mall, STAND, T0_NS) == expected


@pytest.mark.parametrize(
    ("zone", "runs"),
    [
        ("UTC", False),
        ("Europe/Berlin", False),
        ("Asia/Tokyo", True),
    ],
)
def test_the_day_is_the_one_at_the_stand(zone: str, runs: bool) -> None:
    mall = mall_of(make_campaign("x", **{"from": "2027-01-16"}))
    evening = at(14.5 * 3600)
    stand = Stand(id="north", time_zone=zone)
    assert bool(running(mall, stand, evening)) is runs


# Responses


def test_an_engaged_person_gets_more() -> None:
    campaign = make_campaign("x", A, MORE)
    assert respond(campaign, audience=engaged()) == [("x", "more", 1.0)]
    candidate = Candidate(campaign, campaign.creatives[1], 1.0)
    assert drawn([candidate], STAND, at(310), 0.5) == Choice(
        campaign=campaign,
        creative=campaign.creatives[1],
        reason="somebody has been engaged for 2 s: more",
        probability=1.0,
        arm="adaptive",
        arm_probability=1.0,
        slot_ns=at(300),
    )


def test_nobody_engaged_gets_nothing_special() -> None:
    assert respond(make_campaign("x", A, MORE), audience=Audience()) == []


def test_an_audience_that_is_no_longer_fresh_gets_nothing_special() -> None:
    campaign = make_campaign("x", A, MORE)
    assert respond(campaign, audience=engaged(), now=4.1) == []


def test_a_response_whose_file_is_missing_is_skipped() -> None:
    def without_more(_campaign: Campaign, creative: Creative) -> bool:
        return creative.id != "more"

    campaign = make_campaign("x", A, MORE, MUCH_MORE)
    found = respond(campaign, audience=engaged(), usable=without_more)
    assert found == [("x", "much-more", 1.0)]


def test_responses_of_several_campaigns_come_by_share() -> None:
    campaigns = [
        make_campaign("x", A, MORE, MUCH_MORE, share=0.6),
        make_campaign("y", A, MORE, share=0.2),
    ]
    assert respond(*campaigns, audience=engaged()) == [
        ("x", "more", 0.3),
        ("x", "much-more", 0.3),
        ("y", "more", 0.2),
    ]


def test_the_response_of_the_highest_priority_comes() -> None:
    campaigns = [
        make_campaign("x", A, MORE),
        make_campaign("y", A, MORE, priority=6),
        make_campaign("z", A, priority=9),
    ]
    assert respond(*campaigns, audience=engaged()) == [("y", "more", 1.0)]


def test_a_plain_slot_has_no_responses() -> None:
    held_out = make_campaign("x", A, MORE, holdout=1.0)
    assert respond(held_out, audience=engaged()) == []


def test_what_waits_for_a_time_only_is_no_response() -> None:
    timed = MORE | {"when": {"hours": ["daily 00:00-24:00"]}}
    assert respond(make_campaign("x", A, timed), audience=engaged()) == []


def test_a_choice_cannot_be_changed() -> None:
    [choice] = may_be_shown()
    with pytest.raises(FrozenInstanceError):
        choice.reason = "another"  # type: ignore[misc]
