"""95 % intervals that know that two pictures of one person are not two people.

Means: percentile bootstrap that draws people, not pictures (Davison and Hinkley 1997, cluster
bootstrap). A pair of people counts as often as both were drawn, the product of their two counts
(Owen 2007, arXiv:0712.1111). Shares among people who are seen once: Wilson 1927. So too where all
outcomes are the same and there is no spread to draw from, for as many people as there are.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

from training.evaluation.arrays import Floats, Names, Singles

# 1,000 is the usual number for percentile intervals.
DRAWS: Final = 1000
SEED: Final = 20
TAILS: Final = (2.5, 97.5)
"""Percentiles at the ends of an interval."""
# Chosen, not measured: weights of 50 draws of 10,000 pairs take 4 MB.
CHUNK: Final = 50
"""Draws of pairs at a time."""

Interval = tuple[float, float] | None


def interval_of_mean(values: Floats, people: Sequence[str] | Names) -> Interval:
    """Return the interval of the mean of `values` (n,), shown by `people` (n,).

    None for fewer than two people.
    """
    shown = np.asarray(people)
    names, whose = np.unique(shown, return_inverse=True)
    count = len(names)
    if count < 2:
        return None
    seen_once = count == len(values)
    is_outcome = np.isin(values, (0, 1))
    is_share = bool(is_outcome.all())
    if is_constant_rate(values) or (seen_once and is_share):
        rate = float(values.mean())
        return wilson(rate, count)
    sums = np.bincount(whose, values, count)
    counts = np.bincount(whose, minlength=count)
    drawn = _draws(count)
    drawn_sums = drawn @ sums
    drawn_counts = drawn @ counts
    return _percentiles(drawn_sums / drawn_counts)


def interval_of_pairs(
    values: Floats,
    pairs: NDArray[np.integer],
    weights: Floats,
) -> Interval:
    """Return the interval of the weighted mean of `values` (n,), each of a pair (n, 2) of people.

    People are numbers. A pair with one number twice is of one person. None for fewer than two
    people.
    """
    numbers = np.unique(pairs)
    count = len(numbers)
    if count < 2:
        return None
    if is_constant_rate(values):
        return wilson(float(values[0]), count)
    # Numbers may have gaps; places among them have none.
    places = np.searchsorted(numbers, pairs)
    first, second = places.T
    different = first != second
    means: list[Floats] = []
    chunks = np.split(_draws(count), DRAWS // CHUNK)
    for drawn in chunks:
        times_first = drawn[:, first]
        # A pair of one person is there as often as that person, not the square of it.
        times_second = np.where(different, drawn[:, second], 1)
        counts = times_first * times_second * weights
        totals = counts.sum(axis=1)
        # A draw may hold no pair at all.
        some = totals > 0
        sums = counts @ values
        chunk_means = sums[some] / totals[some]
        means.append(chunk_means)
    all_means = np.concatenate(means)
    return _percentiles(all_means)


def is_constant_rate(values: Floats) -> bool:
    """Return whether all outcomes are 0, or all are 1."""
    all_zero = (values == 0).all()
    all_one = (values == 1).all()
    return bool(all_zero or all_one)


def wilson(rate: float, count: int) -> Interval:
    """Return the interval of a share of `count` independent outcomes, None for none."""
    if not count:
        return None
    outcomes = round(rate * count)
    test = binomtest(outcomes, count)
    found = test.proportion_ci(method="wilson")
    return float(found.low), float(found.high)


@lru_cache(maxsize=8)
def _draws(count: int) -> Singles:
    """Draw `count` people with replacement; return how often each was drawn, (DRAWS, count)."""
    rng = np.random.default_rng(SEED)
    alike = np.full(count, 1 / count)
    drawn = rng.multinomial(count, alike, size=DRAWS)
    return drawn.astype(np.float32)


def _percentiles(means: Floats) -> Interval:
    low, high = np.percentile(means, TAILS)
    return float(low), float(high)
