"""Describe campaigns: what is shown, where and when, and what is offered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Literal

from pydantic import (
    Field,
    ValidationInfo,
    field_validator,
)

from vitrine.mall.conditions import Condition, Response, check_no_visits
from vitrine.mall.hosts import PublicHost
from vitrine.mall.hours import Daypart, LocalTime, hold, read_hours
from vitrine.mall.part import Part
from vitrine.mall.plans import Plan
from vitrine.mall.problems import did_you_mean
from vitrine.mall.texts import Day, DisplayName, Name
from vitrine.schemas.base import Share
from vitrine.schemas.outcomes import Choose, Goal

# One play in a thousand. Far below, shares vanish when they are divided among creatives.
SMALLEST_SHARE = 0.001
# Everybody in the largest countries: more is a slip of the hand.
LARGEST_BUDGET = 1_000_000_000


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
    responses: tuple[Response, ...] = Field(
        (),
        description="What happens while it is shown; of several that hold the first.",
        examples=[
            [{"when": {"engagement": 60}, "then": "more", "creative": "shoe-more"}]
        ],
    )
    product: Name | None = Field(
        None,
        description="What it is about, for conditions on `interest`.",
        examples=["shoe"],
    )

    @field_validator("when")
    @classmethod
    def _asks_what_is_known_here(cls, when: Condition | None) -> Condition | None:
        if when is not None:
            check_no_visits(when)
        return when

    @property
    def waits(self) -> bool:
        """True when it is shown only when its condition holds for somebody."""
        return self.when is not None and not self.when.only_time

    def rotates(self, local: LocalTime) -> bool:
        """Return True when it is a part of the plain rotation at a local time."""
        if self.when is None:
            return True
        return self.when.only_time and hold(self.when.hours, local)


OfferPlace = Literal["screen", "phone"]
RedeemPlace = Literal["stand", "anywhere"]


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
            "Pool of codes: the file `codes/NAME.txt` beside the configuration, one code a line; "
            "or `signed`, for codes that the stand makes."
        ),
        examples=["spring"],
    )
    show: OfferPlace = Field(
        "screen",
        description=(
            "Where the code appears: on the `screen` for everybody there, or on the `phone` that "
            "scans an invitation."
        ),
        examples=["phone"],
    )
    redeem: RedeemPlace = Field(
        "stand",
        description=(
            "Which tills take the code: those of the `stand` that granted it, or `anywhere`."
        ),
        examples=["anywhere"],
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


class Caps(Part):
    """Limit how often a campaign is shown; its responses count too."""

    per_hour: int | None = Field(
        None,
        ge=1,
        le=3600,
        description="Plays at one stand within any 60 minutes.",
        examples=[12],
    )
    per_visitor: int | None = Field(
        None,
        ge=1,
        le=1000,
        description=(
            "Plays that somebody looks at during one presence; while they are there, it does not "
            "come again."
        ),
        examples=[3],
    )

    @property
    def are_set(self) -> bool:
        """True when there is any."""
        return self.per_hour is not None or self.per_visitor is not None


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
    priority: int = Field(
        5,
        ge=1,
        le=9,
        description=(
            "Campaigns of the highest number have the screen; others come when none of those may."
        ),
        examples=[5],
    )
    hours: tuple[Daypart, ...] = Field(
        (),
        description=(
            "Dayparts, in the time zone of each stand; a night belongs to the day of its evening. "
            "Without them the campaign runs all day."
        ),
        examples=[["mon-fri 07:00-10:00", "fri-sat 20:00-02:00"]],
    )
    blackout: tuple[Day, ...] = Field(
        (),
        description="Days, from midnight to midnight, on which it is not shown.",
        examples=[["2027-03-26"]],
    )
    caps: Caps = Field(
        Caps(),
        description="How often it is shown at most.",
        examples=[{"per_hour": 12, "per_visitor": 3}],
    )
    category: Name | None = Field(
        None,
        description=(
            "Advertisers of one category compete: their campaigns never follow each other "
            "directly."
        ),
        examples=["shoes"],
    )
    creatives: tuple[Creative, ...] = Field(
        min_length=1,
        description="What is shown; at least one without `when`.",
        examples=[[{"id": "shoe", "file": "shoe.html", "seconds": 8}]],
    )
    choose: Choose = Field(
        "rotate",
        description=(
            "How a creative is chosen among those without `when`: `rotate` shows all alike, "
            "`learn` shows most what serves the goal, and each of them now and then. In plain "
            "slots all come alike."
        ),
        examples=["learn"],
    )
    goal: Goal = Field(
        "attention",
        description=(
            "What its creatives are judged by: `attention`, the share of their time that people "
            "look; `touch`, plays that are touched; `redemption`, plays whose offer is redeemed "
            "within two hours."
        ),
        examples=["touch"],
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
        # Chosen, not measured: a quarter as many plain slots as adaptive ones.
        0.2,
        description=(
            "Share of the 5-minute slots in which nothing of this campaign adapts, to measure the "
            "effect against; drawn for each campaign and stand, a whole hour's together."
        ),
        examples=[0.2],
    )

    offers_in_plain: Literal["same", "none"] = Field(
        "same",
        description=(
            "Offers in those slots: `same` as in others, so that redemptions can be compared, or "
            "`none`; redemptions are no goal then."
        ),
        examples=["same"],
    )

    plan: Plan | None = Field(
        None,
        description=(
            "What the experiment is judged by, once. The first plan counts, from the moment on in "
            "which `analytics` read it; what is changed later changes nothing of it."
        ),
        examples=[{"outcome": "attention", "slots": 2000, "until": "2027-03-28"}],
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

    @field_validator("creatives")
    @classmethod
    def _more_is_there(cls, creatives: tuple[Creative, ...]) -> tuple[Creative, ...]:
        ids = [creative.id for creative in creatives]
        for creative in creatives:
            for response in creative.responses:
                if response.creative is not None:
                    _check_more(creative, response.creative, ids)
        return creatives

    def creative(self, creative_id: str) -> Creative | None:
        """Return the creative of that id, if there is one."""
        for creative in self.creatives:
            if creative.id == creative_id:
                return creative
        return None

    def answers_touch(self, shown: Creative) -> bool:
        """Return True when a touch of a creative may bring something before its play ends."""
        conditions = [offer.when for offer in self.offers]
        conditions += [each.when for each in shown.responses if each.then != "repeat"]
        conditions += [each.when for each in self.creatives if each.when is not None]
        return any(condition.touch is True for condition in conditions)

    def competes_with(self, other: Campaign) -> bool:
        """Return True for a campaign that must never directly follow this one, nor precede it."""
        if self.category is None or self.category != other.category:
            return False
        return self.advertiser != other.advertiser

    def is_on(self, local: LocalTime, stand_id: str) -> bool:
        """Return True when the campaign may be shown at a stand at its local time."""
        if stand_id not in self.stands or local.day in self.blackout:
            return False
        if not self.hours:
            return self.runs(local.day, stand_id)
        for hours in self.hours:
            began = read_hours(hours).began(local)
            # The night after the last day is a part of it; the one before the first is not.
            if began is not None and self.runs(began, stand_id):
                return True
        return False

    def runs(self, day: date, stand_id: str) -> bool:
        """Tell whether the campaign is on at a stand on its local day."""
        if not self.from_ <= day <= self.to:
            return False
        return stand_id in self.stands


def _check_more(creative: Creative, more: str, ids: Sequence[str]) -> None:
    """Refuse what `more` cannot show. Raises ValueError."""
    if more == creative.id:
        raise ValueError(
            f"{more!r} cannot show more by itself; `repeat` shows it again"
        )
    if more not in ids:
        raise ValueError(
            f"`then: more` of {creative.id!r} names no creative of this campaign: "
            f"{more!r}{did_you_mean(more, ids)}"
        )
