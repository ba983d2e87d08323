"""The figures of the operator's console: anonymous, all stands as they are now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel

from vitrine.mall import Creative, Stand
from vitrine.mall.campaigns import Fit
from vitrine.mall.creative_files import Kind
from vitrine.mall.names import Names
from vitrine.programme.audience import Audience
from vitrine.programme.commands import Command, PlayerKind
from vitrine.schemas import Arm
from vitrine.services.stand.concerns import Concern, PlayerState
from vitrine.services.stand.creatives import kind
from vitrine.services.stand.tally import Tally

State = Literal["closed", "no player", "not reporting", "playing", "waiting"]


class OnScreen(BaseModel):
    """Show what is on a screen, or comes next, and why."""

    command_id: str
    campaign_id: str
    campaign: str
    """What people call it; the id where it has no name."""
    advertiser: str
    creative_id: str
    creative: str
    url: str
    kind: Kind
    fit: Fit
    reason: str
    probability: float
    arm: Arm
    since_ns: int
    seconds: float


class StandView(BaseModel):
    """Show one stand as a tile."""

    id: str
    name: str
    time_zone: str
    state: State
    people: int | None
    """None while no fresh figures come; nobody knows then."""
    attending: int | None
    engagement: float | None
    """Of the most engaged person, 0 to 100; None with nobody there."""
    synthetic: bool
    player: PlayerKind | None
    on_screen: OnScreen | None
    proof_ns: int | None
    """Latest end of a play that was proved; None before the first one since the start."""
    concerns: Sequence[Concern]
    """The most urgent first."""


class LiveView(BaseModel):
    """Show all stands of this process."""

    now_ns: int
    started_ns: int
    stands: Sequence[StandView]
    problems: Sequence[str]
    """A sentence each, of what concerns more than one stand."""


def on_screen(
    command: Command,
    names: Names,
    since_ns: int,
    url: str,
    creative: Creative,
) -> OnScreen:
    """Return a command as what is on the screen since then."""
    return OnScreen(
        command_id=command.command_id,
        campaign_id=command.campaign_id,
        campaign=names.campaign(command.campaign_id),
        advertiser=names.advertiser(command.advertiser),
        creative_id=command.creative_id,
        creative=names.creative(command.campaign_id, command.creative_id),
        url=url,
        kind=kind(creative),
        fit=creative.fit,
        reason=command.reason,
        probability=command.probability,
        arm=command.arm,
        since_ns=since_ns,
        seconds=command.seconds,
    )


def stand_view(
    stand: Stand,
    audience: Audience,
    tally: Tally,
    player: PlayerState | None,
    screen: OnScreen | None,
    concerns: Sequence[Concern],
    now_ns: int,
) -> StandView:
    """Return one stand's figures at `now_ns`."""
    people = audience.present(now_ns)
    is_known = audience.is_fresh(now_ns)
    return StandView(
        id=stand.id,
        name=stand.name or stand.id,
        time_zone=stand.time_zone,
        state=_state(stand, player, screen, now_ns),
        people=len(people) if is_known else None,
        attending=sum(person.attending for person in people) if is_known else None,
        engagement=max((person.score for person in people), default=None),
        synthetic=audience.latest is not None and audience.latest.synthetic,
        player=None if player is None else player.kind,
        on_screen=screen,
        proof_ns=max((play.end_ns for play in tally.recent), default=None),
        concerns=concerns,
    )


def _state(
    stand: Stand,
    player: PlayerState | None,
    screen: OnScreen | None,
    now_ns: int,
) -> State:
    if not stand.is_open(now_ns):
        return "closed"
    if player is None:
        return "no player"
    if player.silent:
        return "not reporting"
    return "waiting" if screen is None else "playing"
