import numpy as np
import pytest

from training.evaluation.intervals import interval_of_mean, interval_of_pairs, wilson

rng = np.random.default_rng(0)


def names(count: int) -> list[str]:
    return [f"person {i}" for i in range(count)]


def test_the_interval_of_independent_values_is_that_of_the_normal_distribution() -> (
    None
):
    values = rng.normal(5, 1, 400)
    found = interval_of_mean(values, names(400)) or (0, 0)
    half = 1.96 * values.std() / 20
    np.testing.assert_allclose(
        found, (values.mean() - half, values.mean() + half), atol=0.02
    )


def test_ten_pictures_of_each_person_say_no_more_than_one() -> None:
    each = rng.normal(5, 1, 40)
    once = interval_of_mean(each, names(40)) or (0, 0)
    often = interval_of_mean(each.repeat(10), np.repeat(names(40), 10)) or (0, 0)
    assert once == pytest.approx(often, abs=1e-6)


def test_a_share_of_people_who_are_seen_once_has_wilsons_interval() -> None:
    values = np.array([1.0] * 8 + [0.0] * 2)
    assert (
        interval_of_mean(values, names(10))
        == wilson(0.8, 10)
        == pytest.approx((0.490, 0.943), abs=1e-3)
    )


def test_no_error_among_few_people_is_not_certainty() -> None:
    assert interval_of_mean(np.ones(100), np.repeat(names(20), 5)) == wilson(1.0, 20)


def test_one_person_has_no_interval() -> None:
    assert interval_of_mean(np.array([0.1, 0.2]), ["Ann", "Ann"]) is None
    assert interval_of_mean(np.array([]), []) is None
    assert (
        interval_of_pairs(np.array([0.0, 1.0]), np.array([[3, 3], [3, 3]]), np.ones(2))
        is None
    )


def test_pairs_of_one_person_are_drawn_together() -> None:
    pairs = np.array([[p, p] for p in range(50)])
    values = (np.arange(50) < 40).astype(np.float64)
    once = interval_of_pairs(values, pairs, np.ones(50)) or (0, 0)
    often = interval_of_pairs(
        values.repeat(5), pairs.repeat(5, axis=0), np.ones(250)
    ) or (0, 0)
    assert once == pytest.approx(often, abs=1e-5)
    assert 0.65 < once[0] < 0.72
    assert 0.88 < once[1] < 0.94


def test_weights_count() -> None:
    pairs = np.array([[p, p] for p in range(40)] + [[p, p + 1] for p in range(40)])
    values = np.array([1.0] * 40 + [0.0] * 40)
    weights = np.array([3.0] * 40 + [1.0] * 40)
    low, high = interval_of_pairs(values, pairs, weights) or (0, 0)
    assert low < 0.75 < high
