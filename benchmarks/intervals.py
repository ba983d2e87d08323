"""Figures with 95 % intervals, and how two of them differ: bootstrap over groups that belong together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

REPEATS: Final = 1_000
Numbers = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Figure:
    """A value, the values of its bootstrap repeats, and of how many observations it is."""

    value: float
    repeats: Numbers
    count: int

    @property
    def interval(self) -> tuple[float, float]:
        """95 %."""
        low, high = np.percentile(self.repeats, [2.5, 97.5])
        return float(low), float(high)


def mean_figure(
    values: Sequence[float], groups: Sequence[str], seed: int = 0
) -> Figure:
    """The mean of values, resampled by group (person, photo, seed): observations of one belong together."""
    observed = np.asarray(values, np.float64)
    index = np.unique(np.asarray(groups), return_inverse=True)[1]
    sums = np.bincount(index, observed)
    counts = np.bincount(index)
    picked = np.random.default_rng(seed).integers(len(sums), size=(REPEATS, len(sums)))
    return Figure(
        float(observed.mean()),
        sums[picked].sum(axis=1) / counts[picked].sum(axis=1),
        len(observed),
    )


def resampled(
    statistic: Callable[[NDArray[np.intp]], Numbers],
    groups: int,
    repeats: int,
    seed: int = 0,
) -> Numbers:
    """A statistic (k,) of group indices, for groups drawn with replacement: (repeats, k)."""
    rng = np.random.default_rng(seed)
    return np.array(
        [statistic(rng.integers(groups, size=groups)) for _ in range(repeats)]
    )


def difference(one: Figure, other: Figure) -> tuple[float, float, float]:
    """`one` − `other` with its 95 % interval; the two are independent."""
    size = min(len(one.repeats), len(other.repeats))
    low, high = np.percentile(one.repeats[:size] - other.repeats[:size], [2.5, 97.5])
    return one.value - other.value, float(low), float(high)
