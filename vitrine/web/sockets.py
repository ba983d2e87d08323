"""WebSockets on which only the server speaks."""

from __future__ import annotations

from typing import Any

from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

from vitrine.telemetry.metrics import HTTP_REFUSED


class OneWaySocket(WebSocketsSansIOProtocol):
    """End the connection of a client that sends something, or answers no ping.

    It ends at once: `close` would wait until the client takes what is left to send.
    """

    def data_received(self, data: bytes) -> None:
        """Go on with the handshake, or with control frames."""
        super().data_received(data)
        if not self.handshake_initiated:
            # Headers that are too long for it; nothing would ever end the connection.
            self._refuse()

    async def send(self, message: Any) -> None:
        """Send a part; raises ClientDisconnected as soon as the connection ends.

        asyncio would warn of each part that waited and now goes nowhere.
        """
        if self.transport.is_closing():
            raise ClientDisconnected
        await super().send(message)
        if self.close_sent and self.initial_response is not None:
            # The handshake was refused, with an answer: uvicorn would log that as an error.
            self.handshake_complete = True

    def handle_text(self, event: Frame) -> None:  # noqa: ARG002
        """Refuse what a client sends, as what follows."""
        self._refuse()

    def handle_bytes(self, event: Frame) -> None:  # noqa: ARG002
        """Refuse what a client sends."""
        self._refuse()

    def handle_cont(self, event: Frame) -> None:  # noqa: ARG002
        """Refuse what a client sends."""
        self._refuse()

    def handle_parser_exception(self) -> None:
        """Refuse what is no frame, or too large a one."""
        self._refuse()

    def handle_ping(self) -> None:
        """Answer, unless the answers pile up because nobody reads them."""
        if self.writable.is_set():
            super().handle_ping()
        else:
            self._refuse()

    def keepalive_timeout(self) -> None:
        """End a connection that the network or the client has forgotten."""
        self.transport.abort()

    def _refuse(self) -> None:
        if self.transport.is_closing():
            return
        HTTP_REFUSED.labels("malformed").inc()
        self.transport.abort()
