"""Event streams: commands to players, figures to the operator's console."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Annotated, Final

from fastapi import Depends, HTTPException, Query, Request
from fastapi.sse import ServerSentEvent

from vitrine.clock import Clock
from vitrine.programme.commands import PlayerId, PlayerKind
from vitrine.services.stand.dependencies import ServedStand, WebOf
from vitrine.services.stand.protocol import AliveEvent, HelloEvent
from vitrine.services.stand.switchboard import Connection, Sent, Switchboard
from vitrine.services.stand.viewport import Viewport, asked_viewport
from vitrine.telemetry.metrics import HTTP_REFUSED
from vitrine.web.addresses import client_address

logger = logging.getLogger(__name__)

# Chosen, not measured: players give a connection up after five seconds of silence.
ALIVE_EVERY_S: Final = 2.0
"""Silence after which a sign of life is sent, also while the loop waits for the bus."""


async def stream_place(request: Request, web: WebOf) -> AsyncIterator[None]:
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
    async for event in _events(connection, web.switchboard, web.clock):
        if not web.operators.admits(request):
            return
        yield event


async def player_events(
    stand_id: ServedStand,
    request: Request,
    web: WebOf,
    player: Annotated[PlayerKind, Query()],
    player_id: Annotated[PlayerId, Query()],
    viewport: Annotated[Viewport | None, Depends(asked_viewport)],
) -> AsyncIterator[ServerSentEvent]:
    """Send a player `hello`, then `state` and `alive`; the one in charge `play` and `offer`, too.

    `replaced` comes last, when the same player opened another stream.
    """
    connection = web.switchboard.join(
        stand_id,
        player,
        player_id,
        asyncio.get_running_loop(),
        request.state.screen_id,
        viewport,
    )
    assert connection.player is not None  # noqa: S101 - joined as a player
    session = connection.player.session
    now = web.clock.now()
    hello = HelloEvent(
        session=session,
        now_ns=now.utc_ns,
        steady_ns=now.steady_ns,
    )
    yield ServerSentEvent(
        event="hello",
        raw_data=hello.model_dump_json(),
    )
    async for event in _events(connection, web.switchboard, web.clock):
        yield event


async def _events(
    connection: Connection,
    switchboard: Switchboard,
    clock: Clock,
) -> AsyncIterator[ServerSentEvent]:
    """Yield what is sent to a connection until it ends, from either side."""
    try:
        while True:
            sent = await _next(connection, clock)
            if sent is None:
                return
            yield ServerSentEvent(event=sent.event, raw_data=sent.json)
    finally:
        switchboard.leave(connection)


async def _next(connection: Connection, clock: Clock) -> Sent | None:
    """Return what is sent next, or a sign of life after a while without."""
    try:
        async with asyncio.timeout(ALIVE_EVERY_S):
            return await connection.queue.get()
    except TimeoutError:
        now = clock.now()
        alive = AliveEvent(now_ns=now.utc_ns, steady_ns=now.steady_ns)
        return Sent("alive", alive.model_dump_json())
