"""Shares of people who come in groups: groups → an interval that holds the truth."""

from __future__ import annotations

import pytest
from scipy.stats import binomtest

from benchmarks.reaction import covered
from vitrine.effects.shares import Share, share


def told(*groups: tuple[int, int]) -> Share:
    found = share(groups)
    assert found is not None
    return found


def test_fewer_than_twenty_groups_with_people_tell_nothing() -> None:
    assert share([(30, 3)] * 19 + [(0, 0)] * 5) is None
    assert share([]) is None


def test_of_many_groups_that_are_alike_as_chance_it_is_that_of_clopper_and_pearson() -> (
    None
):
    found = told(*[(1, number % 5 == 0) for number in range(1000)])
    exact = binomtest(200, 1000).proportion_ci(method="exact")
    assert found.estimate == 0.2
    assert found.lower == pytest.approx(exact.low, abs=0.001)
    assert found.upper == pytest.approx(exact.high, abs=0.001)


def test_groups_that_differ_widen_it() -> None:
    alike = told(*[(40, 8)] * 20)
    apart = told(*[(40, 15), (40, 1)] * 10)
    assert apart.estimate == alike.estimate
    assert apart.upper - apart.lower > 1.5 * (alike.upper - alike.lower)


def test_where_nobody_did_the_interval_begins_at_nothing_and_has_a_width() -> None:
    none = told(*[(50, 0)] * 20)
    assert (none.estimate, none.lower) == (0.0, 0.0)
    assert 0.01 < none.upper < 0.04
    everybody = told(*[(50, 50)] * 20)
    assert (everybody.estimate, everybody.upper) == (1.0, 1.0)
    assert 0.96 < everybody.lower < 0.99


@pytest.mark.parametrize("alike", [0.0, 0.1])
def test_the_interval_holds_the_truth_as_often_as_it_says(alike: float) -> None:
    assert covered(0.1, steps=40, alike=alike, campaigns=300) >= 0.92
