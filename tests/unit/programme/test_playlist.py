"""The choice of a creative, its reason and its probability."""

from __future__ import annotations

from collections import Counter
from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from tests.builders import T0_NS, at, make_engagement, make_person
from tests.stand_builders import ENGAGED, STAND, make_campaign, mall_of
from vitrine.mall import Campaign, Creative, Stand
from vitrine.programme.audience import Audience
from vitrine.programme.playlist import (
    HOUSE,
    Choice,
    response,
    rotation,
    rotation_draw,
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


def rotate(*campaigns: Campaign, draw: float = 0.0) -> Choice:
    return rotation(campaigns, STAND, at(310), draw, always)


def engaged() -> Audience:
    """Somebody who has been engaged for two seconds."""
    audience = Audience()
    for seconds in (0, 1, 2):
        audience.observe(make_engagement(seconds, make_person("a", score=80)), [60])
    return audience


def respond(
    *campaigns: Campaign, audience: Audience, draw: float = 0.5
) -> Choice | None:
    """The response at second 2, for a play that begins at second 310."""
    return response(
        campaigns,
        STAND,
        audience,
        at(2),
        at(310),
        draw,
        always,
    )


# Rotation


@pytest.mark.parametrize(
    ("offset", "number", "draw"),
    [
        (0.0, 0, 0.0),
        (0.25, 0, 0.25),
        (0.0, 1, 0.6180339887498949),
        (0.5, 1, 0.1180339887498949),
        (0.0, 2, 0.2360679774997898),
    ],
)
def test_each_play_draws_a_golden_section_further(
    offset: float, number: int, draw: float
) -> None:
    assert rotation_draw(offset, number) == pytest.approx(draw, abs=1e-12)


@pytest.mark.parametrize("offset", [0.0, 0.31, 0.99])
def test_shares_are_kept_at_any_time_of_the_rotation(offset: float) -> None:
    campaigns = [
        make_campaign("x", share=0.6),
        make_campaign("y", share=0.3),
        make_campaign("z", share=0.1),
    ]
    plays: Counter[str] = Counter()
    for number in range(1, 500):
        choice = rotate(*campaigns, draw=rotation_draw(offset, number))
        plays[choice.campaign.id] += 1
        for campaign in campaigns:
            assert abs(plays[campaign.id] - campaign.share * number) < 2.5


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
def test_the_draw_is_a_place_in_the_shares_laid_side_by_side(
    draw: float, creative: str, probability: float
) -> None:
    campaigns = [
        make_campaign("x", A, B, share=0.4),
        make_campaign("y", share=0.4),
    ]
    choice = rotate(*campaigns, draw=draw)
    assert choice.creative.id == creative
    assert choice.probability == probability
    assert choice.campaign in campaigns
    assert choice.reason == "rotation"


def test_a_choice_names_the_arm_and_the_slot_in_which_the_play_begins() -> None:
    choice = rotate(make_campaign("x", A, MORE, holdout=1.0))
    assert choice.creative.id == "a"
    assert choice.arm == "plain"
    assert choice.slot_ns == at(300)
    assert rotate(make_campaign("x", A, MORE)).arm == "adaptive"


def test_a_missing_file_leaves_its_share_to_the_others() -> None:
    campaigns = [
        make_campaign("x", A, share=0.5),
        make_campaign("y", share=0.5),
    ]
    choice = rotation(campaigns, STAND, T0_NS, 0.0, but_not_a)
    assert choice.creative.id == "y-plain"
    assert choice.probability == 1.0


def test_the_house_is_shown_when_nothing_runs() -> None:
    assert rotate() == Choice(
        campaign=HOUSE,
        creative=HOUSE.creatives[0],
        reason="nothing else runs",
        probability=1.0,
        arm="adaptive",
        slot_ns=at(300),
    )
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
    assert respond(campaign, audience=engaged()) == Choice(
        campaign=campaign,
        creative=campaign.creatives[1],
        reason="somebody has been engaged for 2 s: more",
        probability=1.0,
        arm="adaptive",
        slot_ns=at(300),
    )


def test_nobody_engaged_gets_nothing_special() -> None:
    assert respond(make_campaign("x", A, MORE), audience=Audience()) is None


def test_an_audience_that_is_no_longer_fresh_gets_nothing_special() -> None:
    campaigns = [make_campaign("x", A, MORE)]
    late = response(
        campaigns,
        STAND,
        engaged(),
        at(4.1),
        at(310),
        0.5,
        always,
    )
    assert late is None


def test_a_response_whose_file_is_missing_is_skipped() -> None:
    def without_more(_campaign: Campaign, creative: Creative) -> bool:
        return creative.id != "more"

    campaigns = [make_campaign("x", A, MORE, MUCH_MORE)]
    choice = response(
        campaigns,
        STAND,
        engaged(),
        at(2),
        at(2),
        0.0,
        without_more,
    )
    assert choice is not None
    assert choice.creative.id == "much-more"
    assert choice.probability == 1.0


@pytest.mark.parametrize(
    ("draw", "campaign", "probability"),
    [
        (0.74, "x", 0.75),
        (0.76, "y", 0.25),
    ],
)
def test_responses_of_several_campaigns_are_drawn_by_share(
    draw: float, campaign: str, probability: float
) -> None:
    campaigns = [
        make_campaign("x", A, MORE, share=0.6),
        make_campaign("y", A, MORE, share=0.2),
    ]
    choice = respond(*campaigns, audience=engaged(), draw=draw)
    assert choice is not None
    assert choice.campaign.id == campaign
    assert choice.probability == pytest.approx(probability)


def test_a_plain_slot_has_no_responses() -> None:
    held_out = make_campaign("x", A, MORE, holdout=1.0)
    assert respond(held_out, audience=engaged()) is None


def test_a_choice_cannot_be_changed() -> None:
    choice = rotate()
    with pytest.raises(FrozenInstanceError):
        choice.reason = "another"  # type: ignore[misc]
