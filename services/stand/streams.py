"""Event streams: commands to players, live figures to the operator's page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Query
from fastapi.sse import ServerSentEvent

from vitrine.programme.commands import PlayerId, PlayerKind
from vitrine.services.stand.dependencies import ServedStand, WebOf
from vitrine.services.stand.protocol import HelloEvent
from vitrine.services.stand.switchboard import Connection, Switchboard


async def live_events(web: WebOf) -> AsyncIterator[ServerSentEvent]:
    """Send the live figures, a few times a second."""
    connection = web.switchboard.watch(asyncio.get_running_loop())
    async for event in _events(connection, web.switchboard):
        yield event


async def player_events(
    stand_id: ServedStand,
    web: WebOf,
    player: Annotated[PlayerKind, Query()],
    player_id: Annotated[PlayerId, Query()],
) -> AsyncIterator[ServerSentEvent]:
    """Send a player `hello`, then `play`, `offer` and `state`; `replaced` when it came again."""
    connection = web.switchboard.join(
        stand_id,
        player,
        player_id,
        asyncio.get_running_loop(),
    )
    assert connection.player is not None  # noqa: S101 - joined as a player
    session = connection.player.session
    hello = HelloEvent(
        session=session,
        now_ns=web.clock.now_ns(),
    )
    yield ServerSentEvent(
        event="hello",
        raw_data=hello.model_dump_json(),
    )
    async for event in _events(connection, web.switchboard):
        yield event


async def _events(
    connection: Connection, switchboard: Switchboard
) -> AsyncIterator[ServerSentEvent]:
    """Yield what is sent to a connection until it ends, from either side."""
    try:
        while True:
            sent = await connection.queue.get()
            if sent is None:
                return
            yield ServerSentEvent(event=sent.event, raw_data=sent.json)
    finally:
        switchboard.leave(connection)
