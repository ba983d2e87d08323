"""Describe campaigns: what is shown, where and when, and what is offered."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from vitrine.mall.hosts import PublicHost
from vitrine.mall.part import Part
from vitrine.mall.texts import Day, DisplayName, Name
from vitrine.schemas.base import Percent, Share

# One play in a thousand. Far below, shares vanish when they are divided among creatives.
SMALLEST_SHARE = 0.001
# Everybody in the largest countries: more is a slip of the hand.
LARGEST_BUDGET = 1_000_000_000


class Condition(Part):
    """Hold what must be true, all given parts at once; for some person where they speak of one."""

    engagement: Percent | None = Field(
        None,
        description="The least engagement score.",
        examples=[60],
    )
    for_seconds: float = Field(
        0,
        ge=0,
        le=600,
        description="The score has held for so long.",
        examples=[2],
    )
    known: bool | None = Field(
        None,
        description="True for customers who are recognised, false for everybody else.",
        examples=[True],
    )
    people: int | None = Field(
        None,
        ge=0,
        description="At least so many people present.",
        examples=[2],
    )
    attending: int | None = Field(
        None,
        ge=0,
        description="At least so many people look at the screen.",
        examples=[1],
    )


Fit = Literal["cover", "contain"]


class Creative(Part):
    """Hold one thing to show: an image, a video or an HTML page."""

    id: Name = Field(
        description="Name in figures; unique in its campaign.",
        examples=["shoe"],
    )
    name: DisplayName | None = Field(
        None,
        description="Name for people, in any script; without it, the id.",
        examples=["Der leichte Schuh"],
    )
    file: str = Field(
        min_length=1,
        description="File in the folder `creatives` beside the configuration.",
        examples=["shoe.html"],
    )
    seconds: float = Field(
        8,
        ge=1,
        le=600,
        description="How long it is shown.",
        examples=[8],
    )
    fit: Fit = Field(
        "cover",
        description=(
            "How an image or video of another shape than the screen fills it: `cover` cuts off "
            "its edges, `contain` leaves bars. Pages fill it by themselves."
        ),
        examples=["contain"],
    )
    when: Condition | None = Field(
        None,
        description="Shown only when this holds; without it, part of the plain rotation.",
        examples=[{"engagement": 60, "for_seconds": 2}],
    )


class Offer(Part):
    """Hold a discount that the stand may grant."""

    id: Name = Field(
        description="Name in figures; unique in its campaign.",
        examples=["ten-percent"],
    )
    text: str = Field(
        "A discount for you",
        min_length=1,
        max_length=200,
        description="What the screen says.",
        examples=["10 % off, today only"],
    )
    when: Condition = Field(
        description="For whom it is.",
        examples=[{"known": True, "engagement": 50}],
    )
    once_per: Literal["visit", "day", "campaign"] = Field(
        "day",
        description="How often one person may be granted it.",
        examples=["day"],
    )
    budget: int = Field(
        gt=0,
        le=LARGEST_BUDGET,
        description="So many are granted at most.",
        examples=[500],
    )
    codes: Name = Field(
        description=(
            "Pool of codes: the file `codes/NAME.txt` beside the configuration, one code a line."
        ),
        examples=["spring"],
    )


class Advertiser(Part):
    """Hold what advertisers are called; one that is not listed is called by its id."""

    id: Name = Field(
        description="The id that campaigns give as `advertiser`.",
        examples=["acme"],
    )
    name: DisplayName = Field(
        description="Name for people, in any script.",
        examples=["Müller & Söhne"],
    )


class Campaign(Part):
    """Hold creatives of one advertiser for some time at some stands."""

    id: Name = Field(
        description="Name in figures; unique among campaigns. `house` is the filler's.",
        examples=["spring"],
    )
    name: DisplayName | None = Field(
        None,
        description="Name for people, in any script; without it, the id.",
        examples=["Frühling 2027"],
    )
    advertiser: Name = Field(
        description="Id of the advertiser; `advertisers:` may give it a name.",
        examples=["acme"],
    )
    from_: Day = Field(
        alias="from",
        description="First day, in the time zone of each stand.",
        examples=["2027-03-01"],
    )
    to: Day = Field(
        description="Last day.",
        examples=["2027-03-31"],
    )
    stands: tuple[Name, ...] = Field(
        min_length=1,
        description="Where it is shown, by the ids of stands.",
        examples=[["north"]],
    )
    share: float = Field(
        1.0,
        ge=SMALLEST_SHARE,
        le=1,
        description="Share of the plain rotation, against the shares of other campaigns.",
        examples=[0.4],
    )
    creatives: tuple[Creative, ...] = Field(
        min_length=1,
        description="What is shown; at least one without `when`.",
        examples=[[{"id": "shoe", "file": "shoe.html", "seconds": 8}]],
    )
    offers: tuple[Offer, ...] = Field(
        (),
        description="Discounts that may be granted.",
        examples=[
            [
                {
                    "id": "ten-percent",
                    "when": {"known": True},
                    "budget": 500,
                    "codes": "spring",
                }
            ]
        ],
    )
    hosts: tuple[PublicHost, ...] = Field(
        (),
        description=(
            "Hosts that its creatives may reach, by https; the operator has to allow each in "
            "VITRINE_STAND_CREATIVE_HOSTS. Without them creatives have no network."
        ),
        examples=[["cdn.example.com"]],
    )
    holdout: Share = Field(
        0.0,
        description=(
            "Share of the 5-minute slots with plain rotation, to measure the effect against."
        ),
        examples=[0.1],
    )

    @field_validator("to")
    @classmethod
    def _after_its_start(cls, to: date, info: ValidationInfo) -> date:
        start = info.data.get("from_")
        if start and to < start:
            raise ValueError(
                f"the campaign ends before it starts ({to} before {start})"
            )
        return to

    @field_validator("creatives")
    @classmethod
    def _one_is_plain(cls, creatives: tuple[Creative, ...]) -> tuple[Creative, ...]:
        if all(creative.when for creative in creatives):
            raise ValueError(
                "at least one creative must have no `when`, for the plain rotation"
            )
        return creatives

    def runs(self, day: date, stand_id: str) -> bool:
        """Tell whether the campaign is on at a stand on its local day."""
        if not self.from_ <= day <= self.to:
            return False
        return stand_id in self.stands
