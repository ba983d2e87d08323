"""Each creative comes with the probability that it is the best, and never below the floor."""

from __future__ import annotations

import pytest

from vitrine.policy.posterior import Normal
from vitrine.policy.thompson import best_probabilities, drawn, probabilities


def test_two_creatives_come_by_the_difference_of_their_means() -> None:
    # P(a > b) = Φ(0.1 / √(0.06² + 0.08²)) = Φ(1).
    found = best_probabilities({"a": Normal(0.3, 0.06), "b": Normal(0.2, 0.08)})
    assert found == pytest.approx({"a": 0.8413, "b": 0.1587}, abs=0.002)


def test_equal_beliefs_come_alike() -> None:
    found = best_probabilities(dict.fromkeys("abc", Normal(0.1, 0.2)))
    assert found == pytest.approx(dict.fromkeys("abc", 1 / 3))


def test_one_of_which_little_is_known_is_tried() -> None:
    beliefs = {
        "known": Normal(0.30, 0.01),
        "new": Normal(0.25, 0.2),
        "bad": Normal(0.1, 0.01),
    }
    found = best_probabilities(beliefs)
    assert found["new"] == pytest.approx(0.401, abs=0.01)
    assert found["bad"] < 0.001


@pytest.mark.parametrize("count", [2, 5, 20])
def test_no_creative_comes_below_the_floor(count: int) -> None:
    beliefs = {f"c{number}": Normal(-0.2, 0.001) for number in range(count)}
    beliefs["c0"] = Normal(0.9, 0.001)
    found = probabilities(beliefs)
    assert min(found.values()) == pytest.approx(0.1 / count)
    assert found["c0"] == pytest.approx(0.9 + 0.1 / count)
    assert sum(found.values()) == pytest.approx(1)


@pytest.mark.parametrize(
    ("draw", "name"), [(0.0, "a"), (0.19, "a"), (0.2, "b"), (0.69, "b"), (0.999, "c")]
)
def test_a_draw_falls_on_the_shares_side_by_side(draw: float, name: str) -> None:
    assert drawn({"a": 0.2, "b": 0.5, "c": 0.3}, draw) == name


def test_rounding_leaves_the_rest_to_the_last() -> None:
    assert drawn({"a": 0.5, "b": 0.4999999}, 0.9999999999) == "b"
