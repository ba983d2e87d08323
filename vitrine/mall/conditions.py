"""Describe conditions on those before a screen, and what happens while one holds."""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from vitrine.mall.hours import Daypart
from vitrine.mall.part import Part
from vitrine.mall.texts import Name
from vitrine.schemas import MOST_TAGS, ExpressionGroup
from vitrine.schemas.base import Percent

# Chosen, not measured: who comes daily gets there after almost three years.
MOST_VISITS: Final = 1_000

Reaction = Literal["attention", "approach", "positive", "leaving"]


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
        description="Score, expression and reaction have held for so long.",
        examples=[2],
    )
    known: bool | None = Field(
        None,
        description=(
            "True for customers who are recognised, false for everybody else. For offers, who does "
            "not consent to personal offers is among everybody else."
        ),
        examples=[True],
    )
    returning: bool | None = Field(
        None,
        description=(
            "True for somebody who was at this stand earlier today and had gone for more than a "
            "minute, false for everybody else; needs `recognition: enrolled` at the stand."
        ),
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
    hours: tuple[Daypart, ...] = Field(
        (),
        description=(
            "Days and times, in the stand's time zone. Alone, without a word of people, it makes "
            "a creative a part of the plain rotation at these times."
        ),
        examples=[["mon-fri 17:00-20:00"]],
    )

    expression: ExpressionGroup | None = Field(
        None,
        description=(
            "What those who look at the screen show, more than all else together; needs "
            "`reactions: expression` at the stand."
        ),
        examples=["positive"],
    )
    reaction: Reaction | None = Field(
        None,
        description=(
            "What changed since the creative on the screen began: somebody turned to it "
            "(`attention`), came closer (`approach`), turned away and goes (`leaving`), or the "
            "expressions of those who look became `positive`, which needs `reactions: expression`."
        ),
        examples=["approach"],
    )
    group: int | None = Field(
        None,
        ge=2,
        le=50,
        description="Somebody is here with others who came together, at least so many in all.",
        examples=[2],
    )
    interest: Name | None = Field(
        None,
        description=(
            "Somebody looked at creatives of this `product` for five seconds, or touched one."
        ),
        examples=["shoe"],
    )
    touch: bool | None = Field(
        None,
        description="True when the creative on the screen was touched, false when it was not.",
        examples=[True],
    )
    tags: Annotated[tuple[Name, ...], Field(max_length=MOST_TAGS)] = Field(
        (),
        description="All of these were agreed upon with a customer who is recognised.",
        examples=[["runner"]],
    )
    visits: int | None = Field(
        None,
        ge=1,
        le=MOST_VISITS,
        description=(
            "It is exactly this visit of a recognised customer, as visits are counted for who "
            "consents to a profile. For offers only."
        ),
        examples=[5],
    )

    @property
    def only_time(self) -> bool:
        """True when it asks for a time and for nobody."""
        return self.model_fields_set == {"hours"}

    @property
    def personal(self) -> bool:
        """True when it holds for recognised customers only."""
        return self.known is True or bool(self.tags) or self.visits is not None

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.known is not False:
            return self
        if self.tags:
            raise ValueError(
                "can never hold: `tags` are of customers who are known; remove `known: false`"
            )
        if self.visits is not None:
            raise ValueError(
                "can never hold: `visits` are of customers who are known; remove `known: false`"
            )
        return self


def check_no_visits(condition: Condition) -> None:
    """Raise ValueError where what is shown would ask for visits: their number is on no topic."""
    if condition.visits is not None:
        raise ValueError(
            "`visits` is for offers only: for `when` of an offer, or with `then: offer`"
        )


Then = Literal["more", "next", "offer", "repeat"]


class Response(Part):
    """Hold what happens while a creative is on the screen and a condition holds."""

    when: Condition = Field(
        description="What must be true of those who are there meanwhile.",
        examples=[{"engagement": 60}],
    )
    then: Then = Field(
        description=(
            "`more` shows another creative at once; `next` goes on in the rotation at once; "
            "`repeat` shows it again when it ends, twice at most; `offer` grants the campaign's "
            "offers."
        ),
        examples=["more"],
    )
    creative: Name | None = Field(
        None,
        description="The creative of the same campaign that `more` shows.",
        examples=["shoe-more"],
    )

    @model_validator(mode="after")
    def _names_what_more_is(self) -> Self:
        if self.then == "more" and self.creative is None:
            raise ValueError("`then: more` needs `creative:`, the one that it shows")
        if self.then != "more" and self.creative is not None:
            raise ValueError(f"`then: {self.then}` takes no `creative:`")
        return self

    @model_validator(mode="after")
    def _asks_what_is_known_here(self) -> Self:
        if self.then != "offer":
            check_no_visits(self.when)
        return self
