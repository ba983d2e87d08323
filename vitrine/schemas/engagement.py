"""Define events about people who are present, and how engaged they are."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from vitrine.schemas.base import Event, Id, Interval, Nanoseconds, Percent, Share

Seconds = Annotated[
    float,
    Field(ge=0, le=1e6),
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


class StandEngagement(Event):
    """Report everybody present at a stand as of `at_ns`; an empty list says that nobody is."""

    stand_id: Id
    at_ns: Nanoseconds
    people: Annotated[tuple[Person, ...], Field(max_length=200)]
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
    def _attention_lies_inside(self) -> Self:
        if self.end_ns < self.start_ns:
            raise ValueError("an exposure ends before it starts")
        last = self.start_ns
        for start, end in self.attention:
            if start < last or end > self.end_ns:
                raise ValueError(
                    "attention intervals must be ordered, apart, and inside the exposure"
                )
            last = end
        return self
