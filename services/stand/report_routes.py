"""Reports of players over HTTP, answered when the bus has them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, TypeAlias

from fastapi import HTTPException
from fastapi.responses import Response

from vitrine.programme.commands import (
    Command,
    PlayReport,
    Refused,
    to_play,
)
from vitrine.programme.tokens import command_of
from vitrine.programme.touches import during_play, opt_out_now
from vitrine.schemas import Interaction, Play
from vitrine.services.stand.dependencies import KnownStand, Web, WebOf
from vitrine.services.stand.protocol import (
    Acknowledged,
    FailureReport,
    InteractionReport,
    PlayReports,
    RefusedReport,
)
from vitrine.services.stand.switchboard import Failure, Submission
from vitrine.telemetry import metrics

logger = logging.getLogger(__name__)

# Chosen, not measured: time for a broker to come back, and less than the 8 seconds after which the
# page gives a request up.
DURABLE_LIMIT_S: Final = 6.0
"""Time that a report may take to the bus before the player has to send it again."""

Claim: TypeAlias = tuple[PlayReport, Callable[[], Play]]
"""A report, and what returns its play or raises Refused."""


def close_connection(response: Response) -> None:
    """End the connection of a report with its answer.

    A browser would keep it for the next one, and wait long for a network that has forgotten it.
    """
    response.headers["Connection"] = "close"


async def take_plays(
    stand_id: KnownStand,
    reports: PlayReports,
    web: WebOf,
) -> Acknowledged:
    """Take proofs of play; answered when the bus has them. Repeating a report is harmless."""
    now = web.clock.now()
    web.ledgers.hear_clock(now)
    web.switchboard.keeps(stand_id, reports)
    claims: list[Claim] = []
    for report in reports.plays:
        prove = partial(_proved, report, stand_id, web, now.utc_ns)
        claims.append((report, prove))
    return await settle(claims, stand_id, web)


async def settle(
    claims: Sequence[Claim],
    stand_id: str,
    web: Web,
) -> Acknowledged:
    """Publish the plays that can have happened; name the others with their reasons."""
    plays = []
    refused = []
    for report, prove in claims:
        try:
            play = prove()
        except Refused as error:
            refused.append(_refusal(report, stand_id, error))
        else:
            plays.append(play)
    if plays:
        submission = Submission(plays=plays)
        await _publish(web, submission)
    accepted = [play.play_id for play in plays]
    return Acknowledged(accepted=accepted, refused=refused)


def _proved(
    report: PlayReport,
    stand_id: str,
    web: Web,
    now_ns: int,
) -> Play:
    """Return a play that a token of ours stands for. Raises Refused."""
    command = command_of(report.token, report.start_ns, web.key)
    web.switchboard.heard(stand_id, command.player_id, command.play_id)
    return possible(
        report,
        command,
        stand_id,
        web,
        now_ns,
    )


def possible(
    report: PlayReport,
    command: Command,
    stand_id: str,
    web: Web,
    now_ns: int,
) -> Play:
    """Return a play that can have happened; a doubtful one is counted. Raises Refused."""
    play = to_play(
        report,
        command,
        stand_id,
        now_ns,
        set_back=web.ledgers.lived_twice(command.issued_ns),
    )
    play = web.ledgers.admit(play, (report.start_ns, report.end_ns), command.per_hour)
    if play.doubtful is not None:
        metrics.PLAYS_DOUBTFUL.labels(stand_id, play.doubtful).inc()
        logger.warning(
            "stand %s: play %s has a doubtful time: %s",
            stand_id,
            play.play_id,
            play.doubtful,
        )
    return play


def _refusal(
    report: PlayReport,
    stand_id: str,
    error: Refused,
) -> RefusedReport:
    """Count a refused report, and return the answer to it."""
    _count_refused(stand_id, f"play {report.play_id}", error)
    return RefusedReport(
        play_id=report.play_id,
        reason=str(error),
        code=error.reason,
    )


def _count_refused(stand_id: str, what: str, error: Refused) -> None:
    metrics.REPORTS_REFUSED.labels(stand_id, error.reason).inc()
    logger.warning(
        "stand %s: %s is refused: %s",
        stand_id,
        what,
        error,
    )


async def take_failure(
    stand_id: KnownStand,
    report: FailureReport,
    web: WebOf,
) -> None:
    """Take that a creative could not be shown; the stand then decides anew."""
    try:
        command = command_of(report.token, None, web.key)
    except Refused as error:
        raise HTTPException(422, str(error)) from error
    if command.stand_id != stand_id:
        raise HTTPException(422, f"the play belongs to stand {command.stand_id}")
    web.switchboard.heard(stand_id, command.player_id, command.play_id)
    failure = Failure(command, report.reason)
    submission = Submission(failures=[failure])
    # Nothing of it goes to the bus, so nobody waits for that.
    web.switchboard.submit(submission)


async def take_interaction(
    stand_id: KnownStand,
    report: InteractionReport,
    web: WebOf,
) -> Acknowledged:
    """Take a touch, or a wish about recognition; answered when the bus has it.

    Repeating a report is harmless. 422 tells the page to drop it, 429 to send it again later.
    """
    now_ns = web.clock.now_ns()
    try:
        interaction = _during_play(report, stand_id, web, now_ns)
    except Refused as error:
        _count_refused(stand_id, report.kind, error)
        if report.kind != "opt-out":
            raise HTTPException(422, str(error)) from error
        # Nobody is to be recognised because a token is too old.
        version = web.mall.current().version
        interaction = opt_out_now(stand_id, version, now_ns)
    if web.interactions.full(stand_id):
        crowded = Refused("rate", "too many at once, send it again")
        _count_refused(stand_id, report.kind, crowded)
        raise HTTPException(429, str(crowded), {"Retry-After": "1"})
    web.interactions.count(stand_id)
    submission = Submission(interactions=[interaction])
    await _publish(web, submission)
    return Acknowledged(accepted=[interaction.interaction_id])


def _during_play(
    report: InteractionReport,
    stand_id: str,
    web: Web,
    now_ns: int,
) -> Interaction:
    """Return the interaction of a report. Raises Refused."""
    if report.token is None:
        if report.kind == "opt-out":
            version = web.mall.current().version
            return opt_out_now(stand_id, version, now_ns)
        raise Refused("no-play", "a touch counts with the token of its play only")
    command = command_of(report.token, report.start_ns, web.key)
    return during_play(
        command,
        report.kind,
        report.number,
        report.at_ns,
        stand_id,
        now_ns,
    )


async def _publish(web: Web, submission: Submission) -> None:
    """Wait until the loop has published it; 503 tells the player to keep it and come again."""
    web.switchboard.submit(submission)
    future = asyncio.wrap_future(submission.durable)
    await asyncio.wait([future], timeout=DURABLE_LIMIT_S)
    if not future.done() or future.cancelled():
        # The loop then leaves the report to its repetition, unless it is publishing it.
        future.cancel()
        raise HTTPException(503, "not stored yet, send it again", {"Retry-After": "1"})
