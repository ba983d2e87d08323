"""The console's live view of the cameras, passed on under the stand's own address.

So one published port serves all pages, and the console needs no way out.
"""

from __future__ import annotations

import logging
from typing import Final

import httpx
from fastapi import HTTPException, Request
from fastapi.responses import Response
from pydantic import SecretStr

from vitrine.web.guard import on_behalf_of

logger = logging.getLogger(__name__)

# The console answers its longest question after two seconds. Chosen, not measured.
ANSWER_LIMIT_S: Final = 10.0
# What a browser has to know of an answer; the rest concerns the two servers.
PASSED_ON: Final = (
    "Cache-Control",
    "Content-Security-Policy",
    "Content-Type",
    "Cross-Origin-Opener-Policy",
    "Cross-Origin-Resource-Policy",
    "ETag",
    "Last-Modified",
    "Referrer-Policy",
    "X-Content-Type-Options",
)


class ConsoleRoute:
    """Ask the console what a browser asked, with the operator's token and the person's name.

    The browser's own cookies and headers stay here.
    """

    def __init__(self, url: str | None, token: SecretStr | None) -> None:
        """Pass on to the console at `url`; None answers that there is none."""
        self._url = url
        self._headers = {}
        if token is not None:
            self._headers["Authorization"] = f"Bearer {token.get_secret_value()}"
        self._client: httpx.AsyncClient | None = None

    async def answer(self, request: Request) -> Response:
        """Answer a request; 404 without a console, 502 when it does not answer."""
        if self._url is None:
            raise HTTPException(
                404,
                "There is no view of the cameras here; "
                "VITRINE_STAND_CONSOLE_URL names the service that gives it.",
            )
        address = request.url.path
        if request.url.query:
            address += f"?{request.url.query}"
        try:
            answer = await self._client_of(self._url).get(
                address,
                headers=on_behalf_of(request.state.person),
            )
        except httpx.HTTPError as error:
            logger.warning("the console does not answer: %r", error)
            raise HTTPException(
                502,
                "The view of the cameras does not answer; the log of console says why.",
            ) from None
        headers = {}
        for name in PASSED_ON:
            if name in answer.headers:
                headers[name] = answer.headers[name]
        return Response(
            answer.content,
            answer.status_code,
            headers,
        )

    def _client_of(self, url: str) -> httpx.AsyncClient:
        """Return the client, made at first use: it belongs to the web server's thread."""
        if self._client is None:
            self._client = httpx.AsyncClient(
                base_url=url,
                headers=self._headers,
                timeout=ANSWER_LIMIT_S,
                # A connection that is kept would have to be closed by that thread at the end.
                limits=httpx.Limits(max_keepalive_connections=0),
                trust_env=False,
            )
        return self._client
