"""The threshold that keeps a rate of false accepts."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from vitrine.customers.calibration import Calibration

TABLE = Calibration(similarities=(0.2, 0.3, 0.38, 0.44), decades=(1, 2, 3, 4))


@pytest.mark.parametrize(
    ("false_accepts", "templates", "expected"),
    [
        (0.1, 1, 0.2),
        (0.01, 1, 0.3),
        (0.001, 1, 0.38),
        (0.001, 10, 0.44),
        # Between two rows, and as steep beyond the last one.
        (0.01, 10**0.5, 0.34),
        (0.001, 100, 0.50),
        (0.0001, 1000, 0.62),
    ],
)
def test_a_rate_and_a_size_give_a_row_or_a_place_between_two(
    false_accepts: float, templates: int, expected: float
) -> None:
    # A rate is for a whole gallery: of small rates hardly more than the sum of its templates.
    found = TABLE.threshold(false_accepts, templates)
    assert found == pytest.approx(expected, abs=1e-3)


def test_a_rate_that_asks_too_much_is_met_by_knowing_nobody() -> None:
    assert TABLE.threshold(1e-12, 1_000_000) == 1.0


@pytest.mark.parametrize("templates", [1, 30, 1_000])
@pytest.mark.parametrize("false_accepts", [0.01, 0.1])
def test_strangers_pass_as_often_as_was_stated(
    false_accepts: float, templates: int
) -> None:
    # Similarities from a bell curve, so that every share is known exactly.
    decades = tuple(range(1, 9))
    similarities = [float(norm.isf(10.0**-decade, 0, 0.1)) for decade in decades]
    calibration = Calibration(similarities, decades)
    threshold = calibration.threshold(false_accepts, templates)
    strangers = np.random.default_rng(0).normal(0, 0.1, (20_000, templates))
    passed = (strangers.max(axis=1) >= threshold).mean()
    assert passed <= false_accepts * 1.2
    assert passed >= false_accepts * 0.4
