"""The short form of `python -m benchmarks.policy`: malls whose truth is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.policy import (
    BY_HOUR,
    DAY_PLAYS,
    POLICIES,
    STEADY,
    Run,
    learning,
    rotated_log,
    target,
    truths,
)
from vitrine.policy.learned import pooled
from vitrine.policy.value import cross_fitted, mean_interval, robust_scores


def gain(run: Run, first: int = 0) -> float:
    """Points of reward that the policy gains on the rotation, from a play on."""
    return 100 * (run.by_learning(first) - run.by_rotation(first))


@pytest.mark.parametrize("delay_plays", [0, 100])
def test_the_policy_gains_on_the_rotation_also_where_rewards_come_late(
    delay_plays: int,
) -> None:
    runs = [learning(STEADY, 600, seed, delay_plays=delay_plays) for seed in range(4)]
    # The best creative of the four is 9.4 points better than their mean.
    assert np.mean([gain(run, 250) for run in runs]) > 4


def test_the_policy_beats_any_one_creative_where_the_hour_decides() -> None:
    run = learning(BY_HOUR, 2 * DAY_PLAYS, seed=0)
    # Of the second day, from morning to evening.
    over_fixed = run.by_learning(DAY_PLAYS) - run.by_best_fixed(DAY_PLAYS)
    assert over_fixed > 0.02


def test_no_creative_came_below_the_floor() -> None:
    run = learning(STEADY, 200, seed=1)
    least = min(min(one.probabilities.values()) for one in run.outcomes)
    assert least >= 0.1 / 4


def test_a_new_stand_gains_from_the_first_play_on_where_others_are_alike() -> None:
    others = [learning(STEADY, 400, seed).learned for seed in (11, 12, 13)]
    pool = pooled(others, others[0].as_of_ns)
    alone = [gain(learning(STEADY, 60, seed)) for seed in range(4)]
    together = [gain(learning(STEADY, 60, seed, pool=pool)) for seed in range(4)]
    assert np.mean(together) > np.mean(alone) + 2


def test_intervals_hold_the_truth_as_often_as_they_say_because_slots_are_units() -> (
    None
):
    # Slots differ much: six plays of one are worth little more than one.
    truth = replace(STEADY, slot_spread=2.0)
    policy = POLICIES["3 a : 1 b"]
    true = truths(truth, 150, 400)["3 a : 1 b"]
    by_slots = 0
    by_plays = 0
    for seed in range(80):
        log = rotated_log(truth, 150, seed)
        scores = robust_scores(log, target(log, policy), cross_fitted(log))
        clustered = mean_interval(scores, log.slots)
        alone = mean_interval(scores, np.arange(len(scores)))
        by_slots += clustered.lower <= true <= clustered.upper
        by_plays += alone.lower <= true <= alone.upper
    assert by_slots / 80 > 0.9
    assert by_plays / 80 < by_slots / 80
