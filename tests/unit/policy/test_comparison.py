"""Policies are compared in figures and in a sentence."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from tests.policy_builders import make_outcome
from vitrine.policy.comparison import Comparison, compare, sentence
from vitrine.policy.log import log_of


def comparison(shares: Mapping[str, float], plays: int = 1200) -> Comparison:
    """Plays alike of creatives that are touched so often."""
    rng = np.random.default_rng(5)
    names = list(shares)
    outcomes = []
    for number in range(plays):
        creative = names[int(rng.integers(len(names)))]
        outcome = make_outcome(
            50 * number,
            creative_id=creative,
            reward=float(rng.random() < shares[creative]),
            probabilities=dict.fromkeys(names, 1 / len(names)),
        )
        outcomes.append(outcome)
    return compare(log_of(outcomes), {"mostly a": {"a": 3, "b": 1}})


def test_the_rotation_each_creative_mixtures_and_the_learned_policy_are_compared() -> (
    None
):
    found = comparison({"a": 0.6, "b": 0.2})
    values = {name: value.robust.value for name, value in found.policies.items()}
    assert list(values) == ["rotation", "always a", "always b", "mostly a", "learned"]
    expected = [0.4, 0.6, 0.2, 0.5, 0.58]
    assert list(values.values()) == pytest.approx(expected, abs=0.05)
    assert (found.plays, found.slots, found.goal) == (1200, 200, "touch")
    assert found.shown.value == pytest.approx(0.4, abs=0.05)


def test_a_gain_is_told_in_words() -> None:
    said = sentence(comparison({"a": 0.6, "b": 0.2}))
    assert said == (
        "Learning would do better than the rotation: 60.1% of the plays are touched, "
        "with the rotation 41.9%. The difference is between +15.9 and +20.6 percentage "
        "points, with 95 % confidence."
    )


def test_no_gain_is_told_where_creatives_are_alike() -> None:
    said = sentence(comparison({"a": 0.4, "b": 0.4}))
    assert said.startswith("The log does not show that learning would do better: ")


def test_too_few_plays_say_nothing() -> None:
    said = sentence(comparison({"a": 0.6, "b": 0.2}, plays=60))
    assert said.startswith("The log does not say whether learning would help: ")
