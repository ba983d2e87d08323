"""Define campaign figures and what they rest on (docs/metrics.md)."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from vitrine.schemas.base import Event, Id, Nanoseconds, Percent, Share

Count = Annotated[int, Field(ge=0)]


class Coverage(Event):
    """Report for how much of a span a camera gave usable pictures."""

    camera_id: Id
    stand_id: Id
    start_ns: Nanoseconds
    end_ns: Nanoseconds
    usable_ns: Nanoseconds
    frames: Count
    dropped: Count
    without_notice_ns: Nanoseconds = 0
    """Part in which pictures came and were not analysed, as people were not told."""
    synthetic: bool = False

    @property
    def occurred_at_ns(self) -> int:
        return self.end_ns

    @model_validator(mode="after")
    def _usable_within_span(self) -> Self:
        if not 0 <= self.usable_ns <= self.end_ns - self.start_ns:
            raise ValueError("usable time must lie between zero and the span")
        if self.usable_ns + self.without_notice_ns > self.end_ns - self.start_ns:
            raise ValueError("usable time and time without notice exceed the span")
        return self


class CampaignWindow(Event):
    """Report one creative at one stand in one window of event time, by the start of its plays."""

    campaign_id: Id
    advertiser: Id
    creative_id: Id
    stand_id: Id
    start_ns: Nanoseconds
    end_ns: Nanoseconds
    revision: Count
    """Zero when the window closed; each late event that changes the row adds one."""
    correction: bool = False
    """True when some figure of this revision is lower than in the one before."""
    plays: Count
    completed: Count
    ots: Count
    watchers: Count
    attention_ns: Count
    dwell_ns: Count
    score_mean: Percent
    reach: Count
    touches: Count
    offers_shown: Count
    offers_redeemed: Count
    coverage: Share
    screen_ns: Count = 0
    """Length of the plays; 0 in rows of before, as is the following."""
    unproven_ns: Count = 0
    """The part of it for which no browser proved that it drew the creative."""
    synthetic: bool = False
    """True of computer-made visitors; a row of their own, never added to people's."""
    virtual: bool = False
    """True where a virtual player had the screen: people were there, and saw nothing."""

    @property
    def occurred_at_ns(self) -> int:
        return self.end_ns

    @property
    def window_id(self) -> str:
        """Return the name of the row that revisions replace."""
        row = f"{self.campaign_id}/{self.creative_id}/{self.stand_id}/{self.start_ns}"
        if self.synthetic:
            return f"{row}/synthetic"
        if self.virtual:
            return f"{row}/virtual"
        return row


class SnapshotRow(Event):
    """Hold the totals of one creative in a window, without the name of any person."""

    campaign_id: Id
    advertiser: Id
    creative_id: Id
    synthetic: bool = False
    virtual: bool = False
    people: Count
    """Number of different visitors with an opportunity to see."""
    sums: Annotated[tuple[int, ...], Field(max_length=100)]
    """In the order of `vitrine.campaigns.totals.SUMS`; later versions add to the end."""
    present: Annotated[tuple[int, ...], Field(max_length=60)] = ()
    """Visitors present in the middle of each second of a play, over all plays."""
    looking: Annotated[tuple[int, ...], Field(max_length=60)] = ()
    """Those of them who looked at the screen then."""
    reacting: Annotated[tuple[int, ...], Field(max_length=60)] = ()
    """Watchers in whose face a reaction that began in the play shows then."""


class WindowSnapshot(Event):
    """Report all totals of a stand in one window: figures are rebuilt from it.

    The last snapshot of a window counts.
    """

    stand_id: Id
    start_ns: Nanoseconds
    end_ns: Nanoseconds
    rows: tuple[SnapshotRow, ...]

    @property
    def occurred_at_ns(self) -> int:
        return self.end_ns


class ReleasedCreative(Event):
    """Hold what is released of one creative at a stand since its campaign began."""

    creative_id: Id
    until_ns: Nanoseconds
    """People of plays that start before it are counted, or were too few to be."""
    sums: Annotated[dict[str, Count], Field(max_length=100)]
    """By name, as docs/export.md has them, without those that are 0; `_ns` are nanoseconds."""
    present: Annotated[tuple[Count, ...], Field(max_length=60)] = ()
    """Visitors present in the middle of each second of a play, over all plays."""
    looking: Annotated[tuple[Count, ...], Field(max_length=60)] = ()
    """Those of them who looked at the screen then."""
    reacting: Annotated[tuple[Count, ...], Field(max_length=60)] = ()
    """Watchers in whose face a reaction that began in the play shows then."""


class ReleasedLook(Event):
    """Hold what the one look at a frozen plan found; without an estimate, why there is none."""

    slots: Count
    estimate: float | None = None
    lower: float | None = None
    upper: float | None = None
    reason: Annotated[str, Field(max_length=300)] = ""


class ReleasedPlan(Event):
    """Hold the plan of a campaign's experiment as it was read first."""

    outcome: Id
    slots: Count
    end_ns: Nanoseconds
    """Slots that begin later do not count."""
    frozen_ns: Nanoseconds
    look: ReleasedLook | None = None


class CampaignRelease(Event):
    """Report all that is released of a campaign at a stand: the last record counts.

    Two of them differ by as many people as a step of the release has at least.
    """

    campaign_id: Id
    advertiser: Id | None
    """None where only slots of effects are released."""
    stand_id: Id
    start_ns: Nanoseconds
    end_ns: Nanoseconds
    synthetic: bool = False
    virtual: bool = False
    """People before a virtual player, which shows nothing."""
    reach: Count
    """Different visitors; one on two days is two."""
    slots_ns: Nanoseconds = 0
    """Slots that start before it are in the effects."""
    creatives: tuple[ReleasedCreative, ...]
    names: dict[str, str] = Field(default_factory=dict)
    """Such as `creative:spring:shoe` → name; of all that the record is about."""
    plan: ReleasedPlan | None = None

    @property
    def occurred_at_ns(self) -> int:
        return self.end_ns
