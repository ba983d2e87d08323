"""Pages of other services, passed on under the stand's own address.

So one published port serves all pages, and those services need no way out.
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

# The console answers its longest question after two seconds; analytics draws a report in
# about as long, one after the other. Chosen, not measured.
ANSWER_LIMIT_S: Final = 20.0
# What a browser has to know of an answer; the rest concerns the two servers.
PASSED_ON: Final = (
    "Cache-Control",
    "Content-Disposition",
    "Content-Security-Policy",
    "Content-Type",
    "Cross-Origin-Opener-Policy",
    "Cross-Origin-Resource-Policy",
    "ETag",
    "Last-Modified",
    "Referrer-Policy",
    "X-Content-Type-Options",
)


class PassingOn:
    """Ask another service what a browser asked, with our secret and the person's name.

    The browser's own cookies and headers stay here.
    """

    def __init__(
        self,
        service: str,
        what: str,
        url: str | None,
        secret: SecretStr | None,
    ) -> None:
        """Pass on to the service at `url`, which gives `what`; None answers that there is none."""
        self._service = service
        self._what = what
        self._url = url
        self._headers = {}
        if secret is not None:
            self._headers["Authorization"] = f"Bearer {secret.get_secret_value()}"
        self._client: httpx.AsyncClient | None = None

    async def answer(self, request: Request) -> Response:
        """Answer a request; 404 without the service, 502 when it does not answer."""
        if self._url is None:
            variable = f"VITRINE_STAND_{self._service.upper()}_URL"
            raise HTTPException(
                404,
                f"There is no {self._what} here; "
                f"{variable} names the service that gives it.",
            )
        address = request.url.path
        if request.url.query:
            address += f"?{request.url.query}"
        headers = on_behalf_of(request.state.person)
        headers["Accept"] = request.headers.get("Accept", "*/*")
        try:
            answer = await self._client_of(self._url).get(address, headers=headers)
        except httpx.HTTPError as error:
            logger.warning("%s does not answer: %r", self._service, error)
            raise HTTPException(
                502,
                f"The {self._what} does not answer; "
                f"the log of {self._service} says why.",
            ) from None
        passed_on = {}
        for name in PASSED_ON:
            if name in answer.headers:
                passed_on[name] = answer.headers[name]
        return Response(
            answer.content,
            answer.status_code,
            passed_on,
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
