"""Pages of a FastAPI application that open with a token only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from fastapi import FastAPI, Request
from fastapi.responses import (
    FileResponse,
    JSONResponse,
    RedirectResponse,
    Response,
)
from pydantic import SecretStr

from vitrine.web.tokens import TokenGuard, bearer_token

LOCKED_PAGE: Final = Path(__file__).parent / "pages" / "locked.html"

# The same for the operator's pages of all services: whoever signed in to one is signed in to all.
OPERATOR_COOKIE: Final = "vitrine-operator"
# A screen is told its token once, when it is set up.
COOKIE_DAYS: Final = 365
DAY_S: Final = 86_400


class Locked(Exception):
    """A request without the token, or with a wrong one."""


class Unlocked(Exception):
    """A request with the token in its address, from where it moves to a cookie.

    The cookie is kept for `days`; None keeps it until the browser is closed.
    """

    def __init__(
        self,
        cookie: str,
        token: str,
        days: int | None = COOKIE_DAYS,
    ) -> None:
        super().__init__(cookie)
        self.cookie = cookie
        self.token = token
        self.days = days

    @property
    def max_age_s(self) -> int | None:
        """Return the cookie's age in seconds, as `set_cookie` takes it."""
        if self.days is None:
            return None
        return self.days * DAY_S


@dataclass(frozen=True, slots=True)
class PageGuard:
    """Guard routes, as their dependency.

    The token comes in the header `Authorization: Bearer …`, in a cookie, or once in the
    query of a page. Without a token the pages are open.
    """

    cookie: str
    token: SecretStr | None

    def __call__(self, request: Request) -> None:
        """Raise Locked, or Unlocked after the first visit with the token in the address."""
        guard = TokenGuard(self.token)
        if not guard.has_token:
            return
        asked = request.query_params.get("token")
        if asked is not None and guard.admits(asked):
            raise Unlocked(self.cookie, asked)
        bearer = bearer_token(request.headers.get("Authorization", ""))
        kept = request.cookies.get(self.cookie, "")
        if not guard.admits(bearer, kept):
            raise Locked


def answer_guarded(app: FastAPI) -> None:
    """Let an application answer what its guards raise."""
    app.add_exception_handler(Locked, _answer_locked)
    app.add_exception_handler(Unlocked, _answer_unlocked)


async def _answer_locked(request: Request, _error: Exception) -> Response:
    """Answer people with a page that asks for the token, and programs with JSON."""
    if "text/html" in request.headers.get("Accept", ""):
        return FileResponse(LOCKED_PAGE, 401)
    detail = "a token is needed, as `Authorization: Bearer …`"
    return JSONResponse({"detail": detail}, 401, {"WWW-Authenticate": "Bearer"})


async def _answer_unlocked(request: Request, error: Exception) -> Response:
    """Send a browser to the same address without the token, which is a cookie from now on."""
    assert isinstance(error, Unlocked)  # noqa: S101 - registered for nothing else
    rest = []
    for name, value in request.query_params.multi_items():
        if name != "token":
            rest.append((name, value))
    address = request.url.path
    if rest:
        address += f"?{urlencode(rest)}"
    response = RedirectResponse(address, 303)
    response.set_cookie(
        error.cookie,
        error.token,
        max_age=error.max_age_s,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return response
