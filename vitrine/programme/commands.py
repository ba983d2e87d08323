"""Commands to players, and what a player may report about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
)

from vitrine.clock import SECOND_NS
from vitrine.schemas import LONG_NS, Alternatives, Arm, Doubt, Id, Play, Probability
from vitrine.schemas.base import Nanoseconds

PlayerKind = Literal["page", "virtual"]
PlayerId = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,59}$")
]

# Chosen, not measured: a player's clock follows what the stand sends, at worst over a slow network.
CLOCK_TOLERANCE_NS: Final = 5 * SECOND_NS
"""Difference that the clocks of player and stand may have."""
# Chosen, not measured: a clock that follows others (NTP) is slowed down, and not set, below this.
SET_BACK_NS: Final = SECOND_NS // 2
"""Step back of the clock from which on its time comes a second time."""
# Chosen, not measured: timers of browsers are coarse.
SHORT_NS: Final = SECOND_NS // 2
"""Time by which a play may end early and still count as complete."""
# Counted: a token has about 570 characters, with ids of 60, a reason of 200 and all alternatives
# about 2,530.
LONGEST_TOKEN: Final = 4000
"""Characters of a token; what is longer was not issued here."""


# Chosen, not measured: the longest creative (600 s) may be on the screen when a player connects
# anew and gets the next command, and then come five minutes.
START_LIMIT_NS: Final = 900 * SECOND_NS
"""Time after which a command is not shown any more, and no play of it is taken."""

RefusalReason = Literal[
    "token",
    "version",
    "stand",
    "play-id",
    "backwards",
    "expired",
    "used",
    "overlap",
    "cap",
    "no-play",
    "creative",
    "too-many",
    "rate",
]


class Refused(Exception):
    """Tells why a report can never be accepted; the player drops it."""

    def __init__(self, reason: RefusalReason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Decision(BaseModel):
    """Hold what one player may show, for how long, and how probable that was."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stand_id: Id
    player_id: PlayerId
    player: PlayerKind
    campaign_id: Id
    advertiser: Id
    creative_id: Id
    seconds: float
    probability: Annotated[float, Field(gt=0, le=1)]
    config_version: Id


class Command(Decision):
    """Tell one player to show a creative once, and why."""

    command_id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]{1,40}$")]
    reason: str
    arm: Arm
    slot_ns: Nanoseconds
    issued_ns: Nanoseconds
    responds: bool
    """The creative came because a condition held."""
    alternatives: Alternatives = Field(default_factory=dict)
    """What might have been shown instead."""
    arm_probability: Probability | None = None
    """Of the arm, as it was drawn; None in tokens of a version before."""
    per_hour: int | None = Field(None, exclude=True)
    """Most plays of the campaign in any 60 minutes, of a player on its own; part of no token."""

    @property
    def play_id(self) -> str:
        """Id of the one play that this command can lead to."""
        return f"{self.player_id}.{self.command_id}"


class PlayReport(BaseModel):
    """Hold a finished play as the player tells it; times are in the server's clock."""

    model_config = ConfigDict(extra="forbid")

    play_id: Id
    token: str = Field(max_length=LONGEST_TOKEN)
    start_ns: Nanoseconds
    end_ns: Nanoseconds
    completed: bool
    proven_ns: Nanoseconds = 0
    """Time for which display was proven; 0 from a player that cannot know it."""


def to_play(
    report: PlayReport,
    command: Command,
    stand_id: str,
    now_ns: int,
    *,
    set_back: bool = False,
) -> Play:
    """Return the proof of play, doubtful where its times had to be moved to what is possible.

    With `set_back` the clock went back since the command: its time says nothing. Raises Refused
    when the report contradicts the command or the stand.
    """
    if command.stand_id != stand_id:
        raise Refused("stand", f"the play belongs to stand {command.stand_id}")
    if report.play_id != command.play_id:
        raise Refused("play-id", f"the play id must be {command.play_id}")
    if report.end_ns < report.start_ns:
        raise Refused("backwards", "the play ends before it starts")
    span = _possible(
        report,
        command,
        now_ns,
        set_back=set_back,
    )
    if span.start_ns > command.issued_ns + START_LIMIT_NS + CLOCK_TOLERANCE_NS:
        raise Refused("expired", "the command had expired when the play started")
    proven_ns = min(report.proven_ns, span.end_ns - span.start_ns)
    # A virtual player draws nothing.
    if command.player == "virtual":
        proven_ns = 0
    return Play(
        play_id=report.play_id,
        stand_id=command.stand_id,
        campaign_id=command.campaign_id,
        advertiser=command.advertiser,
        creative_id=command.creative_id,
        start_ns=span.start_ns,
        end_ns=span.end_ns,
        completed=span.completed,
        player=command.player,
        reason=command.reason,
        probability=command.probability,
        arm=command.arm,
        slot_ns=command.slot_ns,
        config_version=command.config_version,
        doubtful=span.doubtful,
        proven_ns=proven_ns,
        alternatives=command.alternatives,
        arm_probability=command.arm_probability,
    )


@dataclass(frozen=True, slots=True)
class _Span:
    """Hold when a play can have been on the screen."""

    start_ns: int
    end_ns: int
    completed: bool
    doubtful: Doubt | None


def _possible(
    report: PlayReport,
    command: Command,
    now_ns: int,
    *,
    set_back: bool,
) -> _Span:
    """Return the reported time, cut and moved as little as it takes."""
    doubtful: Doubt | None = None
    start_ns = report.start_ns
    end_ns = report.end_ns
    planned_ns = int(command.seconds * SECOND_NS)
    if end_ns - start_ns > planned_ns + LONG_NS:
        doubtful = "long"
        end_ns = start_ns + planned_ns
    start_ns, end_ns, moved = _moved(
        start_ns,
        end_ns,
        command.issued_ns,
        now_ns,
        set_back=set_back,
    )
    doubtful = doubtful or moved
    completed = report.completed
    if completed and end_ns - start_ns < planned_ns - SHORT_NS:
        doubtful = doubtful or "short"
        completed = False
    return _Span(
        start_ns,
        end_ns,
        completed,
        doubtful,
    )


def _moved(
    start_ns: int,
    end_ns: int,
    issued_ns: int,
    now_ns: int,
    *,
    set_back: bool,
) -> tuple[int, int, Doubt | None]:
    """Return a span moved to between its command and now, and why."""
    doubtful: Doubt | None = None
    # What was issued in the future is of a clock that was set back, maybe before a restart.
    set_back = set_back or issued_ns > now_ns + CLOCK_TOLERANCE_NS
    # A play of before that stayed ahead would take its time from those of after.
    ahead_ns = SET_BACK_NS if set_back else CLOCK_TOLERANCE_NS
    if end_ns > now_ns + ahead_ns:
        doubtful = "future"
        start_ns = max(0, now_ns - (end_ns - start_ns))
        end_ns = now_ns
    if start_ns < issued_ns - CLOCK_TOLERANCE_NS and not set_back:
        doubtful = doubtful or "early"
        moved_ns = issued_ns - start_ns
        start_ns = issued_ns
        end_ns = max(start_ns, min(end_ns + moved_ns, now_ns))
    return start_ns, end_ns, doubtful
