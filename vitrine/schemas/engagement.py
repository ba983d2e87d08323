"""Define events about people who are present, and how engaged they are."""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self, get_args

from pydantic import Field, model_validator

from vitrine.schemas.base import Event, Id, Interval, Nanoseconds, Percent, Share

Seconds = Annotated[
    float,
    Field(ge=0, le=1e6),
]

ExpressionGroup = Literal["positive", "surprised", "negative", "neutral"]
"""`negative` is anger, disgust, sadness and fear together."""
EXPRESSION_GROUPS: Final[tuple[ExpressionGroup, ...]] = get_args(ExpressionGroup)
"""The order of probabilities."""


Change = Annotated[
    float,
    Field(ge=-1, le=1),
]


class Person(Event):
    """Hold one presence as of now."""

    presence_id: Id
    track_id: Id
    """The track that shows the person now."""
    dwell_s: Seconds
    attending: bool
    attention_s: Seconds
    score: Percent
    """Engagement over the last 3 s, 0 to 100."""
    face: Share | None = None
    """Height of the face, as a share of the picture's; None in events of before."""
    group: Annotated[int, Field(ge=1, le=200)] = 1
    """Number of people present who came together with this one, who is counted too."""
    child: bool = False
    """A head far below an adult's beside it, as children have: never addressed in person."""


class StandExpression(Event):
    """Hold what the faces of those show who look at a screen: means over all of them."""

    positive: Share
    surprised: Share
    negative: Share
    """Anger, disgust, sadness and fear together."""
    neutral: Share
    positive_change: Change
    """`positive`, less what is usual for each of them."""
    faces: Annotated[int, Field(ge=1, le=200)]
    """Number of faces behind it."""

    def share(self, group: ExpressionGroup) -> float:
        """Return the mean probability of a group."""
        shares: dict[ExpressionGroup, float] = {
            "positive": self.positive,
            "surprised": self.surprised,
            "negative": self.negative,
            "neutral": self.neutral,
        }
        return shares[group]


class StandEngagement(Event):
    """Report everybody present at a stand as of `at_ns`; an empty list says that nobody is."""

    stand_id: Id
    at_ns: Nanoseconds
    people: Annotated[tuple[Person, ...], Field(max_length=200)]
    expression: StandExpression | None = None
    """None where nobody looks, or the stand does not ask for it."""
    synthetic: bool = False
    config_version: Id

    @property
    def occurred_at_ns(self) -> int:
        return self.at_ns


class Exposure(Event):
    """Report a part of a presence, cut at event-time multiples of 60 s.

    Times of parts add up; the person counts once.
    """

    stand_id: Id
    presence_id: Id
    part: Annotated[int, Field(ge=0)]
    final: bool
    """True when the presence ended with this part."""
    track_ids: Annotated[tuple[Id, ...], Field(min_length=1)]
    """All tracks of the presence so far, oldest first."""
    start_ns: Nanoseconds
    end_ns: Nanoseconds
    attention: tuple[Interval, ...]
    score_mean: Percent
    response_mean: Share
    response_max: Share
    reactions: tuple[Interval, ...] | None = None
    """Times of a clear change from the face's usual expression; None where the stand does not ask
    for them, of children, and in events of before."""
    synthetic: bool = False
    config_version: Id

    @property
    def occurred_at_ns(self) -> int:
        return self.end_ns

    @property
    def exposure_id(self) -> str:
        """Return the name of this part: presence and number."""
        return f"{self.presence_id}/{self.part}"

    @model_validator(mode="after")
    def _intervals_lie_inside(self) -> Self:
        if self.end_ns < self.start_ns:
            raise ValueError("an exposure ends before it starts")
        for name in ("attention", "reactions"):
            last = self.start_ns
            for start, end in getattr(self, name) or ():
                if start < last or end > self.end_ns:
                    raise ValueError(
                        f"{name} intervals must be ordered, apart, and inside the exposure"
                    )
                last = end
        return self
