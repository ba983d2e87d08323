"""Tokens: who may open the pages that show people, and who may play."""

from __future__ import annotations

import hmac
import ipaddress
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import FileResponse, JSONResponse, RedirectResponse, Response
from pydantic import SecretStr

from vitrine.errors import ConfigurationError

LOCKED_PAGE: Final = Path(__file__).parent / "pages" / "locked.html"
COOKIE_DAYS: Final = 365
"""A kiosk is told its token once."""


class Locked(Exception):
    """No token, or a wrong one."""


class Unlocked(Exception):
    """The address held the token: it becomes a cookie, and leaves the address."""

    def __init__(self, cookie: str, token: str) -> None:
        super().__init__(cookie)
        self.cookie = cookie
        self.token = token


@dataclass(frozen=True, slots=True)
class Door:
    """A dependency of routes that a token opens, in the header `Authorization: Bearer …`, in a cookie, or
    once in the query of a page; without a token it stands open."""

    cookie: str
    token: SecretStr | None

    def __call__(self, request: Request) -> None:
        """Raises Locked, or Unlocked after the first visit with the token in the address."""
        if self.token is None:
            return
        asked = request.query_params.get("token")
        if asked is not None and self._fits(asked):
            raise Unlocked(self.cookie, asked)
        bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not self._fits(bearer) and not self._fits(
            request.cookies.get(self.cookie, "")
        ):
            raise Locked

    def _fits(self, given: str) -> bool:
        assert self.token is not None  # noqa: S101 - asked only behind a closed door
        return hmac.compare_digest(
            given.encode(), self.token.get_secret_value().encode()
        )


async def answer_locked(request: Request, _error: Exception) -> Response:
    """A page that asks people for the token; JSON for programs."""
    if "text/html" in request.headers.get("Accept", ""):
        return FileResponse(LOCKED_PAGE, 401)
    detail = "a token is needed, as `Authorization: Bearer …`"
    return JSONResponse({"detail": detail}, 401, {"WWW-Authenticate": "Bearer"})


async def answer_unlocked(request: Request, error: Exception) -> Response:
    """The same address without the token."""
    assert isinstance(error, Unlocked)  # noqa: S101 - registered for nothing else
    rest = [
        (name, value)
        for name, value in request.query_params.multi_items()
        if name != "token"
    ]
    response = RedirectResponse(
        request.url.path + (f"?{urlencode(rest)}" if rest else ""), 303
    )
    response.set_cookie(
        error.cookie,
        error.token,
        max_age=COOKIE_DAYS * 86_400,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return response


def require_tokens(host: str, **tokens: SecretStr | None) -> None:
    """Raises ConfigurationError when other machines could open the pages without one of the tokens."""
    missing = [name.upper() for name, token in tokens.items() if token is None]
    if missing and not is_loopback(host):
        raise ConfigurationError(
            f"pages that show people are to be reached from other machines (VITRINE_HTTP_HOST={host}): "
            f"set {' and '.join(missing)} to secrets of 16 characters or more"
        )


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
