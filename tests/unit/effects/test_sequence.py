"""Confidence sequences: the published implementation's values, and what follows from them."""

from __future__ import annotations

import pytest

from vitrine.effects.sequence import (
    ALPHA,
    NARROWEST_AT,
    SPREAD,
    anytime_p,
    best_spread,
    limit_radius,
    radius,
)

# Of the R package avlm 0.1.0 by the authors of the method: the example in its README, a regression
# of 100 observations on 8 columns, with g = optimal_g(100, 8, 0.05).
PUBLISHED_G = 11.5815
PUBLISHED = [
    (5.776, 9.77e-06),
    (8.190, 8.07e-10),
    (10.769, 3.19e-14),
    (9.527, 3.98e-12),
]


@pytest.mark.parametrize(("ratio", "p_value"), PUBLISHED)
def test_p_values_are_those_of_the_published_implementation(
    ratio: float,
    p_value: float,
) -> None:
    found = anytime_p(
        ratio,
        count=100,
        freedom=92,
        spread=PUBLISHED_G,
    )
    # It prints three digits, of ratios with four.
    assert found == pytest.approx(p_value, rel=5e-3)


def test_the_published_g_is_where_the_sequence_is_narrowest() -> None:
    narrowest = radius(100, 92, PUBLISHED_G)
    assert narrowest < radius(100, 92, PUBLISHED_G * 1.01)
    assert narrowest < radius(100, 92, PUBLISHED_G * 0.99)


def test_at_the_end_of_the_interval_the_p_value_is_its_level() -> None:
    end = radius(300, 40, SPREAD)
    found = anytime_p(
        end,
        count=300,
        freedom=40,
        spread=SPREAD,
    )
    assert found == pytest.approx(ALPHA)


def test_an_estimate_of_nothing_is_no_evidence() -> None:
    found = anytime_p(
        0.0,
        count=300,
        freedom=40,
        spread=SPREAD,
    )
    assert found == 1.0


def test_with_much_freedom_it_is_the_asymptotic_sequence() -> None:
    # σ √(2 (tρ² + 1) / (t² ρ²) · log(√(tρ² + 1) / α)) of a mean, in errors σ / √t.
    assert radius(1000, 1e9, SPREAD) == pytest.approx(limit_radius(1000, SPREAD))


def test_looking_always_costs_width_and_little_freedom_costs_more() -> None:
    assert 1.96 < limit_radius(NARROWEST_AT, SPREAD) < 3.2
    assert radius(NARROWEST_AT, 30, SPREAD) > limit_radius(NARROWEST_AT, SPREAD)


def test_it_is_infinite_while_nothing_can_be_said() -> None:
    assert radius(3, 1, SPREAD) == float("inf")


def test_the_best_spread_of_a_time_is_best_there() -> None:
    other = best_spread(5_000)
    assert limit_radius(5_000, other) < limit_radius(5_000, SPREAD)
    assert limit_radius(NARROWEST_AT, SPREAD) < limit_radius(NARROWEST_AT, other)
