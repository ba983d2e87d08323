"""What people do on a page: bound to the play that was on the screen, and counted once."""

from __future__ import annotations

from typing import Final, Literal

from vitrine.clock import SECOND_NS
from vitrine.programme.commands import (
    CLOCK_TOLERANCE_NS,
    START_LIMIT_NS,
    Command,
    Refused,
)
from vitrine.schemas import LONG_NS, Interaction

PageKind = Literal["touch", "opt-out"]

# Chosen, not measured: more than people touch a page while it shows one creative.
MOST_TOUCHES: Final = 30
"""Interactions that count for one play; their numbers are smaller."""


def during_play(
    command: Command,
    kind: PageKind,
    number: int,
    at_ns: int,
    stand_id: str,
    now_ns: int,
) -> Interaction:
    """Return what somebody did while the play of `command` was on the screen.

    Its id comes from the command, the kind and the number within the play: a repetition is the
    same one, and a command leads to no more than MOST_TOUCHES of a kind. A time before the
    command or after `now_ns` becomes that, as clocks differ and are set.
    Raises Refused for another stand, a number too many, or a time when the play must have ended.
    """
    if command.stand_id != stand_id:
        raise Refused("stand", f"the play belongs to stand {command.stand_id}")
    if not 0 <= number < MOST_TOUCHES:
        raise Refused("too-many", f"no more than {MOST_TOUCHES} count for a play")
    seconds_ns = int(command.seconds * SECOND_NS)
    longest_ns = START_LIMIT_NS + seconds_ns + LONG_NS
    if at_ns > command.issued_ns + longest_ns + CLOCK_TOLERANCE_NS:
        raise Refused("expired", "it was after the play must have ended")
    return Interaction(
        interaction_id=f"{command.command_id}.{kind}.{number}",
        stand_id=stand_id,
        kind=kind,
        at_ns=min(max(at_ns, command.issued_ns), now_ns),
        play_id=command.play_id,
        campaign_id=command.campaign_id,
        advertiser=command.advertiser,
        creative_id=command.creative_id,
        config_version=command.config_version,
    )


def opt_out_now(
    stand_id: str,
    config_version: str,
    now_ns: int,
) -> Interaction:
    """Return an opt-out that no play belongs to: at most one for a stand and second."""
    second = now_ns // SECOND_NS
    return Interaction(
        interaction_id=f"{stand_id}.opt-out.{second}",
        stand_id=stand_id,
        kind="opt-out",
        at_ns=now_ns,
        config_version=config_version,
    )
