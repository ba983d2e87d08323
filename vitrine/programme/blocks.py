"""Draw in shuffled blocks: each name as often as its weight asks for, in an order at random."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from typing import Final

# Chosen, not measured: some three minutes of plays, so that shares hold within a visit to the
# mall, and long enough that the last plays of a block, which are known beforehand, are few.
BLOCK: Final = 20
"""Draws in a block."""

# Chosen, not measured: more campaigns than a stand has.
MOST_OWED: Final = 1_000
"""Names that cannot be drawn now whose share is remembered."""


@dataclass(slots=True)
class Blocks:
    """Draw names in blocks of `length`; bounded by the number of names.

    A block is an urn of tickets, drawn without replacement (permuted blocks: Zelen, 1974, Journal
    of Chronic Diseases 27). Its tickets follow from what was drawn before, and from the weights:
    one after the other goes to the name that is owed most. So the probability of a name, given all
    draws before, is its tickets that are left over those of all names that may be drawn now.

    After a whole block each name was drawn as often as its weight asks for, within one draw where
    the weights are those of a few campaigns; within a block the difference is below its tickets.
    """

    length: int = BLOCK
    _weights: Mapping[str, float] = field(default_factory=dict)
    """Of the block at hand; they add up to 1."""
    _left: dict[str, int] = field(default_factory=dict)
    """Tickets of the block that were not drawn."""
    _owed: dict[str, float] = field(default_factory=dict)
    """Draws that a name should have had by its weight, less those it had."""

    def chances(
        self,
        weights: Mapping[str, float],
        apart: Set[str] = frozenset(),
        last: str | None = None,
    ) -> dict[str, float]:
        """Return the probability of each name in the next draw; they add up to 1.

        Other weights than those of the block begin a new one. Names in `apart` are not drawn now.
        When only they have tickets left, any other name but `last` is drawn by its weight, to
        stand between; without one the result is empty.
        """
        self._begin(weights)
        possible = {}
        for name, count in self._left.items():
            if count > 0 and name not in apart:
                possible[name] = float(count)
        if not possible:
            between = self._weights.keys() - apart - {last}
            possible = {n: w for n, w in self._weights.items() if n in between}
        total = sum(possible.values())
        return {name: part / total for name, part in possible.items()}

    def take(self, name: str) -> None:
        """Take in that a name was drawn, from the weights last given."""
        for other, weight in self._weights.items():
            self._owed[other] = self._owed.get(other, 0.0) + weight
        self._owed[name] -= 1
        self._left[name] = max(0, self._left[name] - 1)

    def _begin(self, weights: Mapping[str, float]) -> None:
        """Begin a block if none is at hand for these weights."""
        total = sum(weights.values())
        shares = {name: weight / total for name, weight in weights.items()}
        if shares == self._weights and any(self._left.values()):
            return
        self._weights = shares
        self._left = self._tickets()
        if len(self._owed) > len(shares) + MOST_OWED:
            self._owed = {name: self._owed.get(name, 0.0) for name in shares}

    def _tickets(self) -> dict[str, int]:
        """Return the tickets of a new block, by what a name will be owed at its end."""
        owed = {}
        for name, share in self._weights.items():
            owed[name] = self._owed.get(name, 0.0) + share * self.length
        tickets = dict.fromkeys(owed, 0)
        for _ in range(self.length):
            name = max(owed, key=owed.__getitem__)
            tickets[name] += 1
            owed[name] -= 1
        return tickets
