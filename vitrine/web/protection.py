"""Stand in front of a web application: names, origins, sizes, headers."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vitrine.telemetry.metrics import HTTP_REFUSED
from vitrine.web import limits, names
from vitrine.web.answers import problem
from vitrine.web.headers import CACHE, COMMON
from vitrine.web.names import ServerNames

SAFE_METHODS: Final = ("GET", "HEAD", "OPTIONS")
STREAM: Final = "text/event-stream"
# `none`: somebody typed the address.
OWN_SITES: Final = ("same-origin", "none")
FOREIGN: Final = "a page of another site, or a creative, may not ask this"


class Refused(Exception):
    """A request that is not handed to the application."""

    def __init__(self, status: int, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.reason = reason
        """The label of the metric."""


class Protection:
    """Stand in front of an application.

    Refuse names that are not ours, requests that other sites make a browser send, and
    bodies that are too large or too slow. Add the headers of `COMMON` that an answer lacks.
    The application gets whole bodies only.
    """

    def __init__(
        self,
        app: ASGIApp,
        server_names: ServerNames,
        body_bytes: Mapping[str, int],
        open_files: tuple[str, ...] = (),
    ) -> None:
        """Allow other bodies than BODY_BYTES by the last part of a path.

        Other origins may load what is below the paths `open_files`.
        """
        self._app = app
        self._names = server_names
        self._body_bytes = body_bytes
        self._open_files = open_files

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or the handshake of a WebSocket."""
        answer = Answer(scope, receive, send)
        headers = Headers(scope=scope)
        try:
            self._check_host(headers)
            if scope["type"] == "websocket":
                self._check_origin_of_socket(headers)
            else:
                self._check_origin(scope, headers)
                body = await self._body(scope, headers, receive)
                receive = Body(body, receive).receive
        except Refused as error:
            HTTP_REFUSED.labels(error.reason).inc()
            await answer.refuse(error.status, str(error))
            return
        await self._app(scope, receive, answer.send)

    def _check_host(self, headers: Headers) -> None:
        for host in headers.getlist("Host"):
            if not self._names.admits(host):
                raise Refused(421, "host", names.refusal(host))

    def _check_origin(self, scope: Scope, headers: Headers) -> None:
        """Refuse what a page of another origin, or a creative, makes a browser ask.

        Following a link is allowed. Another port of this host is another origin.
        """
        site = headers.get("Sec-Fetch-Site")
        is_safe = scope["method"] in SAFE_METHODS
        if site is None:
            # Not a browser, or one on plain HTTP, which sends the origin of changes only.
            own = is_safe or self._is_own(headers)
        elif is_safe:
            navigates = headers.get("Sec-Fetch-Mode") == "navigate"
            is_file = scope["path"].startswith(self._open_files)
            own = site in OWN_SITES or navigates or is_file
        else:
            own = site in OWN_SITES
        if not own:
            raise Refused(403, "origin", FOREIGN)

    def _check_origin_of_socket(self, headers: Headers) -> None:
        """Refuse any page of another origin: no browser asks us before it opens a WebSocket."""
        site = headers.get("Sec-Fetch-Site", "same-origin")
        if site != "same-origin" or not self._is_own(headers):
            raise Refused(403, "origin", FOREIGN)

    def _is_own(self, headers: Headers) -> bool:
        origin = headers.get("Origin")
        if origin is None:
            return True
        asked = urlsplit(origin).netloc.lower()
        if not asked:
            # `null`: of a creative, or of a file.
            return False
        if asked == headers.get("Host", "").lower():
            return True
        # A proxy may have put its own name for us into `Host`. Another port of ours is
        # another program.
        return ":" not in asked and self._names.is_configured(asked)

    async def _body(self, scope: Scope, headers: Headers, receive: Receive) -> bytes:
        """Return the whole body. Raises Refused."""
        last = scope["path"].rpartition("/")[2]
        most = self._body_bytes.get(last, limits.BODY_BYTES)
        too_large = Refused(413, "body", f"at most {most} bytes")
        declared = headers.get("Content-Length", "0")
        if declared.isdecimal() and int(declared) > most:
            raise too_large
        body = bytearray()
        try:
            async with asyncio.timeout(limits.BODY_S):
                while True:
                    message = await receive()
                    body += message.get("body", b"")
                    if len(body) > most:
                        raise too_large
                    if not message.get("more_body", False):
                        return bytes(body)
        except TimeoutError:
            detail = f"the body took more than {limits.BODY_S:g} s"
            raise Refused(408, "slow", detail) from None


class Answer:
    """Send an answer, with the headers of `COMMON` that it lacks."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._is_socket = False

    async def send(self, message: Message) -> None:
        """Pass on a part of the answer."""
        kind = message["type"]
        if kind == "websocket.accept":
            self._is_socket = True
        if kind == "websocket.close" and not self._is_socket:
            # What FastAPI says of no route, and of a query that it cannot take.
            await self.refuse(404, "no stream has this address")
            return
        if kind.endswith("http.response.start"):
            headers = MutableHeaders(scope=message)
            if headers.get("Content-Type", "").startswith(STREAM):
                # FastAPI says `no-cache`, with which a browser may store it.
                headers[CACHE] = COMMON[CACHE]
            for name, value in COMMON.items():
                headers.setdefault(name, value)
        await self._send(message)

    async def refuse(self, status: int, detail: str) -> None:
        """Answer with a problem; what is left of a body is not read."""
        accept = Headers(scope=self._scope).get("Accept", "")
        refusal = problem(status, detail, accept, {"Connection": "close"})
        await refusal(self._scope, self._receive, self.send)


class Body:
    """Give an application a body that was read, then what else comes."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._body: bytes | None = body
        self._receive = receive

    async def receive(self) -> Message:
        """Return the body the first time; later, that the client went away."""
        body = self._body
        if body is None:
            return await self._receive()
        self._body = None
        return {"type": "http.request", "body": body, "more_body": False}
