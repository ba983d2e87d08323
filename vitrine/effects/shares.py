"""A share of people with its interval, where people come in groups: steps of the release.

Korn & Graubard 1998 (Survey Methodology 24): the exact interval of a share (Clopper & Pearson),
for as many people as the groups are worth. Valid for one look.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from scipy.special import betaincinv, stdtrit

from vitrine.effects.effect import FEWEST_PEOPLE

# With fewer, how alike the people of a group are is not known. Chosen by the coverage that
# `python -m benchmarks.reaction` prints.
FEWEST_GROUPS: Final = 20
LEVEL: Final = 0.95

Group = tuple[int, int]
"""How many people there are, and how many of them did it."""


@dataclass(frozen=True, slots=True)
class Share:
    """Hold a share with its 95 % interval, and what it rests on."""

    people: int
    did: int
    groups: int
    estimate: float
    lower: float
    upper: float


def share(groups: Sequence[Group]) -> Share | None:
    """Return the share of people who did it; None of fewer than twenty groups."""
    told = [group for group in groups if group[0] > 0]
    if len(told) < FEWEST_GROUPS:
        return None
    people = sum(number for number, _ in told)
    did = sum(number for _, number in told)
    estimate = did / people
    worth = worth_of(told, estimate, people)
    many = estimate * worth
    rest = worth - many
    tail = (1 - LEVEL) / 2
    lower = 0.0
    upper = 1.0
    if did > 0:
        lower = float(betaincinv(many, rest + 1, tail))
    if did < people:
        upper = float(betaincinv(many + 1, rest, 1 - tail))
    return Share(people, did, len(told), estimate, lower, upper)


def worth_of(
    groups: Sequence[Group],
    estimate: float,
    people: int,
) -> float:
    """Return how many independent people the groups are worth; no more than there are."""
    count = len(groups)
    tail = (1 + LEVEL) / 2
    few = float(stdtrit(people - 1, tail) / stdtrit(count - 1, tail)) ** 2
    chance = estimate * (1 - estimate) / people
    alike = 1.0
    if chance:
        squares = sum((did - estimate * number) ** 2 for number, did in groups)
        variance = count / (count - 1) * squares / people**2
        alike = max(1.0, variance / chance)
    worth = people / alike
    mixed = sum(0 < did < number for number, did in groups)
    if mixed < FEWEST_GROUPS:
        # Groups in which all did the same hardly say how alike people are; each has ten of them.
        worth = min(worth, FEWEST_PEOPLE * count / alike)
    return few * worth
