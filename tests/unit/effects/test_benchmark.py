"""The benchmark of the statistics, in short."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.effect_worlds import World, world_of_plain
from benchmarks.effects import (
    RESTLESS,
    Shares,
    changed_holdout,
    covered,
    days_to_power,
    ever_wrong,
    least_days,
    main,
    widths,
)


def test_few_slots_are_silent_and_enough_cover_the_truth() -> None:
    few = covered(world_of_plain(10, 0.2, 0.1, 0.0), runs=10, seed=1)
    assert few.told == Shares(0, 10)
    assert str(few) == "silent"
    enough = covered(world_of_plain(30, 0.5, 0.3, 0.05), runs=200, seed=1)
    assert enough.told.share > 0.95
    assert 0.91 <= enough.fixed.share <= 0.99
    assert enough.anytime.share > enough.fixed.share


def test_reading_every_hour_finds_nothing_that_is_not_there() -> None:
    sequence, one_look = ever_wrong(replace(RESTLESS, days=3), runs=20, seed=1)
    assert sequence.found <= 2
    assert one_look.found > sequence.found


def test_a_changed_holdout_fools_the_bootstrap_only() -> None:
    world = World(
        days=10,
        later_holdout=0.6,
        trend=0.5,
    )
    adjusted, naive = changed_holdout(world, runs=6, seed=1)
    assert adjusted.found <= 2
    assert naive.found >= 4


def test_a_large_effect_is_found_soon() -> None:
    world = World(
        days=4,
        holdout=0.5,
        effect=0.3,
    )
    daily, once = days_to_power(world, runs=10, seed=1)
    assert daily is not None
    assert once is not None
    assert once <= daily <= 4


def test_the_days_that_power_takes_follow_from_the_variance() -> None:
    # 4 × .21 / 5 × (2.8 / .1)² of independent visitors, two arms of half the slots each.
    world = World(
        holdout=0.5,
        base=0.25,
        effect=0.1,
        alike=1e-9,
    )
    variance = 2 * (0.25 * 0.75 + 0.35 * 0.65)
    expected = variance * 2.8016**2 / 0.1**2 / 300
    assert least_days(world) == pytest.approx(expected, rel=1e-3)


def test_looking_always_is_wider_than_the_bootstrap() -> None:
    found = widths(world_of_plain(40, 0.5, 0.1, 0.0), runs=3, seed=1)
    assert found["sequence"] > found["one look"] > 0
    assert found["sequence"] > found["bootstrap"] > 0


def test_it_prints_a_line_for_each_kind_of_campaign(
    capsys: pytest.CaptureFixture[str],
) -> None:
    main(["--short", "--only", "coverage"])
    printed = capsys.readouterr().out
    assert printed.count("0.02") >= 12


def test_an_upper_bound_is_that_of_clopper_and_pearson() -> None:
    # 1 − .05^(1/100), where nothing was found.
    assert Shares(0, 100).upper == pytest.approx(0.0295, abs=1e-4)
