"""Define the decision about a track's visitor."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from vitrine.schemas.base import Event, Id, Nanoseconds, Share

# Chosen, not measured: what a few campaigns ask for, in an event of each visitor.
MOST_TAGS: Final = 20

IdentityReason = Literal[
    "no-key",
    "recognition-off",
    "new-visitor",
    "returning-visitor",
    "known-customer",
    "opted-out",
    "store-unavailable",
]


class Identity(Event):
    """Report which visitor a track is; a later decision about it replaces the earlier one."""

    stand_id: Id
    track_id: Id
    visitor_id: Id
    visit_id: Id
    known: bool
    confidence: Share
    reason: IdentityReason
    decided_at_ns: Nanoseconds
    model: Id | None = None
    tags: Annotated[tuple[Id, ...], Field(max_length=MOST_TAGS)] = ()
    """What a known customer agreed to be addressed by; empty for everybody else."""
    offers: bool = False
    """The known customer consents to personal offers."""
    returning: bool = False
    """The visitor was at this stand earlier today, in a visit before this one."""
    config_version: Id

    @property
    def occurred_at_ns(self) -> int:
        return self.decided_at_ns
