"""Define what a choice among creatives led to: the log from which policies learn and are judged."""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from vitrine.schemas.base import Event, Id, Nanoseconds, Share
from vitrine.schemas.plays import Arm

Goal = Literal["attention", "touch", "redemption"]
"""What a campaign is to achieve; it is what a play is rewarded for."""
Choose = Literal["rotate", "learn"]
"""How a creative was chosen among those of its campaign."""
# Chosen, not measured: far above what one campaign shows.
MOST_CREATIVES: Final = 100
"""Creatives that one choice is among."""
# Sums of shares that were rounded on their way.
SUM_TOLERANCE: Final = 1e-6


class ChoiceContext(Event):
    """Hold what was known when a creative was chosen. It names nobody."""

    hour: Annotated[float, Field(ge=0, lt=24)]
    """Of the day at the stand, with its fraction."""
    people: Annotated[int, Field(ge=0, le=200)]
    attending: Share
    """Of the people present, those who looked at the screen."""
    grouped: Share = 0.0
    """Of the people present, those who came with somebody."""
    positive: Share = 0.0
    """Of the faces whose expression is known, those that are positive."""


class Outcome(Event):
    """Report a choice among the creatives of a campaign, with all probabilities, and its reward."""

    play_id: Id
    stand_id: Id
    campaign_id: Id
    creative_id: Id
    choose: Choose
    arm: Arm
    slot_ns: Nanoseconds
    goal: Goal
    context: ChoiceContext
    probabilities: Annotated[
        dict[Id, Annotated[float, Field(gt=0, le=1)]],
        Field(min_length=2, max_length=MOST_CREATIVES),
    ]
    """Creative → probability, given the campaign: of all that could be shown."""
    decided_ns: Nanoseconds
    end_ns: Nanoseconds
    reward: Share
    config_version: Id

    @property
    def occurred_at_ns(self) -> int:
        return self.end_ns

    @model_validator(mode="after")
    def _is_a_choice(self) -> Self:
        if self.creative_id not in self.probabilities:
            raise ValueError("the creative shown is none of those it was chosen from")
        if abs(sum(self.probabilities.values()) - 1) > SUM_TOLERANCE:
            raise ValueError("the probabilities do not add up to one")
        return self
