"""The live figures of the operator's page: anonymous, of now and since the program started."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from pydantic import BaseModel

from vitrine.clock import SECOND_NS
from vitrine.mall import Stand
from vitrine.mall.creative_files import Kind
from vitrine.programme.audience import Audience
from vitrine.programme.commands import Command, PlayerKind
from vitrine.schemas import Arm, Interaction, InteractionKind, Play

# Chosen, not measured: a table that fits on the page without scrolling.
RECENT: Final = 12


class OnScreen(BaseModel):
    """Show what is on a screen now, and why."""

    campaign_id: str
    advertiser: str
    creative_id: str
    url: str
    kind: Kind
    reason: str
    probability: float
    arm: Arm
    since_ns: int
    seconds: float


class RecentPlay(BaseModel):
    """Show a play as a line of the list."""

    campaign_id: str
    creative_id: str
    reason: str
    probability: float
    arm: Arm
    start_ns: int
    seconds: float
    completed: bool


class StandView(BaseModel):
    """Show one stand now."""

    id: str
    time_zone: str
    recognition: str
    people: int
    attending: int
    engagement: float | None
    """Of the most engaged person, 0 to 100; None with nobody there."""
    synthetic: bool
    player: PlayerKind | None
    on_screen: OnScreen | None
    plays: int
    completed: int
    offers_shown: int
    offers_redeemed: int
    touches: int
    recent: Sequence[RecentPlay]
    """Latest first."""


class LiveView(BaseModel):
    """Show everything on the operator's page."""

    now_ns: int
    started_ns: int
    stands: Sequence[StandView]
    names: Mapping[str, str]
    """Names for people; see `Names.given`."""
    problems: Sequence[str]
    """A sentence each, for the operator to act on."""
    unseen: Mapping[str, str]
    """Stand → a sentence on the refused reports that its screen keeps until they were seen."""


@dataclass(slots=True)
class Tally:
    """Count what happened at one stand since the program started."""

    plays: int = 0
    completed: int = 0
    interactions: Counter[InteractionKind] = field(default_factory=Counter)
    recent: deque[RecentPlay] = field(default_factory=lambda: deque(maxlen=RECENT))

    def count_play(self, play: Play) -> None:
        """Count a play that a player reported, and list it."""
        self.plays += 1
        self.completed += play.completed
        self.recent.appendleft(
            RecentPlay(
                campaign_id=play.campaign_id,
                creative_id=play.creative_id,
                reason=play.reason,
                probability=play.probability,
                arm=play.arm,
                start_ns=play.start_ns,
                seconds=(play.end_ns - play.start_ns) / SECOND_NS,
                completed=play.completed,
            )
        )

    def count_interaction(self, interaction: Interaction) -> None:
        """Count what somebody did, or an offer that was shown."""
        self.interactions[interaction.kind] += 1


def on_screen(
    command: Command,
    since_ns: int,
    url: str,
    kind: Kind,
) -> OnScreen:
    """Return a command as what is on the screen since then."""
    return OnScreen(
        campaign_id=command.campaign_id,
        advertiser=command.advertiser,
        creative_id=command.creative_id,
        url=url,
        kind=kind,
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
    player: PlayerKind | None,
    screen: OnScreen | None,
    now_ns: int,
) -> StandView:
    """Return one stand's figures at `now_ns`."""
    people = audience.present(now_ns)
    return StandView(
        id=stand.id,
        time_zone=stand.time_zone,
        recognition=stand.recognition,
        people=len(people),
        attending=sum(person.attending for person in people),
        engagement=max((person.score for person in people), default=None),
        synthetic=audience.latest is not None and audience.latest.synthetic,
        player=player,
        on_screen=screen,
        plays=tally.plays,
        completed=tally.completed,
        offers_shown=tally.interactions["offer-shown"],
        offers_redeemed=tally.interactions["offer-redeemed"],
        touches=tally.interactions["touch"],
        recent=list(tally.recent),
    )
