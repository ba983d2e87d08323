"""Choose as Thompson (1933) did: each creative with the probability that it is the best one.

The probabilities are integrals, not counts of draws: equal beliefs give equal probabilities, and
no noise of a simulation enters the log. What is logged is what the choice is drawn from.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import erf, exp, sqrt
from typing import Final

from vitrine.policy.posterior import Normal

# Chosen, not measured: one play of ten is shared out alike among all creatives. The weights of
# off-policy estimates are then at most ten times the number of creatives.
EXPLORED: Final = 0.1
"""Share of the plays that explore: each of K creatives has at least EXPLORED / K."""
# Steps of a sixth of a standard deviation over ±5: the trapezoid's error is far below that share.
STEPS: Final = 61
ROOT_2: Final = sqrt(2)
REACH: Final = 5.0
"""Standard deviations on both sides that the integral covers."""


def _grid() -> tuple[tuple[float, float], ...]:
    """Return standard normal places with their weights, which add up to one."""
    width = 2 * REACH / (STEPS - 1)
    places = [-REACH + number * width for number in range(STEPS)]
    densities = [exp(-place * place / 2) for place in places]
    total = sum(densities)
    weights = [density / total for density in densities]
    return tuple(zip(places, weights, strict=True))


GRID: Final = _grid()


def probabilities(beliefs: Mapping[str, Normal]) -> dict[str, float]:
    """Return the probability of each creative; none is below EXPLORED / their number."""
    best = best_probabilities(beliefs)
    floor = EXPLORED / len(beliefs)
    return {name: floor + (1 - EXPLORED) * share for name, share in best.items()}


def best_probabilities(beliefs: Mapping[str, Normal]) -> dict[str, float]:
    """Return for each creative the probability that its expected reward is the highest.

    P(k is best) = ∫ φ(z) Π Φ((μₖ + σₖ z − μⱼ) / σⱼ) dz over the others j, scaled to sum to one.
    """
    masses = {}
    for name, belief in beliefs.items():
        # Φ(z) = (1 + erf(z / √2)) / 2, of each other one with its mean and 1 / (σ √2).
        others = [
            (other.mean, 1 / (other.deviation * ROOT_2))
            for key, other in beliefs.items()
            if key != name
        ]
        mass = 0.0
        for place, weight in GRID:
            value = belief.mean + belief.deviation * place
            highest = weight
            for mean, scale in others:
                highest *= 0.5 * (1 + erf((value - mean) * scale))
            mass += highest
        masses[name] = mass
    total = sum(masses.values())
    return {name: mass / total for name, mass in masses.items()}


def drawn(shares: Mapping[str, float], draw: float) -> str:
    """Return the name at the place `draw`, in [0, 1), of the shares laid side by side."""
    names = list(shares)
    left = draw
    for name in names[:-1]:
        left -= shares[name]
        if left < 0:
            return name
    # Rounding may leave nothing for the last one: it is the one without a test.
    return names[-1]
