"""What a guard raises in place of a page, and how that is answered."""

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

from vitrine.people.accounts import Person
from vitrine.web.cards import body_of, card
from vitrine.web.problem_page import wants_page
from vitrine.web.sessions import DAY_S, DAYS, set_cookie
from vitrine.web.sign_in_page import not_allowed_page, sign_in_page

NEEDED: Final = "A token is needed"
WRONG: Final = "This token is wrong, or was used already"


class Locked(Exception):
    """A request without what opens the page, or with a wrong token."""

    def __init__(
        self,
        *,
        wrong: bool = False,
        by_password: bool = False,
        by_provider: bool = False,
    ) -> None:
        super().__init__(wrong)
        self.wrong = wrong
        """Something was brought, and opens nothing."""
        self.by_password = by_password
        """People sign in with a name and a password."""
        self.by_provider = by_provider
        """They may also sign in by an identity provider."""


class NotAllowed(Exception):
    """A request of somebody who is known, for a page of another role."""

    def __init__(self, person: Person) -> None:
        super().__init__(person.role)
        self.person = person


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


def answer_guarded(app: FastAPI) -> None:
    """Let an application answer what its guards raise."""
    app.add_exception_handler(Locked, _answer_locked)
    app.add_exception_handler(NotAllowed, _answer_not_allowed)
    app.add_exception_handler(Unlocked, _answer_unlocked)


async def _answer_locked(request: Request, error: Exception) -> Response:
    """Answer people with a page that asks for what is needed, and programs with JSON."""
    assert isinstance(error, Locked)  # noqa: S101 - registered for nothing else
    if wants_page(request.headers.get("Accept", "")):
        if error.by_password:
            page = sign_in_page(own_address(request), by_provider=error.by_provider)
            return HTMLResponse(page, 401)
        title = WRONG if error.wrong else NEEDED
        return HTMLResponse(card(title, body_of("locked")), 401)
    detail = "a token is needed, as `Authorization: Bearer …`"
    if error.wrong:
        detail = "the token is wrong; a token is needed, as `Authorization: Bearer …`"
    return JSONResponse({"detail": detail}, 401, {"WWW-Authenticate": "Bearer"})


async def _answer_not_allowed(request: Request, error: Exception) -> Response:
    assert isinstance(error, NotAllowed)  # noqa: S101 - registered for nothing else
    person = error.person
    if wants_page(request.headers.get("Accept", "")):
        return HTMLResponse(not_allowed_page(person), 403)
    detail = f"this is not for the role {person.role!r}"
    return JSONResponse({"detail": detail}, 403)


def own_address(request: Request) -> str:
    """Return path and query of a request, without a token."""
    rest = []
    for name, value in request.query_params.multi_items():
        if name != "token":
            rest.append((name, value))
    address = request.url.path
    if rest:
        address += f"?{urlencode(rest)}"
    return address


async def _answer_unlocked(request: Request, error: Exception) -> Response:
    """Send a browser to the same address without the token, which is a cookie from now on."""
    assert isinstance(error, Unlocked)  # noqa: S101 - registered for nothing else
    response = RedirectResponse(own_address(request), 303)
    set_cookie(
        request,
        response,
        error.cookie,
        error.value,
        error.max_age_s,
    )
    return response
