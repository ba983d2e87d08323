"""One stand in detail, for the operator who opened it on the console."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pydantic import BaseModel

from vitrine.clock import SECOND_NS
from vitrine.mall import Stand
from vitrine.mall.names import Names
from vitrine.schemas import Arm, Play
from vitrine.services.stand.history import STEP_NS, Step
from vitrine.services.stand.live import OnScreen
from vitrine.services.stand.tally import Tally
from vitrine.services.stand.viewport import Viewport, shape_of

MILLISECOND_NS: Final = 1_000_000

Point = tuple[int, int, int, float | None]
"""Milliseconds of event time, people, attending, engagement."""


class PastPlay(BaseModel):
    """Show a play as a line of the list."""

    campaign: str
    creative: str
    reason: str
    probability: float
    arm: Arm
    start_ns: int
    seconds: float
    completed: bool
    doubtful: bool


class StandDetail(BaseModel):
    """Show one stand in detail."""

    id: str
    shape: Viewport
    """Of the screen, as its player says; else as configured."""
    following: OnScreen | None
    """It is decided shortly before the current play ends."""
    plays: int
    completed: int
    offers_shown: int
    offers_redeemed: int
    touches: int
    recent: Sequence[PastPlay]
    """Latest first."""
    step_ms: int
    history: Sequence[Point]
    """Oldest first; a time without figures has no points."""


def stand_detail(
    stand: Stand,
    viewport: Viewport | None,
    following: OnScreen | None,
    tally: Tally,
    steps: Sequence[Step],
    names: Names,
) -> StandDetail:
    """Return what the console shows of an open stand beside its tile."""
    return StandDetail(
        id=stand.id,
        shape=viewport or shape_of(stand.screen),
        following=following,
        plays=tally.plays,
        completed=tally.completed,
        offers_shown=tally.interactions["offer-shown"],
        offers_redeemed=tally.interactions["offer-redeemed"],
        touches=tally.interactions["touch"],
        recent=[_past(play, names) for play in tally.recent],
        step_ms=STEP_NS // MILLISECOND_NS,
        history=[_point(step) for step in steps],
    )


def _past(play: Play, names: Names) -> PastPlay:
    return PastPlay(
        campaign=names.campaign(play.campaign_id),
        creative=names.creative(play.campaign_id, play.creative_id),
        reason=play.reason,
        probability=play.probability,
        arm=play.arm,
        start_ns=play.start_ns,
        seconds=(play.end_ns - play.start_ns) / SECOND_NS,
        completed=play.completed,
        doubtful=play.doubtful is not None,
    )


def _point(step: Step) -> Point:
    engagement = step.engagement
    if engagement is not None:
        engagement = round(engagement, 1)
    return (
        step.start_ns // MILLISECOND_NS,
        step.people,
        step.attending,
        engagement,
    )
