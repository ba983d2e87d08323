"""Event streams: commands to players, figures to the operator's console."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Annotated, Final

from fastapi import (
    Depends,
    HTTPException,
    Query,
    Request,
    WebSocket,
    WebSocketDisconnect,
)
from fastapi.sse import ServerSentEvent
from starlette.requests import HTTPConnection

from vitrine.clock import Clock
from vitrine.programme.commands import PlayerId, PlayerKind
from vitrine.services.stand.dependencies import ServedStand, WebOf
from vitrine.services.stand.protocol import AliveEvent, HelloEvent
from vitrine.services.stand.switchboard import Connection, Sent
from vitrine.services.stand.viewport import Viewport, asked_viewport
from vitrine.telemetry.metrics import HTTP_REFUSED
from vitrine.web.addresses import client_address

logger = logging.getLogger(__name__)

# Chosen, not measured: players give a connection up after five seconds of silence.
ALIVE_EVERY_S: Final = 2.0
"""Silence after which a sign of life is sent, also while the loop waits for the bus."""


async def stream_place(request: HTTPConnection, web: WebOf) -> AsyncIterator[None]:
    """Keep a place while a stream is open; 429 for one too many. A dependency."""
    address = client_address(request)
    if not web.places.take(address):
        HTTP_REFUSED.labels("streams").inc()
        problem = "as many pages are open at this address as may; close some"
        logger.warning("%s: %s", address, problem)
        raise HTTPException(429, problem, {"Retry-After": "10"})
    try:
        yield
    finally:
        web.places.give_back(address)


async def live_events(
    request: Request,
    web: WebOf,
    stand: Annotated[str, Query(max_length=60)] = "",
) -> AsyncIterator[ServerSentEvent]:
    """Send the figures, twice a second, as long as the session lasts; `stand` in detail, too."""
    connection = web.switchboard.watch(asyncio.get_running_loop(), stand)
    try:
        while sent := await _next(connection, web.clock):
            if not web.operators.admits(request):
                return
            yield ServerSentEvent(event=sent.event, raw_data=sent.json)
    finally:
        web.switchboard.leave(connection)


async def player_events(
    socket: WebSocket,
    stand_id: ServedStand,
    web: WebOf,
    player: Annotated[PlayerKind, Query()],
    player_id: Annotated[PlayerId, Query()],
    viewport: Annotated[Viewport | None, Depends(asked_viewport)],
) -> None:
    """Send a player `hello`, then `state` and `alive`; the one in charge `play` and `offer`, too.

    `replaced` comes last, when the same player opened another stream.
    """
    await socket.accept()
    connection = web.switchboard.join(
        stand_id,
        player,
        player_id,
        asyncio.get_running_loop(),
        socket.state.screen_id,
        viewport,
    )
    try:
        hello = _hello(connection, web.clock)
        await socket.send_text(hello.frame)
        while sent := await _next(connection, web.clock):
            await socket.send_text(sent.frame)
        await socket.close()
    except WebSocketDisconnect:
        logger.debug("stand %s: player %s went away", stand_id, player_id)
    finally:
        web.switchboard.leave(connection)


def _hello(connection: Connection, clock: Clock) -> Sent:
    assert connection.player is not None  # noqa: S101 - joined as a player
    now = clock.now()
    hello = HelloEvent(
        session=connection.player.session,
        now_ns=now.utc_ns,
        steady_ns=now.steady_ns,
    )
    return Sent("hello", hello.model_dump_json())


async def _next(connection: Connection, clock: Clock) -> Sent | None:
    """Return what is sent next, or a sign of life after a while without."""
    try:
        async with asyncio.timeout(ALIVE_EVERY_S):
            return await connection.queue.get()
    except TimeoutError:
        now = clock.now()
        alive = AliveEvent(now_ns=now.utc_ns, steady_ns=now.steady_ns)
        return Sent("alive", alive.model_dump_json())
