"""95 % intervals that know that two pictures of one person are not two people.

Means: percentile bootstrap that draws people, not pictures (Davison and Hinkley 1997, cluster bootstrap). A
pair of people counts as often as both were drawn, the product of their two counts (Owen 2007,
arXiv:0712.1111). Shares among people who are seen once: Wilson 1927. So too where all outcomes are the same
and there is no spread to draw from, for as many people as there are.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

DRAWS: Final = 1000
SEED: Final = 20
TAILS: Final = (2.5, 97.5)
CHUNK: Final = 50

Interval = tuple[float, float] | None


def interval_of_mean(
    values: NDArray[np.floating], people: Sequence[str] | NDArray[np.str_]
) -> Interval:
    """Of the mean of `values` (n,), shown by `people` (n,); None for fewer than two people."""
    names, whose = np.unique(np.asarray(people), return_inverse=True)
    if len(names) < 2:
        return None
    if is_constant_rate(values) or (
        len(names) == len(values) and np.isin(values, (0, 1)).all()
    ):
        return wilson(float(values.mean()), len(names))
    sums = np.bincount(whose, values, len(names))
    counts = np.bincount(whose, minlength=len(names))
    drawn = _draws(len(names))
    return _percentiles((drawn @ sums) / (drawn @ counts))


def interval_of_pairs(
    values: NDArray[np.floating],
    pairs: NDArray[np.integer],
    weights: NDArray[np.floating],
) -> Interval:
    """Of the weighted mean of `values` (n,), each of a pair (n, 2) of people, by number.

    A pair with one number twice is of one person. None for fewer than two people.
    """
    numbers = np.unique(pairs)
    if len(numbers) < 2:
        return None
    if is_constant_rate(values):
        return wilson(float(values[0]), len(numbers))
    first, second = np.searchsorted(numbers, pairs).T
    different = first != second
    means: list[NDArray[np.floating]] = []
    for drawn in np.split(_draws(len(numbers)), DRAWS // CHUNK):
        counts = drawn[:, first] * np.where(different, drawn[:, second], 1) * weights
        totals = counts.sum(axis=1)
        means.append((counts @ values)[totals > 0] / totals[totals > 0])
    return _percentiles(np.concatenate(means))


def is_constant_rate(values: NDArray[np.floating]) -> bool:
    """Whether all outcomes are 0, or all are 1."""
    return bool((values == 0).all() or (values == 1).all())


def wilson(rate: float, count: int) -> Interval:
    """Of a share of `count` independent outcomes."""
    if not count:
        return None
    found = binomtest(round(rate * count), count).proportion_ci(method="wilson")
    return float(found.low), float(found.high)


@lru_cache(maxsize=8)
def _draws(count: int) -> NDArray[np.float32]:
    """How often each of `count` people is drawn in `count` draws with replacement, (DRAWS, count)."""
    rng = np.random.default_rng(SEED)
    drawn = rng.multinomial(count, np.full(count, 1 / count), size=DRAWS)
    return drawn.astype(np.float32)


def _percentiles(means: NDArray[np.floating]) -> Interval:
    low, high = np.percentile(means, TAILS)
    return float(low), float(high)
