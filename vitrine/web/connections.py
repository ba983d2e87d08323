"""Connections of a web server: none waits for ever, and there are not too many."""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from vitrine.telemetry.metrics import HTTP_REFUSED
from vitrine.web import limits
from vitrine.web.headers import COMMON

WAITS = (h11.IDLE, h11.SEND_BODY)
"""States of a client that has not sent its whole request."""

UNANSWERED = (h11.IDLE, h11.SEND_RESPONSE)
"""States of a server that has not begun to answer."""


class InOrder(dict[Any, None]):
    """Keep connections as a set does, and in the order of their coming.

    Of many, the oldest is found at once: looking for it took longer than all else that a new
    connection costs.
    """

    add = dict.setdefault

    def discard(self, connection: Any) -> None:
        """Take a connection out, if it is in."""
        self.pop(connection, None)

    remove = dict.__delitem__


class BoundedConnection(H11Protocol):
    """Close a connection whose request is not there in time.

    uvicorn itself waits for ever for the first request, and for the rest of one that began.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._deadline: asyncio.TimerHandle | None = None

    @property
    def is_waiting(self) -> bool:
        """True while no answer is on its way."""
        return self.cycle is None or self.cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._make_room()
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Go on with a request."""
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        super().connection_lost(exc)
        self._stop_watching()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, with the headers of every answer."""
        HTTP_REFUSED.labels("malformed").inc()
        if self.conn.our_state not in UNANSWERED:
            # In the middle of an answer.
            self.transport.abort()
            return
        lines = ["HTTP/1.1 400 Bad Request", "Connection: close"]
        for name, value in COMMON.items():
            lines.append(f"{name}: {value}")
        lines.append("Content-Type: text/plain; charset=utf-8")
        lines.append(f"Content-Length: {len(msg)}")
        head = "\r\n".join(lines)
        self.transport.write(f"{head}\r\n\r\n{msg}".encode("ascii"))
        self.transport.close()

    def _watch(self) -> None:
        if self.conn.their_state not in WAITS:
            self._stop_watching()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(limits.REQUEST_S, self._give_up)

    def _stop_watching(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        if self.conn.trailing_data[0] or self.conn.their_state is h11.SEND_BODY:
            HTTP_REFUSED.labels("slow").inc()
        self.transport.abort()

    def _make_room(self) -> None:
        """Close the oldest connection without a request, where there are too many."""
        if len(self.connections) <= limits.CONNECTIONS:
            return
        HTTP_REFUSED.labels("crowded").inc()
        for other in self.connections:
            if not isinstance(other, BoundedConnection) or not other.is_waiting:
                continue
            if not other.transport.is_closing():
                self.connections.discard(other)
                other.transport.abort()
                return
