"""Which creative comes, why, and with what probability."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.builders import T0_NS, at, make_engagement, make_person
from tests.stand_builders import ENGAGED, STAND, make_campaign, mall_of
from vitrine.mall import Campaign, Creative, Stand
from vitrine.programme.arms import SLOT_NS, arm, slot_start, uniform
from vitrine.programme.audience import Audience
from vitrine.programme.playlist import (
    Choice,
    response,
    rotation,
    rotation_draw,
    running,
)

A = {"id": "a", "file": "a.html"}
B = {"id": "b", "file": "b.html"}
MORE = {"id": "more", "file": "more.html", "when": ENGAGED}


def always(_campaign: Campaign, _creative: Creative) -> bool:
    return True


def engaged() -> Audience:
    audience = Audience()
    for seconds in (0, 1, 2):
        audience.observe(make_engagement(seconds, make_person("a", score=80)), [60])
    return audience


def respond(
    *campaigns: Campaign, audience: Audience, draw: float = 0.5
) -> Choice | None:
    return response(campaigns, STAND, audience, at(2), at(2), draw, always)


def test_shares_are_kept_at_any_time_of_the_rotation() -> None:
    campaigns = [
        make_campaign("x", share=0.6),
        make_campaign("y", share=0.3),
        make_campaign("z", share=0.1),
    ]
    for offset in (0.0, 0.31, 0.99):
        plays: Counter[str] = Counter()
        for number in range(1, 500):
            choice = rotation(
                campaigns, STAND, T0_NS, rotation_draw(offset, number), always
            )
            plays[choice.campaign.id] += 1
            for campaign in campaigns:
                assert abs(plays[campaign.id] - campaign.share * number) < 2.5


def test_the_probability_is_the_share_divided_among_the_creatives() -> None:
    campaigns = [make_campaign("x", A, B, share=0.6), make_campaign("y", share=0.4)]
    found = {
        (c.creative.id, round(c.probability, 9), c.reason)
        for number in range(20)
        for c in [rotation(campaigns, STAND, T0_NS, rotation_draw(0.2, number), always)]
    }
    assert found == {
        ("a", 0.3, "rotation"),
        ("b", 0.3, "rotation"),
        ("y-plain", 0.4, "rotation"),
    }


def test_draws_at_both_ends_choose_the_first_and_the_last() -> None:
    campaigns = [make_campaign("x", share=0.7), make_campaign("y", share=0.7)]
    assert rotation(campaigns, STAND, T0_NS, 0.0, always).campaign.id == "x"
    assert rotation(campaigns, STAND, T0_NS, 1 - 2**-53, always).campaign.id == "y"


def test_a_missing_file_leaves_its_share_to_the_others() -> None:
    campaigns = [make_campaign("x", A, share=0.5), make_campaign("y", share=0.5)]
    choice = rotation(
        campaigns, STAND, T0_NS, 0.0, lambda _, creative: creative.id != "a"
    )
    assert (choice.creative.id, choice.probability) == ("y-plain", 1.0)


def test_the_house_is_shown_when_nothing_runs() -> None:
    choice = rotation([], STAND, T0_NS, 0.5, always)
    assert (choice.campaign.id, choice.campaign.advertiser, choice.creative.id) == (
        "house",
        "house",
        "house",
    )
    assert choice.probability == 1.0


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
    mall = mall_of().model_copy(update={"campaigns": (make_campaign("x", **fields),)})
    assert bool(running(mall, STAND, T0_NS)) is runs


def test_the_day_is_the_one_at_the_stand() -> None:
    mall = mall_of(make_campaign("x", **{"from": "2027-01-16"}))
    evening = at(14.5 * 3600)
    assert not running(mall, STAND, evening)
    assert not running(mall, Stand(id="north", time_zone="Europe/Berlin"), evening)
    assert running(mall, Stand(id="north", time_zone="Asia/Tokyo"), evening)


def test_an_engaged_person_gets_more() -> None:
    choice = respond(make_campaign("x", A, MORE), audience=engaged())
    assert choice is not None
    assert (choice.creative.id, choice.probability) == ("more", 1.0)
    assert choice.reason == "somebody has been engaged for 2 s: more"


def test_nobody_engaged_gets_nothing_special() -> None:
    assert respond(make_campaign("x", A, MORE), audience=Audience()) is None


def test_responses_of_several_campaigns_are_drawn_by_share() -> None:
    campaigns = (
        make_campaign("x", A, MORE, share=0.6),
        make_campaign("y", A, MORE, share=0.2),
    )
    low, high = (
        respond(*campaigns, audience=engaged(), draw=draw) for draw in (0.74, 0.76)
    )
    assert low is not None
    assert high is not None
    assert (low.campaign.id, high.campaign.id) == ("x", "y")
    assert (round(low.probability, 9), round(high.probability, 9)) == (0.75, 0.25)


def test_a_plain_slot_has_no_responses() -> None:
    held_out = make_campaign("x", A, MORE, holdout=1.0)
    assert respond(held_out, audience=engaged()) is None
    choice = rotation([held_out], STAND, T0_NS, 0.5, always)
    assert (choice.creative.id, choice.arm) == ("a", "plain")


def test_the_share_of_plain_slots_is_the_holdout() -> None:
    campaign = make_campaign("x", holdout=0.1)
    arms = Counter(arm(campaign, "north", T0_NS + n * SLOT_NS) for n in range(5_000))
    assert arms["plain"] / 5_000 == pytest.approx(0.1, abs=0.013)


def test_the_arm_stays_for_a_whole_slot_and_is_nested_across_campaigns() -> None:
    some = make_campaign("x", holdout=0.3)
    many = make_campaign("y", holdout=0.6)
    for n in range(50):
        start = slot_start(T0_NS) + n * SLOT_NS
        assert (
            len(
                {arm(some, "north", start + part * SLOT_NS // 10) for part in range(10)}
            )
            == 1
        )
        if arm(some, "north", start) == "plain":
            assert arm(many, "north", start) == "plain"


def test_slots_begin_every_five_minutes() -> None:
    assert slot_start(at(299)) == T0_NS
    assert slot_start(at(300)) == at(300)
    assert 0 <= uniform("x") < 1
