"""A coefficient and its error: as statsmodels has it, and as the definitions say."""

from __future__ import annotations

import numpy as np
import pytest

from vitrine.effects.regression import coefficient

OUTCOMES = np.array([0.2, 0.5, 0.1, 0.4, 0.9, 0.3, 0.6, 0.7, 0.2, 0.8, 0.4, 1.0])
TREATED = np.array([0, 0, 0, 0, 1, 0, 1, 1, 0, 1, 0, 1], np.float64)
WEIGHTS = np.array([3, 5, 1, 4, 2, 6, 2, 3, 4, 1, 5, 2], np.float64)
TREND = np.arange(12) / 12
COLUMNS = np.column_stack([np.ones(12), TREATED, TREND])


def test_a_coefficient_and_its_error_are_those_of_statsmodels() -> None:
    # statsmodels 0.15.0: WLS(OUTCOMES, COLUMNS, weights=WEIGHTS).fit(cov_type="HC3")
    found = coefficient(COLUMNS, OUTCOMES, WEIGHTS, place=1)
    assert found.value == pytest.approx(0.45209909, abs=1e-8)
    assert found.error == pytest.approx(0.10774849, abs=1e-8)


def test_the_degrees_of_freedom_are_those_of_the_dense_matrices() -> None:
    scaled = COLUMNS * np.sqrt(WEIGHTS)[:, None]
    solved = np.linalg.inv(scaled.T @ scaled) @ scaled.T
    hat = scaled @ solved
    maker = np.eye(12) - hat
    shares = (solved[1] / (1 - np.diag(hat))) ** 2
    form = maker @ np.diag(shares) @ maker
    expected = np.trace(form) ** 2 / np.trace(form @ form)
    found = coefficient(COLUMNS, OUTCOMES, WEIGHTS, place=1)
    assert found.freedom == pytest.approx(expected)


def test_of_two_equal_groups_the_freedom_is_that_of_students_test() -> None:
    treated = np.array([0.0, 1.0] * 6)
    columns = np.column_stack([np.ones(12), treated])
    found = coefficient(columns, OUTCOMES, np.ones(12), place=1)
    assert found.freedom == pytest.approx(10)


def test_a_small_group_leaves_little_freedom() -> None:
    treated = np.ones(100)
    treated[:5] = 0
    columns = np.column_stack([np.ones(100), treated])
    outcomes = np.sin(np.arange(100))
    found = coefficient(columns, outcomes, np.ones(100), place=1)
    assert 4 < found.freedom < 6


def test_a_column_that_repeats_others_changes_nothing() -> None:
    repeated = np.column_stack([COLUMNS, 2 * TREND, np.zeros(12)])
    once = coefficient(COLUMNS, OUTCOMES, WEIGHTS, place=1)
    twice = coefficient(repeated, OUTCOMES, WEIGHTS, place=1)
    assert twice.value == pytest.approx(once.value)
    assert twice.error == pytest.approx(once.error)
    assert twice.freedom == pytest.approx(once.freedom)


def test_a_column_that_others_determine_has_no_coefficient() -> None:
    columns = np.column_stack([np.ones(12), TREATED, 1 - TREATED])
    with pytest.raises(ValueError, match="column 1 is determined by the others"):
        coefficient(columns, OUTCOMES, WEIGHTS, place=1)
