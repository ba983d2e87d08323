"""Hold figures with 95 % intervals, and tell how two of them differ.

Intervals are a bootstrap over groups of observations that belong together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

# Chosen, not measured: enough for two digits of an interval's ends.
REPEATS: Final = 1_000
INTERVAL: Final = (2.5, 97.5)
"""Percentiles between which 95 % of the repeats lie."""
Numbers = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Figure:
    """Hold a value, the values of its bootstrap repeats, and the number of observations."""

    value: float
    repeats: Numbers
    count: int

    @property
    def interval(self) -> tuple[float, float]:
        """Return the ends of the 95 % interval."""
        low, high = np.percentile(self.repeats, INTERVAL)
        return float(low), float(high)


def mean_figure(
    values: Sequence[float],
    groups: Sequence[str],
    seed: int = 0,
) -> Figure:
    """Return the mean of values, resampled by group.

    Observations of one person, photo or seed depend on each other and form a group.
    """
    observed = np.asarray(values, np.float64)
    names = np.asarray(groups)
    _, index = np.unique(names, return_inverse=True)
    sums = np.bincount(index, observed)
    counts = np.bincount(index)
    rng = np.random.default_rng(seed)
    # Whole groups are drawn: their observations come together, or not at all.
    size = (REPEATS, len(sums))
    picked = rng.integers(len(sums), size=size)
    resampled_sums = sums[picked].sum(axis=1)
    resampled_counts = counts[picked].sum(axis=1)
    return Figure(
        value=float(observed.mean()),
        repeats=resampled_sums / resampled_counts,
        count=len(observed),
    )


def resampled(
    statistic: Callable[[NDArray[np.intp]], Numbers],
    groups: int,
    repeats: int,
    seed: int = 0,
) -> Numbers:
    """Return a statistic (k,) of group indices, drawn with replacement: (repeats, k)."""
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(repeats):
        drawn = rng.integers(groups, size=groups)
        row = statistic(drawn)
        rows.append(row)
    return np.array(rows)


def difference(one: Figure, other: Figure) -> tuple[float, float, float]:
    """Return `one` − `other` and the ends of its 95 % interval; the two are independent."""
    # Independent repeats may be paired in any order.
    size = min(len(one.repeats), len(other.repeats))
    one_repeats = one.repeats[:size]
    other_repeats = other.repeats[:size]
    gaps = one_repeats - other_repeats
    low, high = np.percentile(gaps, INTERVAL)
    gap = one.value - other.value
    return gap, float(low), float(high)
