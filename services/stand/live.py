"""The live figures of the operator's page: anonymous, of this moment and since the program started."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel

from vitrine.mall import Stand
from vitrine.programme.audience import Audience
from vitrine.programme.commands import Command, PlayerKind
from vitrine.schemas import Arm, Interaction, InteractionKind, Play

Kind = Literal["image", "video", "html"]
RECENT = 12


class OnScreen(BaseModel):
    """What a stand shows now, and why."""

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
    """A play as a line of the list."""

    campaign_id: str
    creative_id: str
    reason: str
    probability: float
    arm: Arm
    start_ns: int
    seconds: float
    completed: bool


class StandView(BaseModel):
    """One stand now."""

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
    """Everything on the operator's page."""

    now_ns: int
    started_ns: int
    stands: Sequence[StandView]
    problems: Sequence[str]
    """What an operator should look at, a sentence each."""


@dataclass(slots=True)
class Tally:
    """What happened at one stand since the program started."""

    plays: int = 0
    completed: int = 0
    interactions: dict[InteractionKind, int] = field(default_factory=dict)
    recent: deque[RecentPlay] = field(default_factory=lambda: deque(maxlen=RECENT))

    def count_play(self, play: Play) -> None:
        """A player reported a play."""
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
                seconds=(play.end_ns - play.start_ns) / 1e9,
                completed=play.completed,
            )
        )

    def count_interaction(self, interaction: Interaction) -> None:
        """Somebody did something, or was shown an offer."""
        self.interactions[interaction.kind] = (
            self.interactions.get(interaction.kind, 0) + 1
        )


def on_screen(command: Command, since_ns: int, url: str, kind: Kind) -> OnScreen:
    """A command as what is on the screen since a moment."""
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
    """One stand's figures at `now_ns`."""
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
        offers_shown=tally.interactions.get("offer-shown", 0),
        offers_redeemed=tally.interactions.get("offer-redeemed", 0),
        touches=tally.interactions.get("touch", 0),
        recent=list(tally.recent),
    )
