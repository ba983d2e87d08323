"""What a player is told to show, signed, so that it can report only what it was told.

The token that comes back with a finished play holds the whole decision: nothing about a play has to be
remembered between the command and its report, and a restart of the stand loses none.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from vitrine.schemas import Arm, Id, Play
from vitrine.schemas.base import Nanoseconds

PlayerKind = Literal["page", "virtual"]
PlayerId = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,59}$")
]

CLOCK_TOLERANCE_NS = 5_000_000_000
SHORT_NS = 500_000_000
"""A play may end so much early and still count as complete: timers of browsers are coarse."""


class Refused(Exception):
    """A report that can never be accepted; the message says why, and the player drops it."""


class Command(BaseModel):
    """One decision for one player."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    command_id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]{1,40}$")]
    stand_id: Id
    player_id: PlayerId
    player: PlayerKind
    campaign_id: Id
    advertiser: Id
    creative_id: Id
    seconds: float
    reason: str
    probability: float
    arm: Arm
    slot_ns: Nanoseconds
    config_version: Id
    issued_ns: Nanoseconds
    responds: bool
    """The creative came because its condition held."""

    @property
    def play_id(self) -> str:
        """The id of the one play that this command can lead to."""
        return f"{self.player_id}.{self.command_id}"


class PlayReport(BaseModel):
    """A finished play as the player tells it; times are in the server's clock."""

    model_config = ConfigDict(extra="forbid")

    play_id: Id
    token: str = Field(max_length=4000)
    start_ns: Nanoseconds
    end_ns: Nanoseconds
    completed: bool


def sign(command: Command, key: bytes) -> str:
    """The command as a token."""
    body = urlsafe_b64encode(command.model_dump_json().encode()).decode()
    return f"{body}.{_signature(body, key)}"


def verify(token: str, key: bytes) -> Command:
    """The command of a token. Raises Refused when this installation did not sign it."""
    body, _, signature = token.partition(".")
    if not hmac.compare_digest(signature.encode(), _signature(body, key).encode()):
        raise Refused("the token was not issued here")
    try:
        return Command.model_validate_json(urlsafe_b64decode(body))
    except ValidationError as error:
        raise Refused("the token is of another version of the stand") from error


def _signature(body: str, key: bytes) -> str:
    return urlsafe_b64encode(hmac.digest(key, body.encode(), sha256)).decode()


def to_play(report: PlayReport, command: Command, stand_id: str, now_ns: int) -> Play:
    """The proof of play. Raises Refused when the report contradicts the command, the stand or the clock."""
    if command.stand_id != stand_id:
        raise Refused(f"the play belongs to stand {command.stand_id}")
    if report.play_id != command.play_id:
        raise Refused(f"the play id must be {command.play_id}")
    if report.end_ns < report.start_ns:
        raise Refused("the play ends before it starts")
    if report.start_ns < command.issued_ns - CLOCK_TOLERANCE_NS:
        raise Refused("the play starts before it was decided")
    if report.end_ns > now_ns + CLOCK_TOLERANCE_NS:
        raise Refused("the play ends in the future")
    if (
        report.completed
        and report.end_ns - report.start_ns < command.seconds * 1e9 - SHORT_NS
    ):
        raise Refused("the play is too short to be complete")
    return Play(
        play_id=report.play_id,
        stand_id=command.stand_id,
        campaign_id=command.campaign_id,
        advertiser=command.advertiser,
        creative_id=command.creative_id,
        start_ns=report.start_ns,
        end_ns=report.end_ns,
        completed=report.completed,
        player=command.player,
        reason=command.reason,
        probability=command.probability,
        arm=command.arm,
        slot_ns=command.slot_ns,
        config_version=command.config_version,
    )
