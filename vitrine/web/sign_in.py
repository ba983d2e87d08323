"""The routes of signing in and out, the same on every server that has pages for people."""

from __future__ import annotations

import math
import re
from typing import Final, Protocol

from fastapi import FastAPI, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from vitrine.people.accounts import Person
from vitrine.web.addresses import client_address
from vitrine.web.forms import fields_of
from vitrine.web.guard import ANYBODY
from vitrine.web.people import (
    PERSON_COOKIE,
    SESSION_S,
    NotAdmitted,
    People,
    TooOften,
)
from vitrine.web.sessions import set_cookie
from vitrine.web.sign_in_page import open_page, sign_in_page, signed_in_page

SIGN_IN: Final = "/sign-in"
SIGN_OUT: Final = "/sign-out"
# Of this server: `//host`, also with a backslash or a tab in it, would be another one.
OWN_ADDRESS: Final = re.compile(r"/(?![/\\])[!-~]*")
NOT_ADMITTED: Final = "Name and password do not belong together."


class Guard(Protocol):
    """Know who asks, and let them go."""

    @property
    def people(self) -> People | None:
        """Return who may sign in with a password."""

    def person_of(self, request: Request) -> Person | None:
        """Return who asks; None for who is not signed in."""

    def sign_out(self, request: Request, response: Response) -> None:
        """End the session of a request, here and in its browser."""


def add_sign_in(app: FastAPI, guard: Guard) -> None:
    """Add the routes of signing in and out to an application."""
    routes = SignIn(guard)
    app.add_api_route(SIGN_IN, routes.page, response_class=HTMLResponse)
    app.add_api_route(SIGN_IN, routes.sign_in, methods=["POST"])
    app.add_api_route(SIGN_OUT, routes.sign_out, methods=["POST"])


class SignIn:
    """Answer who signs in or out. Protection has looked at origins before."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    def page(self, request: Request) -> Response:
        """Return the page to sign in, or the one to sign out."""
        person = self._guard.person_of(request)
        if person == ANYBODY:
            return HTMLResponse(open_page())
        if person is not None:
            return HTMLResponse(signed_in_page(person))
        if self._guard.people is None:
            # Asks for the token.
            return RedirectResponse("/", 303)
        return HTMLResponse(
            sign_in_page("/", by_provider=self._guard.people.by_provider)
        )

    async def sign_in(self, request: Request) -> Response:
        """Take name and password of the form; 401 for wrong ones, 429 for too many of them."""
        people = self._guard.people
        if people is None:
            raise HTTPException(404, "there are no accounts here; set VITRINE_USERS")
        fields = await fields_of(request)
        name = fields.get("name", "").strip().lower()
        next_address = own_address_or_home(fields.get("next", ""))
        try:
            session = await run_in_threadpool(
                people.sign_in,
                name,
                fields.get("password", ""),
                client_address(request),
            )
        except NotAdmitted:
            page = sign_in_page(
                next_address,
                NOT_ADMITTED,
                name,
                by_provider=people.by_provider,
            )
            return HTMLResponse(page, 401)
        except TooOften as error:
            wait_s = math.ceil(error.wait_s)
            wrong = f"Too many attempts failed. Try again in {wait_s} s."
            page = sign_in_page(next_address, wrong, name)
            return HTMLResponse(page, 429, {"Retry-After": str(wait_s)})
        next_address = people.home_of(session, next_address)
        response = RedirectResponse(next_address, 303)
        set_cookie(request, response, PERSON_COOKIE, session, SESSION_S)
        return response

    def sign_out(self, request: Request) -> Response:
        """End the session, and lead to the page to sign in."""
        response = RedirectResponse(SIGN_IN, 303)
        self._guard.sign_out(request, response)
        return response


def own_address_or_home(address: str) -> str:
    """Return an address of this server; `/` in place of another's."""
    return address if OWN_ADDRESS.fullmatch(address) else "/"
