"""Pages of a FastAPI application that open with a token only."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from fastapi import FastAPI, Request
from fastapi.responses import (
    HTMLResponse,
    JSONResponse,
    RedirectResponse,
    Response,
)
from pydantic import SecretStr

from vitrine.telemetry.metrics import HTTP_REFUSED
from vitrine.web.cards import body_of, card
from vitrine.web.problem_page import wants_page
from vitrine.web.sessions import DAY_S, DAYS, Sessions, cookie_of, set_cookie
from vitrine.web.tokens import TokenGuard, bearer_token
from vitrine.web.wrong_tokens import WrongTokens

# The same for the operator's pages of all services: whoever signed in to one is signed in to all.
OPERATOR_COOKIE: Final = "vitrine-operator"
NEEDED: Final = "A token is needed"
WRONG: Final = "This token is wrong, or was used already"


class Locked(Exception):
    """A request without the token, or with a wrong one."""

    def __init__(self, *, wrong: bool = False) -> None:
        super().__init__(wrong)
        self.wrong = wrong
        """Something was brought, and opens nothing."""


class Unlocked(Exception):
    """A request with a token in its address, in whose place it gets a cookie.

    The cookie is kept for `days`; None keeps it until the browser is closed.
    """

    def __init__(
        self,
        cookie: str,
        value: str,
        days: int | None = DAYS,
    ) -> None:
        super().__init__(cookie)
        self.cookie = cookie
        self.value = value
        self.days = days

    @property
    def max_age_s(self) -> int | None:
        """Return the cookie's age in seconds, as `set_cookie` takes it."""
        if self.days is None:
            return None
        return self.days * DAY_S


class PageGuard:
    """Guard routes, as their dependency.

    The token comes in the header `Authorization: Bearer …`, or once in the query of a page,
    which then gets a session in a cookie. Without a token the pages are open.
    """

    def __init__(self, cookie: str, token: SecretStr | None) -> None:
        self.token = token
        self._cookie = cookie
        self._guard = TokenGuard(token)
        self._wrong = WrongTokens(cookie)
        self._sessions: Sessions | None = None
        if token is not None:
            self._sessions = Sessions(cookie, token)

    def __call__(self, request: Request) -> None:
        """Raise Locked, or Unlocked after the first visit with the token in the address.

        Raises 429 for an address that brought too many wrong ones.
        """
        if self._sessions is None:
            return
        asked = request.query_params.get("token")
        bearer = bearer_token(request.headers.get("Authorization", ""))
        brought = bool(asked or bearer)
        if brought:
            self._wrong.check(request)
        if asked is not None and self._guard.admits(asked):
            raise Unlocked(self._cookie, self._sessions.new())
        if self._guard.admits(bearer):
            return
        session = cookie_of(request, self._cookie)
        if not self._sessions.admits(session):
            HTTP_REFUSED.labels("token").inc()
            if brought:
                self._wrong.note(request)
            raise Locked(wrong=brought)


def answer_guarded(app: FastAPI) -> None:
    """Let an application answer what its guards raise."""
    app.add_exception_handler(Locked, _answer_locked)
    app.add_exception_handler(Unlocked, _answer_unlocked)


async def _answer_locked(request: Request, error: Exception) -> Response:
    """Answer people with a page that asks for the token, and programs with JSON."""
    assert isinstance(error, Locked)  # noqa: S101 - registered for nothing else
    if wants_page(request.headers.get("Accept", "")):
        title = WRONG if error.wrong else NEEDED
        return HTMLResponse(card(title, body_of("locked")), 401)
    detail = "a token is needed, as `Authorization: Bearer …`"
    if error.wrong:
        detail = "the token is wrong; a token is needed, as `Authorization: Bearer …`"
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
    set_cookie(
        request,
        response,
        error.cookie,
        error.value,
        error.max_age_s,
    )
    return response
