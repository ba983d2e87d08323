"""Each campaign's arms are fixed by stand and slot, and plain as often as the holdout says."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.builders import T0_NS, at
from tests.stand_builders import make_campaign
from vitrine.mall import Campaign
from vitrine.programme.arms import (
    BLOCK_NS,
    BLOCK_SLOTS,
    arm,
    plain_slots,
    probability_of,
    slot_start,
    uniform,
)
from vitrine.schemas import SLOT_NS

HOURS = 4_000
# Multiples of an hour.
FIRST_NS = T0_NS - T0_NS % BLOCK_NS


def hours(campaign: str, holdout: float, stand: str = "north") -> list[frozenset[int]]:
    """Return the plain slots of each hour, by their places in it."""
    found = []
    for number in range(HOURS):
        hour_ns = FIRST_NS + number * BLOCK_NS
        plain = plain_slots(campaign, holdout, stand, hour_ns)
        found.append(frozenset((slot - hour_ns) // SLOT_NS for slot in plain))
    return found


@pytest.mark.parametrize(
    ("seconds", "start"),
    [
        (0, 0),
        (299.9, 0),
        (300, 300),
        (599.9, 300),
    ],
)
def test_slots_begin_every_five_minutes(seconds: float, start: float) -> None:
    assert slot_start(at(seconds)) == at(start)


def test_a_slot_lasts_five_minutes_and_an_hour_has_twelve() -> None:
    assert SLOT_NS == 300_000_000_000
    assert BLOCK_SLOTS == 12


@pytest.mark.parametrize(
    ("seed", "number"),
    [
        (("x",), 0.29246922768054995),
        (("x", 1), 0.6154529322002247),
        (("arm", "north", 300), 0.8976811955590562),
    ],
)
def test_a_seed_gives_the_same_number_for_ever(
    seed: tuple[str | int, ...], number: float
) -> None:
    # Another number would put slots of the past into another arm.
    assert uniform(*seed) == number


def test_the_arms_of_an_hour_are_the_same_for_ever() -> None:
    plain = plain_slots("spring", 0.25, "north", FIRST_NS)
    places = sorted((slot - FIRST_NS) // SLOT_NS for slot in plain)
    assert places == [3, 7, 11]


def test_the_parts_of_a_seed_are_kept_apart() -> None:
    assert uniform("a", "b") != uniform("ab")


@pytest.mark.parametrize("holdout", [0.2, 0.1, 0.5, 1 / 3])
def test_each_place_in_the_hour_is_plain_with_the_probability_of_the_holdout(
    holdout: float,
) -> None:
    counts = Counter(place for plain in hours("x", holdout) for place in plain)
    spread = (holdout * (1 - holdout) / HOURS) ** 0.5
    for place in range(BLOCK_SLOTS):
        # Twelve comparisons: one beyond four deviations has a probability below 0.001.
        assert abs(counts[place] / HOURS - holdout) < 4 * spread


@pytest.mark.parametrize(
    ("holdout", "expected"),
    [(0.2, {2, 3}), (0.5, {6}), (0.0, {0}), (1.0, {12}), (0.05, {0, 1})],
)
def test_each_hour_has_as_near_as_possible_its_share(
    holdout: float, expected: set[int]
) -> None:
    assert {len(plain) for plain in hours("x", holdout)} == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [(("x", "north"), ("y", "north")), (("x", "north"), ("x", "south"))],
)
def test_arms_of_campaigns_and_of_stands_are_independent(
    one: tuple[str, str], other: tuple[str, str]
) -> None:
    pairs = zip(
        hours(one[0], 0.5, one[1]),
        hours(other[0], 0.5, other[1]),
        strict=True,
    )
    both = sum(len(first & second) for first, second in pairs)
    # Of each 12 slots 6 are plain twice: 3 by chance are plain for both, with variance 9/11.
    deviations = (both - 3 * HOURS) / (HOURS * 9 / 11) ** 0.5
    assert abs(deviations) < 4


def test_neighbours_are_plain_together_no_more_than_an_hour_of_few_makes_them() -> None:
    both = sum({0, 1} <= plain for plain in hours("x", 0.5))
    expected = HOURS * (6 / 12) * (5 / 11)
    assert both == pytest.approx(expected, abs=4 * (expected * 0.77) ** 0.5)


def test_the_arm_of_a_moment_is_that_of_its_slot_in_its_hour() -> None:
    campaign = make_campaign("x", holdout=0.5)
    plain = plain_slots("x", 0.5, "north", FIRST_NS)
    for start_ns in range(FIRST_NS, FIRST_NS + BLOCK_NS, SLOT_NS):
        expected = "plain" if start_ns in plain else "adaptive"
        for moment_ns in (start_ns, start_ns + SLOT_NS // 2, start_ns + SLOT_NS - 1):
            assert arm(campaign, "north", moment_ns) == expected


def test_a_slot_that_is_plain_for_a_holdout_is_plain_for_a_larger_one() -> None:
    some = hours("x", 0.3)
    for few, many in zip(some, hours("x", 0.6), strict=True):
        assert few <= many


def test_the_probability_is_that_of_the_arm() -> None:
    assert probability_of(0.2, "plain") == 0.2
    assert probability_of(0.2, "adaptive") == 0.8


def test_a_campaign_that_says_nothing_holds_a_fifth_out() -> None:
    fields = make_campaign().model_dump(by_alias=True, exclude={"holdout"})
    assert Campaign.model_validate(fields).holdout == 0.2
