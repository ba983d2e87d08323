"""Plays that a signage player of another maker tells of, so that they get the stand's audience.

They are proofs by word alone: nobody here chose them, and no browser of ours drew them. The rules
for what can have happened are those for our own pages.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import blake2b
from typing import Annotated, Final

from fastapi import HTTPException, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from vitrine.clock import SECOND_NS
from vitrine.mall import Campaign, Creative
from vitrine.programme.arms import arm, probability_of, slot_start
from vitrine.programme.commands import SHORT_NS, Command, PlayReport, Refused
from vitrine.programme.licences import LICENSED_NS, MILLISECONDS
from vitrine.schemas import LONGEST_NS, Play
from vitrine.services.stand.dependencies import KnownStand, Web, WebOf
from vitrine.services.stand.protocol import MOST_PLAYS, Acknowledged
from vitrine.services.stand.report_routes import Claim, possible, settle

OTHER_PLAYER: Final = "other-player"
"""The reason of a play that a player of another maker chose."""
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
# Nanoseconds of later times do not fit into 63 bits.
FAR_FUTURE: Final = datetime(2200, 1, 1, tzinfo=UTC)
MILLISECOND: Final = timedelta(milliseconds=1)


class OtherPlay(BaseModel):
    """Tell that a creative was shown from a time on, for so long."""

    model_config = ConfigDict(extra="forbid")

    creative: Annotated[str, Field(pattern=r"^[^/]{1,60}/[^/]{1,60}$")]
    """`CAMPAIGN/CREATIVE`, by their ids in the configuration."""
    started_at: Annotated[AwareDatetime, Field(ge=EPOCH, lt=FAR_FUTURE)]
    seconds: Annotated[float, Field(gt=0, le=LONGEST_NS // SECOND_NS)]

    @property
    def start_ns(self) -> int:
        """The start, UTC, in whole milliseconds."""
        since = self.started_at - EPOCH
        return since // MILLISECOND * MILLISECONDS


class OtherPlays(BaseModel):
    """Tell of finished plays, oldest first."""

    model_config = ConfigDict(extra="forbid")

    plays: Annotated[list[OtherPlay], Field(min_length=1, max_length=MOST_PLAYS)]


async def take_other_plays(
    stand_id: KnownStand,
    reports: OtherPlays,
    request: Request,
    web: WebOf,
) -> Acknowledged:
    """Take what another player has shown; answered when the bus has it. Repeating is harmless."""
    screen_id = request.state.screen_id
    if screen_id is None:
        raise HTTPException(403, "bring the token that `vitrine screens add` printed")
    now = web.clock.now()
    web.ledgers.hear_clock(now)
    claims: list[Claim] = []
    for told in reports.plays:
        report = _report(told, screen_id)
        prove = partial(_play, told, report, stand_id, web, now.utc_ns)
        claims.append((report, prove))
    return await settle(claims, stand_id, web)


def _report(told: OtherPlay, screen_id: str) -> PlayReport:
    """Return it as our own pages report; its id comes from screen, creative and start.

    Whether it was complete is for those to say who know the creative.
    """
    name = f"{told.creative}\x1f{told.start_ns}"
    digest = blake2b(name.encode(), digest_size=10).hexdigest()
    return PlayReport(
        play_id=f"{screen_id}.{digest}",
        token="",
        start_ns=told.start_ns,
        end_ns=told.start_ns + round(told.seconds * SECOND_NS),
        completed=False,
    )


def _play(
    told: OtherPlay,
    report: PlayReport,
    stand_id: str,
    web: Web,
    now_ns: int,
) -> Play:
    """Return a play that can have happened. Raises Refused."""
    if report.start_ns < now_ns - LICENSED_NS:
        raise Refused("expired", "the play is more than 25 hours old")
    campaign, creative = _shown(told.creative, stand_id, web)
    whole_ns = round(creative.seconds * SECOND_NS) - SHORT_NS
    completed = report.end_ns - report.start_ns >= whole_ns
    report = report.model_copy(update={"completed": completed})
    player_id, _, command_id = report.play_id.rpartition(".")
    drawn = arm(campaign, stand_id, report.start_ns)
    # Nobody decided here, so it was certain; it stands in its slot as any other play does.
    command = Command(
        stand_id=stand_id,
        player_id=player_id,
        player="page",
        campaign_id=campaign.id,
        advertiser=campaign.advertiser,
        creative_id=creative.id,
        seconds=creative.seconds,
        probability=1.0,
        config_version=web.mall.current().version,
        command_id=command_id,
        reason=OTHER_PLAYER,
        arm=drawn,
        arm_probability=probability_of(campaign.holdout, drawn),
        slot_ns=slot_start(report.start_ns),
        issued_ns=min(report.start_ns, now_ns),
        responds=False,
    )
    return possible(report, command, stand_id, web, now_ns)


def _shown(name: str, stand_id: str, web: Web) -> tuple[Campaign, Creative]:
    """Return what a player names. Raises Refused for what this stand does not have."""
    campaign_id, _, creative_id = name.partition("/")
    for campaign in web.mall.current().campaigns:
        if campaign.id != campaign_id or stand_id not in campaign.stands:
            continue
        creative = campaign.creative(creative_id)
        if creative is not None:
            return campaign, creative
    raise Refused("creative", f"stand {stand_id} has no creative {name}")
