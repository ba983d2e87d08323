"""Estimate the reward of a creative in a context: Bayesian linear regression, by sums only.

The reward y of a creative is modelled as the stand's mean reward plus x·θ, with features x and
normal noise. θ has a normal prior around zero; that is ridge regression. A handful of features
needs no library for matrices, and the stand's image has none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from vitrine.policy.context import NAMES, Features

SIZE: Final = len(NAMES)
PAIRS: Final = SIZE * (SIZE + 1) // 2
"""Entries of a symmetric matrix of that size, on and below its diagonal."""
# Chosen, not measured: creatives are taken to differ by about half the spread of single rewards.
BASE_PRECISION: Final = 4.0
# Measured in `benchmarks.policy`, 6 seeds of 2,000 plays: with 16, 64 and 256 the policy gains 5.6,
# 6.1 and 6.8 points on the rotation where one creative is best, and 4.6, 4.7 and 3.8 where the hour
# decides.
SLOPE_PRECISION: Final = 64.0
"""Prior precision of an entry of θ, in plays that would say as much."""

Matrix = list[list[float]]


class Sums(BaseModel):
    """Hold all that the model keeps of the plays of one creative; each play has a weight."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    gram: list[float] = Field(
        default_factory=lambda: [0.0] * PAIRS, min_length=PAIRS, max_length=PAIRS
    )
    """Σ x xᵀ, on and below the diagonal, row by row."""
    moments: list[float] = Field(
        default_factory=lambda: [0.0] * SIZE, min_length=SIZE, max_length=SIZE
    )
    """Σ x y."""
    squares: float = 0.0
    """Σ y²."""

    @property
    def plays(self) -> float:
        """Return the weight of all plays: the first feature is always 1."""
        return self.gram[0]

    @property
    def rewards(self) -> float:
        """Return the weighted sum of their rewards."""
        return self.moments[0]

    def add(
        self,
        features: Features,
        reward: float,
        weight: float = 1.0,
    ) -> None:
        """Take in a play."""
        place = 0
        for row in range(SIZE):
            self.moments[row] += weight * features[row] * reward
            for column in range(row + 1):
                self.gram[place] += weight * features[row] * features[column]
                place += 1
        self.squares += weight * reward * reward

    def merge(self, other: Sums, weight: float = 1.0) -> None:
        """Take in all plays of others."""
        for place, value in enumerate(other.gram):
            self.gram[place] += weight * value
        for row, value in enumerate(other.moments):
            self.moments[row] += weight * value
        self.squares += weight * other.squares

    def scaled(self, weight: float) -> Sums:
        """Return the same plays with other weights."""
        scaled = Sums()
        scaled.merge(self, weight)
        return scaled

    def centred(self, mean: float) -> Sums:
        """Return the same plays with `mean` taken off each reward."""
        moments = []
        for row in range(SIZE):
            # The first column is Σ x.
            total = self.gram[row * (row + 1) // 2]
            moments.append(self.moments[row] - mean * total)
        squares = self.squares - 2 * mean * self.rewards + mean * mean * self.plays
        return Sums(
            gram=list(self.gram),
            moments=moments,
            squares=max(0.0, squares),
        )


@dataclass(frozen=True, slots=True)
class Normal:
    """Hold a normal distribution."""

    mean: float
    deviation: float


def belief(
    sums: Sums,
    features: Features,
    noise: float,
) -> Normal:
    """Return what is believed of the expected reward in a context.

    `sums` hold centred rewards; `noise` is the variance of single rewards, above zero. By the
    Cholesky factor of the precision (Rasmussen & Williams 2006, eq. 2.9, with a fixed noise).
    """
    factor = _cholesky(_precision(sums))
    # With P = L Lᵀ: xᵀ P⁻¹ x = |L⁻¹ x|², and xᵀ P⁻¹ b = (L⁻¹ x)·(L⁻¹ b).
    context = _solved(factor, features)
    rewards = _solved(factor, sums.moments)
    mean = sum(one * other for one, other in zip(context, rewards, strict=True))
    variance = noise * sum(value * value for value in context)
    return Normal(mean, sqrt(variance))


def _precision(sums: Sums) -> Matrix:
    """Return the lower half of the posterior's precision, in units of the noise."""
    rows = []
    place = 0
    for row in range(SIZE):
        values = sums.gram[place : place + row + 1]
        values[row] += BASE_PRECISION if row == 0 else SLOPE_PRECISION
        rows.append(values)
        place += row + 1
    return rows


def _cholesky(matrix: Matrix) -> Matrix:
    """Return the lower factor of a positive definite matrix, given by its lower half."""
    factor: Matrix = []
    for row, values in enumerate(matrix):
        done: list[float] = []
        for column in range(row):
            above = factor[column]
            known = sum(done[place] * above[place] for place in range(column))
            done.append((values[column] - known) / above[column])
        known = sum(value * value for value in done)
        done.append(sqrt(values[row] - known))
        factor.append(done)
    return factor


def _solved(factor: Matrix, right: Sequence[float]) -> list[float]:
    """Return L⁻¹ `right`, by forward substitution."""
    solved: list[float] = []
    for row, values in enumerate(factor):
        known = sum(values[place] * solved[place] for place in range(row))
        solved.append((right[row] - known) / values[row])
    return solved
