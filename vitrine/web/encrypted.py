"""Connections over TLS that are counted, and waited for, from their first byte on."""

from __future__ import annotations

import asyncio
import ssl
from typing import Any, ClassVar

from vitrine.telemetry.metrics import HTTP_REFUSED
from vitrine.web.connections import BoundedConnection


class EncryptedConnection(BoundedConnection):
    """Shake hands first; until then it is one without a request, as any other.

    asyncio's own servers know nothing of a connection before the handshake, wait a minute for it,
    and take as many as come.
    """

    context: ClassVar[ssl.SSLContext]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._handshake: asyncio.Task[None] | None = None
        self._early: bytes | None = b""
        """What came with the end of the handshake; None once that is over."""
        self._is_lost = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Count the connection, and begin the handshake."""
        super().connection_made(transport)
        # Begins before the loop reads: what comes is for the handshake.
        self._handshake = self.loop.create_task(self._encrypt(transport))

    async def _encrypt(self, transport: asyncio.Transport) -> None:
        try:
            encrypted = await self.loop.start_tls(
                transport,
                self,
                self.context,
                server_side=True,
            )
        except OSError as error:
            # Also of what is no TLS, and of a connection that was given up.
            HTTP_REFUSED.labels("malformed").inc()
            self.connection_lost(error)
            return
        if self._is_lost:
            return
        if encrypted is None:
            # It was given up meanwhile, which asyncio tells nobody.
            self.connection_lost(None)
            return
        assert isinstance(encrypted, asyncio.Transport)  # noqa: S101 - it took a transport
        super().connection_made(encrypted)
        early = self._early
        self._early = None
        if early:
            super().data_received(early)

    def data_received(self, data: bytes) -> None:
        """Go on with a request, once there is a way to answer it."""
        if self._early is None:
            super().data_received(data)
        else:
            self._early += data

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting; asyncio may say it once more after a handshake that failed."""
        if not self._is_lost:
            self._is_lost = True
            super().connection_lost(exc)


def encrypted_by(context: ssl.SSLContext) -> type[EncryptedConnection]:
    """Return the class of a server's connections."""

    class Encrypted(EncryptedConnection):
        pass

    Encrypted.context = context
    return Encrypted
