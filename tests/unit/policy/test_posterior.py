"""Sums of plays give the posterior that the textbook's matrices give."""

from __future__ import annotations

import numpy as np
import pytest

from vitrine.policy.posterior import (
    BASE_PRECISION,
    SIZE,
    SLOPE_PRECISION,
    Sums,
    belief,
)


def random_plays(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Contexts (count, SIZE) and rewards (count,)."""
    rng = np.random.default_rng(3)
    contexts = rng.uniform(-1, 1, (count, SIZE))
    contexts[:, 0] = 1.0
    return contexts, rng.uniform(0, 1, count)


def sums_of(contexts: np.ndarray, rewards: np.ndarray, weight: float = 1.0) -> Sums:
    sums = Sums()
    for context, reward in zip(contexts.tolist(), rewards.tolist(), strict=True):
        sums.add(tuple(context), reward, weight)
    return sums


@pytest.mark.parametrize("count", [0, 1, 50])
def test_a_belief_is_that_of_bayesian_linear_regression(count: int) -> None:
    contexts, rewards = random_plays(count)
    asked = (1.0, 0.3, -0.2, 0.6, 0.5, 0.0, 1.0)
    found = belief(sums_of(contexts, rewards), asked, noise=0.04)
    prior = np.diag([BASE_PRECISION] + [SLOPE_PRECISION] * (SIZE - 1))
    covariance = np.linalg.inv(contexts.T @ contexts + prior)
    expected = np.array(asked) @ covariance @ contexts.T @ rewards
    variance = 0.04 * np.array(asked) @ covariance @ np.array(asked)
    assert found.mean == pytest.approx(expected)
    assert found.deviation == pytest.approx(variance**0.5)


def test_centred_sums_are_those_of_centred_rewards() -> None:
    contexts, rewards = random_plays(20)
    centred = sums_of(contexts, rewards).centred(0.4)
    expected = sums_of(contexts, rewards - 0.4)
    assert centred.gram == pytest.approx(expected.gram)
    assert centred.moments == pytest.approx(expected.moments)
    assert centred.squares == pytest.approx(expected.squares)


def test_merged_sums_are_those_of_all_plays_with_their_weights() -> None:
    contexts, rewards = random_plays(20)
    merged = sums_of(contexts[:8], rewards[:8])
    merged.merge(sums_of(contexts[8:], rewards[8:]), 0.5)
    expected = sums_of(contexts[:8], rewards[:8])
    for context, reward in zip(
        contexts[8:].tolist(), rewards[8:].tolist(), strict=True
    ):
        expected.add(tuple(context), reward, 0.5)
    assert merged.gram == pytest.approx(expected.gram)
    assert merged.moments == pytest.approx(expected.moments)
    assert merged.squares == pytest.approx(expected.squares)
    assert merged.plays == pytest.approx(14)


def test_weights_scale_all_sums() -> None:
    contexts, rewards = random_plays(5)
    scaled = sums_of(contexts, rewards).scaled(0.25)
    assert scaled.gram == pytest.approx(sums_of(contexts, rewards, 0.25).gram)
    assert scaled.rewards == pytest.approx(rewards.sum() / 4)
