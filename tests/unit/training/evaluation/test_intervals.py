import numpy as np
import pytest

from training.evaluation.intervals import (
    Interval,
    interval_of_mean,
    interval_of_pairs,
    wilson,
)


def names(count: int) -> list[str]:
    return [f"person {number}" for number in range(count)]


def ends(interval: Interval) -> tuple[float, float]:
    assert interval is not None
    return interval


def with_themselves(people: int) -> list[list[int]]:
    """Return a pair of pictures of each person."""
    return [[person, person] for person in range(people)]


def test_the_interval_of_independent_values_is_that_of_the_normal_distribution() -> (
    None
):
    values = np.random.default_rng(0).normal(5, 1, 400)
    half = 1.96 * values.std() / 20
    mean = values.mean()

    found = interval_of_mean(values, names(400))

    expected = (mean - half, mean + half)
    np.testing.assert_allclose(ends(found), expected, atol=0.02)


def test_ten_pictures_of_each_person_say_no_more_than_one() -> None:
    people = names(40)
    each = np.random.default_rng(0).normal(5, 1, 40)

    once = interval_of_mean(each, people)
    often = interval_of_mean(each.repeat(10), np.repeat(people, 10))

    assert ends(once) == pytest.approx(ends(often), abs=1e-6)


def test_a_share_of_people_who_are_seen_once_has_wilsons_interval() -> None:
    values = np.array([1.0] * 8 + [0.0] * 2)

    found = interval_of_mean(values, names(10))

    assert found == wilson(0.8, 10)
    assert ends(found) == pytest.approx((0.490, 0.943), abs=1e-3)


def test_no_error_among_few_people_is_not_certainty() -> None:
    people = np.repeat(names(20), 5)
    assert interval_of_mean(np.ones(100), people) == wilson(1.0, 20)


def test_one_person_has_no_interval() -> None:
    assert interval_of_mean(np.array([0.1, 0.2]), ["Ann", "Ann"]) is None
    assert interval_of_mean(np.array([]), []) is None
    values = np.array([0.0, 1.0])
    pairs = np.array([[3, 3], [3, 3]])
    assert interval_of_pairs(values, pairs, np.ones(2)) is None


def test_pairs_of_one_person_are_drawn_together() -> None:
    pairs = np.array(with_themselves(50))
    values = (np.arange(50) < 40).astype(np.float64)

    once = interval_of_pairs(values, pairs, np.ones(50))
    often = interval_of_pairs(
        values.repeat(5),
        pairs.repeat(5, axis=0),
        np.ones(250),
    )

    low, high = ends(once)
    assert (low, high) == pytest.approx(ends(often), abs=1e-5)
    # The normal distribution gives 0.8 ± 0.11.
    assert 0.65 < low < 0.72
    assert 0.88 < high < 0.94


def test_weights_count() -> None:
    neighbours = [[person, person + 1] for person in range(40)]
    pairs = np.array(with_themselves(40) + neighbours)
    values = np.array([1.0] * 40 + [0.0] * 40)
    weights = np.array([3.0] * 40 + [1.0] * 40)

    low, high = ends(interval_of_pairs(values, pairs, weights))

    assert low < 0.75 < high
