"""One stand in detail, for the operator who opened it on the console."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pydantic import BaseModel

from vitrine.clock import SECOND_NS
from vitrine.mall import Stand
from vitrine.mall.names import Names
from vitrine.programme.playlist import Choice
from vitrine.programme.screen import PlannedPlay, Screen
from vitrine.schemas import Arm, Play
from vitrine.services.stand.history import STEP_NS, Step
from vitrine.services.stand.live import OnScreen
from vitrine.services.stand.protocol import KeptFiles
from vitrine.services.stand.sentences import decision_in_words
from vitrine.services.stand.tally import Tally
from vitrine.services.stand.viewport import Viewport, shape_of

MILLISECOND_NS: Final = 1_000_000
# Chosen, not measured: a line or two of words.
MOST: Final = 5
"""Creatives that may come next, of which the console is told."""

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


class Possible(BaseModel):
    """Show what the plain rotation may bring next."""

    campaign: str
    creative: str
    probability: float


class StandDetail(BaseModel):
    """Show one stand in detail."""

    id: str
    shape: Viewport
    """Of the screen, as its player says; else as configured."""
    decision: str
    """Why this is on the screen, in words; empty without a play."""
    following: OnScreen | None
    """It is decided shortly before the current play ends."""
    next_decision: str
    """The same of what follows."""
    may_follow: Sequence[Possible]
    """Until then: the likeliest of what the rotation may bring, the likeliest first."""
    without_stand: str
    """Whether its page would go on without the stand, as a sentence; empty where nobody knows."""
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
    screen: Screen | None,
    following: OnScreen | None,
    choices: Sequence[Choice],
    files: KeptFiles | None,
    tally: Tally,
    steps: Sequence[Step],
    names: Names,
) -> StandDetail:
    """Return what the console shows of an open stand beside its tile."""
    latest_first = sorted(tally.recent, key=lambda play: -play.start_ns)
    return StandDetail(
        id=stand.id,
        shape=viewport or shape_of(stand.screen),
        decision=_decision(screen.current if screen else None, names),
        following=following,
        next_decision=_decision(screen.following if screen else None, names),
        may_follow=_likeliest(choices, names),
        without_stand=_without_stand(files),
        plays=tally.plays,
        completed=tally.completed,
        offers_shown=tally.interactions["offer-shown"],
        offers_redeemed=tally.interactions["offer-redeemed"],
        touches=tally.interactions["touch"],
        recent=[_past(play, names) for play in latest_first],
        step_ms=STEP_NS // MILLISECOND_NS,
        history=[_point(step) for step in steps],
    )


def _decision(play: PlannedPlay | None, names: Names) -> str:
    return "" if play is None else decision_in_words(play.command, names)


def _likeliest(choices: Sequence[Choice], names: Names) -> list[Possible]:
    found = []
    for choice in sorted(choices, key=lambda choice: -choice.probability)[:MOST]:
        possible = Possible(
            campaign=names.campaign(choice.campaign.id),
            creative=names.creative(choice.campaign.id, choice.creative.id),
            probability=choice.probability,
        )
        found.append(possible)
    return found


def _without_stand(files: KeptFiles | None) -> str:
    if files is None:
        return ""
    if files.kept is None:
        return (
            "Would not go on without the stand: "
            "the browser keeps files only over TLS or on this machine."
        )
    if files.licensed == 0:
        return "Would not go on without the stand: it holds no licences yet."
    would = "Would go on" if files.kept else "Would not go on"
    return (
        f"{would} without the stand: {files.kept} of {files.licensed} creatives kept."
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
