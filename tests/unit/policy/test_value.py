"""The value of a policy from the log of another one."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import t as student

from tests.policy_builders import make_outcome
from vitrine.policy.log import Log, fixed, learned, log_of, mixture, rotation
from vitrine.policy.value import (
    cross_fitted,
    effective_size,
    evaluate,
    mean_interval,
    robust_scores,
    student_975,
)
from vitrine.schemas import Outcome


def play(number: int, creative: str, reward: float, share_of_a: float = 0.5) -> Outcome:
    """The play of slot `number`."""
    return make_outcome(
        300 * number,
        creative_id=creative,
        reward=reward,
        probabilities={"a": share_of_a, "b": 1 - share_of_a},
    )


# By hand: `a` came with 0.25 and led to 1 and 0, `b` with 0.75 and led to 0, 0, 1, 0, 0, 1.
BY_HAND = log_of(
    [play(number, "a", reward, 0.25) for number, reward in enumerate((1, 0))]
    + [
        play(number, "b", reward, 0.25)
        for number, reward in enumerate((0, 0, 1, 0, 0, 1), start=2)
    ]
)


def simulated(plays: int, seed: int, share_of_a: float = 0.5) -> Log:
    """Plays of which `a` leads to a reward in 0.3, `b` in 0.5 of the cases; six in a slot."""
    rng = np.random.default_rng(seed)
    outcomes = []
    for number in range(plays):
        creative = "a" if rng.random() < share_of_a else "b"
        reward = float(rng.random() < {"a": 0.3, "b": 0.5}[creative])
        outcome = make_outcome(
            50 * number,
            creative_id=creative,
            reward=reward,
            probabilities={"a": share_of_a, "b": 1 - share_of_a},
        )
        outcomes.append(outcome)
    return log_of(outcomes)


# Policies


def test_a_policy_shows_only_what_could_be_shown() -> None:
    three = make_outcome(0, probabilities={"a": 0.5, "b": 0.3, "c": 0.2})
    two = make_outcome(300, probabilities={"a": 0.5, "b": 0.5})
    log = log_of([three, two])
    assert log.creatives == ["a", "b", "c"]
    assert rotation(log) == pytest.approx(np.array([[1 / 3] * 3, [0.5, 0.5, 0]]))
    assert mixture(log, {"a": 3, "c": 1}) == pytest.approx(
        np.array([[0.75, 0, 0.25], [1, 0, 0]])
    )
    assert fixed(log, "c") == pytest.approx(np.array([[0, 0, 1], [0.5, 0.5, 0]]))


def test_a_play_that_comes_twice_counts_once() -> None:
    once = play(0, "a", 1.0)
    assert len(log_of([once, once, play(1, "b", 0.0)]).rewards) == 2


def test_the_learned_policy_prefers_what_was_better_elsewhere() -> None:
    target = learned(simulated(600, seed=1), 5)
    assert target.sum(axis=1) == pytest.approx(np.ones(600))
    assert target[:, 1].mean() > 0.8


def test_the_learned_policy_has_not_seen_what_it_is_judged_by() -> None:
    # One slot is all of its fold: what the policy does there comes from the other slots.
    plays = [play(number, "ab"[number % 2], 0.0) for number in range(10)]
    changed = [
        one.model_copy(update={"reward": 1.0}) if number == 4 else one
        for number, one in enumerate(plays)
    ]
    before = learned(log_of(plays), 10)
    after = learned(log_of(changed), 10)
    assert after[4] == pytest.approx(before[4])
    assert after[5] != pytest.approx(before[5])


# Estimates


def test_without_a_model_the_robust_estimate_is_the_weighted_one() -> None:
    target = fixed(BY_HAND, "a")
    scores = robust_scores(BY_HAND, target, np.zeros((8, 2)))
    # Eight plays; the one of `a` with a reward counts four times.
    assert scores.tolist() == [4, 0, 0, 0, 0, 0, 0, 0]


def test_a_model_is_corrected_by_what_was_seen() -> None:
    target = fixed(BY_HAND, "a")
    model = np.full((8, 2), 0.25)
    scores = robust_scores(BY_HAND, target, model)
    # 0.25 + 4 · (1 − 0.25), 0.25 + 4 · (0 − 0.25), then the model alone.
    assert scores.tolist() == [3.25, -0.75] + [0.25] * 6


def test_plays_count_by_their_weights() -> None:
    assert effective_size(np.array([4.0, 4, 0, 0, 0, 0, 0, 0])) == 2
    assert effective_size(np.ones(8)) == 8
    assert effective_size(np.zeros(8)) == 0


def test_the_model_sees_no_play_of_the_slot_that_it_judges() -> None:
    log = simulated(60, seed=2)
    model = cross_fitted(log)
    rewards = log.rewards.copy()
    rewards[log.slots == 3] = 1 - rewards[log.slots == 3]
    changed = cross_fitted(Log(**{**vars(log), "rewards": rewards}))
    assert changed[log.slots == 3] == pytest.approx(model[log.slots == 3])
    assert changed[log.slots == 4] != pytest.approx(model[log.slots == 4])


def test_slots_are_the_units_of_the_interval() -> None:
    scores = np.array([0.0, 0.2, 1.0, 0.8, 0.4, 0.6])
    slots = np.array([0, 0, 1, 1, 2, 2])
    found = mean_interval(scores, slots)
    # Slots of equal size: Student's interval of their three means.
    means = np.array([0.1, 0.9, 0.5])
    half = student_975(2) * means.std(ddof=1) / 3**0.5
    assert found.value == pytest.approx(0.5)
    assert (found.lower, found.upper) == pytest.approx((0.5 - half, 0.5 + half))


def test_one_slot_says_nothing_about_others() -> None:
    found = mean_interval(np.array([0.4, 0.6]), np.array([0, 0]))
    assert (found.value, found.lower, found.upper) == (0.5, -np.inf, np.inf)


@pytest.mark.parametrize("freedom", [4, 10, 29, 1000])
def test_the_quantile_is_that_of_students_distribution(freedom: int) -> None:
    assert student_975(freedom) == pytest.approx(student.ppf(0.975, freedom), rel=0.01)


def test_a_policy_is_valued_near_its_truth_and_compared_with_the_rotation() -> None:
    log = simulated(3000, seed=3, share_of_a=0.8)
    value = evaluate(log, fixed(log, "b"), rotation(log), cross_fitted(log))
    assert value.robust.value == pytest.approx(0.5, abs=0.06)
    assert value.weighted.value == pytest.approx(0.5, abs=0.06)
    assert value.gain.value == pytest.approx(0.1, abs=0.04)
    assert value.robust.lower < 0.5 < value.robust.upper
    assert value.gain.lower > 0
    # A fifth of the plays showed `b`.
    assert value.effective == pytest.approx(600, rel=0.1)
    assert value.warnings == ()


def test_poor_overlap_and_few_slots_are_told() -> None:
    log = simulated(120, seed=4, share_of_a=0.9)
    value = evaluate(log, fixed(log, "b"), rotation(log), cross_fitted(log))
    poor, few = value.warnings
    assert "120 plays say as much as" in poor
    assert "only 20 slots" in few
