"""A socket on which only the server speaks; tests/component/test_sockets.py has it at work."""

from __future__ import annotations

import asyncio
from unittest.mock import Mock

import pytest
import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.server import ServerState
from websockets.protocol import State

from vitrine.web.sockets import OneWaySocket


def make_socket(*, closing: bool) -> tuple[OneWaySocket, Mock]:
    """An open socket and its transport."""
    config = uvicorn.Config(FastAPI(), ws=OneWaySocket)
    config.load()
    socket = OneWaySocket(config, ServerState(), {}, asyncio.get_running_loop())
    socket.handshake_complete = True
    socket.conn.state = State.OPEN
    transport = Mock()
    transport.is_closing.return_value = closing
    socket.transport = transport
    return socket, transport


async def send(*, closing: bool) -> Mock:
    socket, transport = make_socket(closing=closing)
    await socket.send({"type": "websocket.send", "text": "news"})
    return transport


async def answer_no_ping() -> Mock:
    socket, transport = make_socket(closing=False)
    socket.keepalive_timeout()
    return transport


def test_nothing_is_written_to_a_connection_that_ends() -> None:
    asyncio.run(send(closing=False)).write.assert_called_once_with(b"\x81\x04news")
    with pytest.raises(ClientDisconnected):
        asyncio.run(send(closing=True))


def test_without_an_answer_to_a_ping_nobody_waits_for_what_is_left_to_send() -> None:
    transport = asyncio.run(answer_no_ping())
    transport.abort.assert_called_once()
    transport.close.assert_not_called()
