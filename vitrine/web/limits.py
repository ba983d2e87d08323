"""Limits of every web server of the project, on what one client may take."""

from __future__ import annotations

from typing import Final

from fastapi import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# The largest request is a report of 200 plays, each with a token of at most 4,000
# characters: some 900 kB.
BODY_BYTES: Final = 1_000_000

# Connections that wait to be accepted. Chosen, not measured.
WAITING_CONNECTIONS: Final = 128

# Requests in progress; each open page holds one for its events. Far above the screens
# of a mall. Chosen, not measured.
REQUESTS: Final = 1_000

# Seconds that a connection without a request is kept: what uvicorn does by default.
KEEP_ALIVE_S: Final = 5

# Seconds that requests have to end when the server stops; pages connect again by
# themselves. Chosen, not measured.
SHUTDOWN_S: Final = 2


class BodyLimit:
    """Refuse requests whose body has more than BODY_BYTES, with status 413."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        """Answer one request."""
        received = 0

        async def receive_limited() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > BODY_BYTES:
                raise HTTPException(413, f"at most {BODY_BYTES} bytes")
            return message

        await self._app(scope, receive_limited, send)
