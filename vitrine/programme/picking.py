"""The choice among the creatives of one campaign, once the campaign was chosen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from vitrine.mall import Campaign, Creative
from vitrine.schemas import Arm, ChoiceContext, Choose


@dataclass(frozen=True, slots=True)
class Picked:
    """Hold a creative that was chosen among others of its campaign."""

    creative: Creative
    choose: Choose
    context: ChoiceContext
    probabilities: Mapping[str, float]
    """Creative → probability, of all that could be shown; they add up to one."""

    @property
    def probability(self) -> float:
        """Return the probability of the creative, given its campaign."""
        return self.probabilities[self.creative.id]


Pick = Callable[[Campaign, Sequence[Creative], Creative, Arm], Picked]
"""Choose among the plain creatives of a campaign that can be shown, two or more.

The third argument is what the rotation drew among them, each alike; the last one is the arm.
"""
