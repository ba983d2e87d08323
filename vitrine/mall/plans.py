"""Describe the plan of a campaign's experiment: what is looked at, once, and when."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from vitrine.mall.part import Part
from vitrine.mall.texts import Day


class Plan(Part):
    """Hold what an experiment is to be judged by, said before anybody looked."""

    outcome: Literal["attention", "own_attention", "redemptions", "sales"] = Field(
        description=(
            "What is compared: `attention` to the stand, `own_attention` to the campaign, "
            "`redemptions` or `sales`."
        ),
        examples=["attention"],
    )
    slots: int = Field(
        ge=40,
        le=1_000_000,
        description=(
            "Slots with people, of all stands and both arms, after which it is looked at; the "
            "report says how many an effect takes."
        ),
        examples=[2000],
    )
    until: Day = Field(
        description="Last day whose slots count (UTC); with fewer slots the plan is not met.",
        examples=["2027-03-28"],
    )
