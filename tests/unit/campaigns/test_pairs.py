"""What a slot tells of two creatives: plays and people of a slot → sums of both sides."""

from __future__ import annotations

from datetime import date

import pytest

from tests.builders import at
from tests.campaign_scenario import make_exposure, make_play, window_events
from vitrine.campaigns.audience import Audience
from vitrine.campaigns.pairs import pairs_of
from vitrine.campaigns.slots import look
from vitrine.effects.slots import Pair, Side
from vitrine.schemas import Exposure, Play

DAY = date(2027, 1, 15)
BOOT = {"spring/boot": 0.2, "coffee/espresso": 0.3}
SHOE = {"spring/shoe": 0.6, "coffee/espresso": 0.3}


def people() -> list[Exposure]:
    """Anna looks for two seconds of each play, Beate at none, Carla is there too briefly."""
    return [
        make_exposure(0, 16, ((1, 3), (9, 11)), ("a",)),
        make_exposure(0, 8, (), ("b",)),
        make_exposure(0, 0.5, ((0, 0.5),), ("c",)),
    ]


def pairs(*plays: Play) -> tuple[Pair, ...]:
    return pairs_of(plays, Audience(people(), []), DAY)


def test_views_are_weighted_by_the_chance_of_what_was_shown() -> None:
    shoe = make_play(0, 8, probability=0.6, alternatives=BOOT)
    boot = make_play(8, 16, creative_id="boot", probability=0.2, alternatives=SHOE)
    (found,) = pairs(boot, shoe)
    assert (found.first_id, found.second_id) == ("boot", "shoe")
    assert found.first == Side(people=1, weight=4.0, outcome=8.0, longest_s=8.0)
    assert found.second == pytest.approx((2, 2 / 0.75, 2 / 0.75, 8.0))


@pytest.mark.parametrize(
    "alternatives",
    [{}, {"coffee/espresso": 0.4}, {"spring/boot": 0.01}],
)
def test_where_no_other_creative_had_a_fair_chance_there_is_no_pair(
    alternatives: dict[str, float],
) -> None:
    assert pairs(make_play(0, 8, probability=0.6, alternatives=alternatives)) == ()


def test_a_slot_has_the_pairs_of_its_own_plays() -> None:
    shoe = make_play(40, 48, probability=0.6, alternatives=BOOT)
    before = make_play(
        30,
        38,
        creative_id="boot",
        probability=0.2,
        alternatives=SHOE,
        slot_ns=at(-300),
    )
    anna = make_exposure(30, 60, ((41, 43),), ("a",))
    view = look(at(0), window_events(shoe, before, anna), "UTC")
    (pair,) = view.own["spring"].pairs
    assert pair.first == Side()
    assert pair.second.people == 1
