"""How likely it is that a found face is the one that a track expects: by place and clothes."""

from __future__ import annotations

from dataclasses import dataclass
from math import log, log1p
from typing import Final

from vitrine.faces.places import Place


@dataclass(frozen=True, slots=True)
class Spread:
    """Hold how far values are off: half of them less than this, by Cauchy's distribution."""

    at_once: float
    a_second: float
    others: float
    """Of other people."""

    def likeness(self, value: float, seconds: float) -> float:
        """Return the logarithm of the likelihood ratio of a value, so long after the last view."""
        own = self.at_once + self.a_second * seconds
        nearness = log1p((value / self.others) ** 2) - log1p((value / own) ** 2)
        return log(self.others / own) + nearness


# Fitted on the pairs of `vitrine.faces.clothes`, 0.1 to 1.9 s apart: 0.135, 0.028 and 0.017 a
# second. `at_once` is more than fitted (0.02 at most), as the landmarks' place and the detector's
# differ by so much.
ASIDE: Final = Spread(at_once=0.10, a_second=0.15, others=4.0)
"""Sides to the left or right of the expected place."""
ASIDE_NEW: Final = Spread(at_once=0.10, a_second=3.0, others=4.0)
"""The same of a track of one view: nobody knows yet which way it goes."""
RISE: Final = Spread(at_once=0.08, a_second=0.03, others=0.8)
"""Sides above or below it: people keep their height."""
GROWTH: Final = Spread(at_once=0.08, a_second=0.02, others=0.37)
"""Logarithm of the ratio of sides."""


def likeness_of_places(
    expected: Place,
    found: Place,
    seconds: float,
    *,
    followed: bool,
) -> float:
    """Return the logarithm of the likelihood ratio: one face rather than two, by places alone.

    `seconds` have passed since the track's last view; `followed` says that its velocity is known.
    """
    side = 0.5 * (expected.side + found.side)
    aside, rise = ((found.centre - expected.centre) / side).tolist()
    growth = log(found.side / expected.side)
    aside_spread = ASIDE if followed else ASIDE_NEW
    return (
        aside_spread.likeness(aside, seconds)
        + RISE.likeness(rise, seconds)
        + GROWTH.likeness(growth, seconds)
    )
