"""Effects on simulated slots whose truth is known, and when there is none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.effect_worlds import World
from tests.unit.effects.seen import make_slot, make_table
from vitrine.effects.effect import (
    MISMATCH,
    NEVER_ALIKE,
    NOTHING_VARIES,
    Effect,
    effect,
    effects,
    primary,
)
from vitrine.effects.outcomes import (
    ATTENTION,
    OWN_ATTENTION,
    REDEMPTIONS,
    SALES,
    TRAFFIC,
)
from vitrine.effects.slots import SlotOutcome
from vitrine.effects.table import table_of
from vitrine.schemas import Arm


def reason_of(found: Effect) -> str:
    """Return why there is no estimate."""
    assert found.silence is not None
    return found.silence.reason


def alternating(count: int, visitors: int = 4) -> list[SlotOutcome]:
    """Return slots that are adaptive and plain in turn, with a little that varies."""
    found = []
    for number in range(count):
        arm: Arm = "plain" if number % 2 else "adaptive"
        attention_s = 3 + number % 3
        slot = make_slot(
            number,
            arm,
            visitors=visitors,
            attention_s=attention_s,
        )
        found.append(slot)
    return found


def test_without_covariates_it_is_the_difference_of_the_ratios_of_totals() -> None:
    # One slot at each of 40 stands, all at once: no covariate tells them apart.
    slots = []
    for place, slot in enumerate(alternating(40)):
        at_once = replace(
            slot,
            stand_id=str(place),
            slot_ns=0,
            visitors=1 + place % 4,
        )
        slots.append(at_once)
    found = effect(table_of(slots), ATTENTION)
    assert found.adaptive.mean is not None
    assert found.plain.mean is not None
    assert found.estimate == pytest.approx(found.adaptive.mean - found.plain.mean)


def test_both_intervals_hold_the_estimate_and_looking_always_is_wider() -> None:
    found = effect(make_table(World(days=7, effect=0.1)), OWN_ATTENTION)
    assert found.estimate is not None
    assert found.lower is not None
    assert found.upper is not None
    assert found.fixed_lower is not None
    assert found.fixed_upper is not None
    assert found.lower < found.fixed_lower < found.estimate
    assert found.estimate < found.fixed_upper < found.upper


def test_estimates_are_right_on_average_under_trend_hours_and_drift() -> None:
    world = World(
        days=4,
        effect=0.1,
        hour_swing=0.1,
        trend=0.2,
        drift=0.1,
    )
    found = [effect(make_table(world, seed), OWN_ATTENTION) for seed in range(60)]
    estimates = [each.estimate or 0.0 for each in found]
    tolerance = 3 * np.std(estimates) / np.sqrt(60)
    assert np.mean(estimates) == pytest.approx(0.1, abs=float(tolerance))


def test_a_holdout_that_changes_under_a_trend_is_no_effect() -> None:
    world = World(
        days=10,
        holdout=0.2,
        later_holdout=0.6,
        trend=0.5,
    )
    excluded = 0
    naive = 0
    for seed in range(60):
        found = effect(make_table(world, seed), OWN_ATTENTION)
        assert found.estimate is not None
        assert found.fixed_lower is not None
        assert found.fixed_upper is not None
        excluded += not found.fixed_lower <= 0 <= found.fixed_upper
        difference = (found.adaptive.mean or 0.0) - (found.plain.mean or 0.0)
        naive += difference < found.fixed_lower
    assert excluded <= 8
    # The difference of the arms' means takes the trend for an effect.
    assert naive > 40


def test_what_happened_just_before_makes_intervals_narrower() -> None:
    steady = World(days=14, drift=0.0)
    drifting = replace(steady, drift=0.15)
    narrower = 0
    for seed in range(10):
        table = make_table(drifting, seed)
        found = effect(table, OWN_ATTENTION)
        # Every slot a stand of its own: nothing is known of what was before.
        shuffled = replace(
            table, stands=np.array([str(place) for place in range(len(table))])
        )
        without = effect(shuffled, OWN_ATTENTION)
        narrower += (found.error or 0.0) < (without.error or 0.0)
    assert narrower >= 9


def test_empty_slots_count_as_slots_and_not_in_the_mean() -> None:
    slots = alternating(60)
    empty = [
        make_slot(
            100 + number,
            "plain",
            visitors=0,
            attention_s=0,
        )
        for number in range(10)
    ]
    found = effect(table_of([*slots, *empty]), ATTENTION)
    alone = effect(table_of(slots), ATTENTION)
    assert (found.plain.slots, found.plain.slots_with) == (40, 30)
    assert found.plain.mean == alone.plain.mean
    traffic = effect(table_of([*slots, *empty]), TRAFFIC)
    assert traffic.plain.mean == pytest.approx(3.0)
    assert traffic.adaptive.mean == pytest.approx(4.0)


@pytest.mark.parametrize(
    ("slots", "reason"),
    [
        ([], "no slot was drawn by chance"),
        (
            alternating(39),
            "19 plain slots with people; at least 20 of each arm are needed",
        ),
        (
            [make_slot(number, holdout=0.0) for number in range(50)],
            "no slot was drawn by chance",
        ),
    ],
)
def test_too_little_gives_no_estimate_but_the_reason(
    slots: list[SlotOutcome],
    reason: str,
) -> None:
    found = effect(table_of(slots), ATTENTION)
    assert (found.estimate, found.lower, found.upper) == (None, None, None)
    assert reason_of(found) == reason


def test_too_few_people_are_told_apart_from_too_few_slots() -> None:
    table = table_of(alternating(60, visitors=1))
    found = effect(table, ATTENTION, least_people=31)
    assert reason_of(found) == "30 people in adaptive slots; at least 31 are needed"
    assert effect(table, ATTENTION, least_people=30).estimate is not None


def test_a_rare_outcome_must_have_been_seen_in_ten_slots_of_each_arm() -> None:
    slots = alternating(80)
    adaptive = [slot for slot in slots if slot.arm == "adaptive"]
    plain = [slot for slot in slots if slot.arm == "plain"]
    redeeming = [replace(slot, redemptions=1) for slot in adaptive[:20] + plain[:9]]
    rest = adaptive[20:] + plain[9:]
    found = effect(table_of(redeeming + rest), REDEMPTIONS)
    assert (
        reason_of(found)
        == "redemptions in 9 plain slots; at least 10 of each arm are needed"
    )


def test_an_outcome_that_never_varies_has_no_interval_of_zero_width() -> None:
    slots = [
        make_slot(number, "plain" if number % 2 else "adaptive") for number in range(60)
    ]
    found = effect(table_of(slots), ATTENTION)
    assert found.estimate is None
    assert found.silence is NOTHING_VARIES


def test_arms_that_were_never_drawn_at_one_probability_are_not_compared() -> None:
    slots = alternating(40)
    apart = []
    for slot in slots:
        holdout = 0.52 if slot.arm == "plain" else 0.48
        probability = holdout if slot.arm == "plain" else 1 - holdout
        apart.append(replace(slot, probability=probability))
    found = effect(table_of(apart), ATTENTION)
    assert found.silence is NEVER_ALIKE


def test_slots_missing_in_one_arm_silence_the_effect() -> None:
    slots = alternating(400)
    assert effect(table_of(slots), ATTENTION).silence is None
    plain = [slot for slot in slots if slot.arm == "plain"]
    adaptive = [slot for slot in slots if slot.arm == "adaptive"]
    few = [*adaptive, *plain[::2]]
    found = effect(table_of(few), ATTENTION)
    assert found.silence is MISMATCH


def test_a_campaign_is_judged_by_sales_then_redemptions_then_attention() -> None:
    redeeming = make_slot(redemptions=1)
    selling = make_slot(redemptions=1, sales_minor=100)
    for slot, outcome in (
        (make_slot(), ATTENTION),
        (redeeming, REDEMPTIONS),
        (selling, SALES),
    ):
        found = primary(effects([make_slot(1), slot]))
        assert found is not None
        assert found.outcome is outcome
    assert primary([]) is None


def test_every_outcome_has_its_effect() -> None:
    found = effects(alternating(60))
    assert [each.outcome.name for each in found] == [
        "sales",
        "redemptions",
        "attention",
        "own_attention",
        "traffic",
    ]


def test_the_same_slots_give_the_same_effect_in_any_order() -> None:
    slots = alternating(60)
    one = effect(table_of(slots), ATTENTION)
    other = effect(table_of(slots[::-1]), ATTENTION)
    assert one == other
