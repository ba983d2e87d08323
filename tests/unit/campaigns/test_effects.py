"""Uplift on simulated slots with a known effect, and the interval of a share."""

from __future__ import annotations

import numpy as np
import pytest

from vitrine.campaigns.effects import SlotGoals, slots_of, uplift, wilson
from vitrine.schemas import Arm


def simulate(
    seed: int,
    adaptive: float,
    plain: float,
    slots: int = 60,
) -> tuple[SlotGoals, ...]:
    """Draw slots whose rates scatter around the arm's: people in front of one screen are alike."""
    draw = np.random.default_rng(seed)
    found = []
    for number in range(slots):
        arm: Arm = "plain"
        mean = plain
        if draw.random() < 0.5:
            arm = "adaptive"
            mean = adaptive
        ots = 1 + int(draw.poisson(12))
        rate = draw.beta(8 * mean, 8 * (1 - mean))
        reached = int(draw.binomial(ots, rate))
        found.append(
            SlotGoals(
                "north",
                number,
                arm,
                ots,
                reached,
            )
        )
    return tuple(found)


def test_the_interval_holds_the_true_effect_about_as_often_as_it_says() -> None:
    estimates = []
    hits = 0
    for seed in range(200):
        effect = uplift(simulate(seed, 0.5, 0.4))
        assert effect.estimate is not None
        assert effect.lower is not None
        assert effect.upper is not None
        estimates.append(effect.estimate)
        hits += effect.lower <= 0.1 <= effect.upper
    assert 0.90 <= hits / 200 <= 0.98
    assert np.mean(estimates) == pytest.approx(0.1, abs=0.01)


def test_the_interval_is_wider_than_if_people_were_independent() -> None:
    slots = simulate(1, 0.5, 0.5)
    effect = uplift(slots)
    adaptive = sum(slot.ots for slot in slots if slot.arm == "adaptive")
    plain = sum(slot.ots for slot in slots if slot.arm == "plain")
    naive = 2 * 1.96 * (0.25 / adaptive + 0.25 / plain) ** 0.5
    assert effect.upper is not None
    assert effect.lower is not None
    assert effect.upper - effect.lower > 1.1 * naive


def test_the_same_slots_give_the_same_interval_in_any_order() -> None:
    slots = simulate(2, 0.6, 0.4)
    assert uplift(slots) == uplift(slots[::-1])


def test_too_few_slots_give_no_estimate_but_the_reason() -> None:
    slots = [
        SlotGoals(
            "north",
            n,
            "adaptive",
            4,
            2,
        )
        for n in range(9)
    ]
    slots += [
        SlotGoals(
            "north",
            n,
            "plain",
            4,
            1,
        )
        for n in range(9, 13)
    ]
    slots.append(
        SlotGoals(
            "north",
            14,
            "plain",
            0,
            0,
        )
    )
    effect = uplift(tuple(slots))
    assert (effect.estimate, effect.lower, effect.upper) == (None, None, None)
    assert (effect.adaptive_rate, effect.plain_rate) == (0.5, 0.25)
    assert (
        effect.reason
        == "9 adaptive and 4 plain slots with people; at least 5 of each are needed"
    )
    assert uplift(()).adaptive_rate is None


def test_slots_are_put_together_from_what_the_store_counts() -> None:
    counts: list[tuple[str, int, Arm, str, int]] = [
        ("north", 1, "plain", "ots", 5),
        ("north", 1, "plain", "reached", 2),
        ("north", 2, "adaptive", "ots", 1),
    ]
    assert slots_of(counts) == (
        SlotGoals("north", 1, "plain", 5, 2),
        SlotGoals("north", 2, "adaptive", 1, 0),
    )


def test_wilson_interval_of_a_share() -> None:
    assert wilson(5, 10) == pytest.approx((0.2366, 0.7634), abs=1e-4)
    assert wilson(0, 10)[0] == 0.0
