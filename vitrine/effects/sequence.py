"""Intervals that hold at every look: confidence sequences for a coefficient of a regression.

Lindon, Ham, Tingley & Bojinov (2022), "Anytime-valid linear models and regression adjusted causal
inference in randomized experiments", arXiv 2210.08589: the sequential t-test, here with robust
errors. For many degrees of freedom it is the asymptotic confidence sequence of Waudby-Smith,
Arbour, Sinha, Kennedy & Ramdas (2024), "Time-uniform central limit theory and asymptotic
confidence sequences", Annals of Statistics 52(6), with ρ² = 1/g.
"""

from __future__ import annotations

from math import exp, expm1, log, log1p, sqrt
from typing import Final

from scipy.optimize import minimize_scalar

ALPHA: Final = 0.05
"""One minus the confidence of everything that people are shown."""
NARROWEST_AT: Final = 500
"""Slots with people at which the sequence is narrowest.

Chosen, not measured: a week of a stand, when many first ask. It is fixed for all campaigns, as a
value that is chosen after looking at the data would undo the guarantee.
"""


def best_spread(count: int, alpha: float = ALPHA) -> float:
    """Return the g at which the sequence is narrowest after `count` observations."""

    def width(log_spread: float) -> float:
        return limit_radius(count, exp(log_spread), alpha)

    found = minimize_scalar(width, bounds=(0.0, log(10 * count)), method="bounded")
    return exp(float(found.x))


def radius(
    count: float,
    freedom: float,
    spread: float,
    alpha: float = ALPHA,
) -> float:
    """Return by how many standard errors an estimate may be off, at any look.

    `count` observations, an error with so many degrees of freedom, and g as `spread`. Infinite
    while so few observations say nothing.
    """
    shrunk = spread / (spread + count)
    # (r α²)^(1 / (ν + 1)), by its logarithm: for much freedom it is close to one.
    log_bound = log(shrunk * alpha**2) / (freedom + 1)
    above = exp(log_bound) - shrunk
    if above <= 0:
        return float("inf")
    return sqrt(freedom * -expm1(log_bound) / above)


def limit_radius(count: float, spread: float, alpha: float = ALPHA) -> float:
    """Return the radius for unlimited degrees of freedom (Waudby-Smith et al., eq. 5)."""
    grown = (spread + count) / spread
    return sqrt((spread + count) / count * log(grown / alpha**2))


def anytime_p(
    ratio: float,
    count: float,
    freedom: float,
    spread: float,
) -> float:
    """Return the p-value of an estimate that is `ratio` standard errors from zero, at any look."""
    shrunk = spread / (spread + count)
    square = ratio * ratio / freedom
    inner = log1p(square) - log1p(shrunk * square)
    log_evidence = 0.5 * log(shrunk) + 0.5 * (freedom + 1) * inner
    return min(1.0, exp(-log_evidence))


SPREAD: Final = best_spread(NARROWEST_AT)
"""The g of every sequence that people are shown."""
