"""The experiment's arms are fixed by stand and slot, and plain as often as the holdout says."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.builders import T0_NS, at
from tests.stand_builders import make_campaign
from vitrine.programme.arms import SLOT_NS, arm, slot_start, uniform


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


def test_a_slot_lasts_five_minutes() -> None:
    assert SLOT_NS == 300_000_000_000


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


def test_the_parts_of_a_seed_are_kept_apart() -> None:
    assert uniform("a", "b") != uniform("ab")


def test_the_share_of_plain_slots_is_the_holdout() -> None:
    campaign = make_campaign("x", holdout=0.1)
    slots = range(5_000)
    arms = Counter(arm(campaign, "north", T0_NS + n * SLOT_NS) for n in slots)
    assert arms["plain"] / 5_000 == pytest.approx(0.1, abs=0.013)


def test_a_slot_is_plain_when_its_number_is_below_the_holdout() -> None:
    number = uniform("arm", "north", T0_NS)
    just_above = make_campaign("x", holdout=number + 1e-9)
    equal = make_campaign("x", holdout=number)
    assert arm(just_above, "north", T0_NS) == "plain"
    assert arm(equal, "north", T0_NS) == "adaptive"


def test_without_a_holdout_no_slot_is_plain() -> None:
    assert arm(make_campaign("x", holdout=0), "north", T0_NS) == "adaptive"


def test_the_arm_stays_for_a_whole_slot() -> None:
    campaign = make_campaign("x", holdout=0.5)
    for slot in range(50):
        start = T0_NS + slot * SLOT_NS
        moments = [start, start + SLOT_NS // 2, start + SLOT_NS - 1]
        arms = {arm(campaign, "north", moment) for moment in moments}
        assert len(arms) == 1


def test_a_slot_that_is_plain_for_few_is_plain_for_a_larger_holdout() -> None:
    some = make_campaign("x", holdout=0.3)
    many = make_campaign("y", holdout=0.6)
    plain = []
    for slot in range(50):
        start = T0_NS + slot * SLOT_NS
        if arm(some, "north", start) == "plain":
            plain.append(arm(many, "north", start))
    assert len(plain) > 5
    assert set(plain) == {"plain"}


def test_stands_have_arms_of_their_own() -> None:
    campaign = make_campaign("x", holdout=0.5)
    differ = []
    for slot in range(50):
        start = T0_NS + slot * SLOT_NS
        north = arm(campaign, "north", start)
        differ.append(north != arm(campaign, "south", start))
    assert 10 < sum(differ) < 40
