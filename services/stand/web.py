"""The stand's web server: pages, the players' protocol, redemption at the till."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException, Query, Request
from fastapi import Path as PathParameter
from fastapi.responses import FileResponse, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from fastapi.staticfiles import StaticFiles
from pydantic import SecretStr
from redis import Redis

from vitrine.clock import Clock
from vitrine.errors import Unavailable
from vitrine.mall.folder import MallSource
from vitrine.offers.redemption import AlreadyRedeemed, UnknownCode
from vitrine.programme.commands import PlayerId, PlayerKind, Refused, to_play, verify
from vitrine.schemas import Interaction
from vitrine.services.stand.protocol import (
    Acknowledged,
    HelloEvent,
    InteractionReport,
    PlayReports,
    Redeemed,
    RedeemRequest,
    RefusedReport,
)
from vitrine.services.stand.switchboard import Connection, Submission, Switchboard
from vitrine.stores import offers
from vitrine.web.guard import PageGuard, answer_guarded
from vitrine.web.tokens import TokenGuard, bearer_token

PAGES = Path(__file__).parent / "pages"
DURABLE_LIMIT_S = 15.0
SANDBOX = "sandbox allow-scripts"
"""Creatives are other people's programs: they get an origin of their own, also when opened directly."""


@dataclass(frozen=True, slots=True)
class Web:
    """What the routes work with; `key` checks the commands that players bring back."""

    switchboard: Switchboard
    mall: MallSource
    clock: Clock
    key: bytes
    redis: Callable[[], Redis]
    creatives: Path
    till_token: SecretStr | None
    operator_token: SecretStr | None
    player_token: SecretStr | None


class CreativeFiles(StaticFiles):
    """Files of the folder and nothing outside it, sandboxed, checked for changes on every use."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        """A file, with headers."""
        response = super().file_response(*args, **kwargs)
        response.headers["Content-Security-Policy"] = SANDBOX
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Cache-Control"] = "no-cache"
        return response


def _web(request: Request) -> Web:
    web: Web = request.app.state.web
    return web


WebOf = Annotated[Web, Depends(_web)]
StandId = Annotated[str, PathParameter(max_length=60)]


def _known_stand(stand_id: StandId, web: WebOf) -> str:
    if web.mall.current().stand(stand_id) is None:
        raise HTTPException(404, f"no stand {stand_id!r}")
    return stand_id


def _served_stand(stand_id: Annotated[str, Depends(_known_stand)], web: WebOf) -> str:
    if not web.switchboard.serves(stand_id):
        raise HTTPException(
            503, f"stand {stand_id!r} is not served here now", {"Retry-After": "1"}
        )
    return stand_id


KnownStand = Annotated[str, Depends(_known_stand)]
ServedStand = Annotated[str, Depends(_served_stand)]


def create_app(web: Web) -> FastAPI:
    """The application; nothing in it has connected yet."""
    app = FastAPI(title="Vitrine stand", docs_url=None, redoc_url=None)
    app.state.web = web
    answer_guarded(app)
    app.include_router(
        _operator_routes(),
        dependencies=[Depends(PageGuard("vitrine-operator", web.operator_token))],
    )
    app.include_router(
        _player_routes(),
        dependencies=[Depends(PageGuard("vitrine-player", web.player_token))],
    )
    app.add_api_route("/stands/{stand_id}/redeem", redeem, methods=["POST"])
    app.mount("/creatives", CreativeFiles(directory=web.creatives, check_dir=False))
    app.mount("/static", StaticFiles(directory=PAGES))
    return app


def _operator_routes() -> APIRouter:
    router = APIRouter()
    router.add_api_route("/", live_page, response_class=FileResponse)
    router.add_api_route("/live", live_page, response_class=FileResponse)
    router.add_api_route(
        "/live/events", live_events, response_class=EventSourceResponse
    )
    return router


def _player_routes() -> APIRouter:
    router = APIRouter(prefix="/stands/{stand_id}")
    router.add_api_route("", stand_page, response_class=FileResponse)
    router.add_api_route("/events", player_events, response_class=EventSourceResponse)
    router.add_api_route("/plays", take_plays, methods=["POST"])
    router.add_api_route("/interactions", take_interaction, methods=["POST"])
    return router


def live_page() -> Path:
    """The operator's page: anonymous live figures of all stands."""
    return PAGES / "live.html"


def stand_page(_stand_id: KnownStand) -> Path:
    """What the kiosk's browser shows."""
    return PAGES / "stand.html"


async def live_events(web: WebOf) -> AsyncIterator[ServerSentEvent]:
    """The live figures, a few times a second."""
    connection = web.switchboard.watch(asyncio.get_running_loop())
    async for event in _stream(connection, web.switchboard):
        yield event


async def player_events(
    stand_id: ServedStand,
    web: WebOf,
    player: Annotated[PlayerKind, Query()],
    player_id: Annotated[PlayerId, Query()],
) -> AsyncIterator[ServerSentEvent]:
    """Commands to a player: `hello`, then `play`, `offer`, `state`; `replaced` when it came again."""
    connection = web.switchboard.join(
        stand_id, player, player_id, asyncio.get_running_loop()
    )
    assert connection.player is not None  # noqa: S101 - joined as a player
    hello = HelloEvent(session=connection.player.session, now_ns=web.clock.now_ns())
    yield ServerSentEvent(event="hello", raw_data=hello.model_dump_json())
    async for event in _stream(connection, web.switchboard):
        yield event


async def _stream(
    connection: Connection, switchboard: Switchboard
) -> AsyncIterator[ServerSentEvent]:
    try:
        while (sent := await connection.queue.get()) is not None:
            yield ServerSentEvent(event=sent.event, raw_data=sent.json)
    finally:
        switchboard.leave(connection)


async def take_plays(
    stand_id: KnownStand, reports: PlayReports, web: WebOf
) -> Acknowledged:
    """Proof of play; answered when the bus has it. Repeating a report is harmless."""
    plays = []
    refused = []
    for report in reports.plays:
        try:
            command = verify(report.token, web.key)
            plays.append(to_play(report, command, stand_id, web.clock.now_ns()))
        except Refused as error:
            refused.append(RefusedReport(play_id=report.play_id, reason=str(error)))
    if plays:
        await _durable(web, Submission(plays=plays))
    return Acknowledged(accepted=[play.play_id for play in plays], refused=refused)


async def take_interaction(
    stand_id: KnownStand, report: InteractionReport, web: WebOf
) -> Acknowledged:
    """A touch, or a wish about recognition; answered when the bus has it."""
    interaction = Interaction(
        interaction_id=report.interaction_id,
        stand_id=stand_id,
        kind=report.kind,
        at_ns=min(report.at_ns, web.clock.now_ns()),
        config_version=web.mall.current().version,
    )
    if report.token is not None:
        try:
            command = verify(report.token, web.key)
        except Refused as error:
            raise HTTPException(422, str(error)) from error
        interaction = interaction.model_copy(
            update={
                "play_id": command.play_id,
                "campaign_id": command.campaign_id,
                "advertiser": command.advertiser,
                "creative_id": command.creative_id,
                "config_version": command.config_version,
            }
        )
    await _durable(web, Submission(interactions=[interaction]))
    return Acknowledged(accepted=[interaction.interaction_id])


async def _durable(web: Web, submission: Submission) -> None:
    """Wait until the loop has published it; 503 tells the player to keep it and come again."""
    web.switchboard.submit(submission)
    future = asyncio.wrap_future(submission.durable)
    await asyncio.wait([future], timeout=DURABLE_LIMIT_S)
    if not future.done() or future.cancelled():
        future.cancel()
        raise HTTPException(503, "not stored yet, send it again", {"Retry-After": "1"})


def redeem(
    _stand_id: KnownStand,
    request: RedeemRequest,
    web: WebOf,
    authorization: Annotated[str, Header()] = "",
) -> Redeemed:
    """The till uses up a code; a second time is refused with 409."""
    guard = TokenGuard(web.till_token)
    if not guard.has_token:
        raise HTTPException(403, "redemption is off; set VITRINE_STAND_TILL_TOKEN")
    if not guard.admits(bearer_token(authorization)):
        raise HTTPException(
            401, "wrong or missing token", {"WWW-Authenticate": "Bearer"}
        )
    try:
        with closing(web.redis()) as redis:
            event = offers.redeem(redis, request.code, web.clock.now_ns())
    except UnknownCode as error:
        raise HTTPException(404, "no offer with this code was granted") from error
    except AlreadyRedeemed as error:
        raise HTTPException(409, str(error)) from error
    except Unavailable as error:
        raise HTTPException(503, str(error), {"Retry-After": "2"}) from error
    web.switchboard.submit(
        Submission(interactions=[event], settles=[event.interaction_id])
    )
    return Redeemed(
        campaign_id=event.campaign_id or "",
        offer_id=event.offer_id or "",
        at_ns=event.at_ns,
    )
