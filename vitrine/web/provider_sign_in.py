"""The routes of signing in by an identity provider."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock, Semaphore
from typing import Annotated, Final, TypeVar

from fastapi import FastAPI, HTTPException, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from vitrine.web.addresses import client_address
from vitrine.web.oidc import Flow, Provider, ProviderFailed
from vitrine.web.people import (
    PERSON_COOKIE,
    SESSION_S,
    NotAdmitted,
    People,
    TooOften,
)
from vitrine.web.sessions import cookie_of, drop_cookie, is_secure, set_cookie
from vitrine.web.sign_in import own_address_or_home
from vitrine.web.sign_in_page import returned_page

START: Final = "/sign-in/provider"
RETURN: Final = "/sign-in/return"
RETURN_COOKIE: Final = "vitrine-return"
# As long as somebody may take at the provider. Chosen, not measured.
FLOW_S: Final = 600
# Sign-ins that have begun; the oldest go first. Chosen, not measured: 1 MB.
MOST: Final = 1_000
# Questions to the provider at a time, each of some seconds at most; and how long another
# waits. Chosen, not measured.
AT_ONCE: Final = 4
BUSY_S: Final = 1.0
AGAIN: Final = "Sign in again from the beginning."

T = TypeVar("T")
Text = Annotated[str, Query(max_length=2_000)]


def add_provider_sign_in(
    app: FastAPI,
    people: People | None,
    provider: Provider | None,
) -> None:
    """Add the routes to an application; without a provider they say so."""
    routes = ProviderSignIn(people, provider)
    app.add_api_route(START, routes.start, response_class=RedirectResponse)
    app.add_api_route(RETURN, routes.finish, response_class=HTMLResponse)


class Flows:
    """Remember sign-ins that have begun, each to be ended once. Thread-safe."""

    def __init__(self, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._clock_s = clock_s
        self._lock = Lock()
        self._begun: OrderedDict[str, tuple[Flow, float]] = OrderedDict()

    def add(self, flow: Flow) -> None:
        """Remember one."""
        with self._lock:
            self._begun[flow.state] = (flow, self._clock_s() + FLOW_S)
            if len(self._begun) > MOST:
                self._begun.popitem(last=False)

    def take(self, state: str) -> Flow | None:
        """Return the one of this state, and forget it; None where there is none any more."""
        with self._lock:
            flow, ends_s = self._begun.pop(state, (None, 0.0))
        return flow if self._clock_s() < ends_s else None


class ProviderSignIn:
    """Send browsers to the provider, and let in who comes back."""

    def __init__(self, people: People | None, provider: Provider | None) -> None:
        self._people = people
        self._provider = provider
        self._flows = Flows()
        self._places = Semaphore(AT_ONCE)

    def start(
        self,
        request: Request,
        next_address: Annotated[str, Query(alias="next", max_length=2_000)] = "/",
    ) -> Response:
        """Send a browser to the provider; 429 after too many that came to nothing."""
        people, provider = self._known()
        host = client_address(request)
        scheme = "https" if is_secure(request) else "http"
        flow = Flow(
            own_address_or_home(next_address),
            f"{scheme}://{request.url.netloc}{RETURN}",
        )
        try:
            people.begin_elsewhere(host)
            address = self._asked(lambda: provider.address(flow))
        except TooOften as refused:
            raise _too_often(refused) from None
        except ProviderFailed as failure:
            people.failed_elsewhere(str(failure), host)
            raise HTTPException(502, _told(failure)) from None
        self._flows.add(flow)
        response = RedirectResponse(address, 303)
        set_cookie(
            request,
            response,
            RETURN_COOKIE,
            flow.state,
            FLOW_S,
            same_site="lax",
        )
        return response

    def finish(
        self,
        request: Request,
        state: Text = "",
        code: Text = "",
        error: Text = "",
    ) -> Response:
        """Sign in who comes back from the provider; 403 for who has no account here."""
        people, provider = self._known()
        host = client_address(request)
        # Of this browser, so that nobody is signed in by a link of somebody else.
        own = cookie_of(request, RETURN_COOKIE) == state
        flow = self._flows.take(state) if own else None
        if flow is None:
            # Anybody can ask this without end, and each one is a line of the audit log.
            try:
                people.begin_elsewhere(host)
            except TooOften as refused:
                raise _too_often(refused) from None
            people.failed_elsewhere("it was not begun here, or was ended before", host)
            raise HTTPException(400, f"This sign-in has ended. {AGAIN}")
        if not code:
            people.failed_elsewhere(f"the provider says {error[:40]!r}", host)
            raise HTTPException(403, f"The identity provider let nobody in. {AGAIN}")
        try:
            identity = self._asked(lambda: provider.identity(flow, code))
            session = people.sign_in_as(identity, host)
        except TooOften as refused:
            raise _too_often(refused) from None
        except ProviderFailed as failure:
            people.failed_elsewhere(str(failure), host)
            raise HTTPException(502, _told(failure)) from None
        except NotAdmitted:
            detail = (
                f"You have no account here. Whoever runs this installation makes one with "
                f"`vitrine users add NAME --role ROLE --oidc {identity.subject}`."
            )
            raise HTTPException(403, detail) from None
        # A redirect would be a part of the other site's navigation, and browsers would not
        # send the new cookie with it.
        next_address = people.home_of(session, flow.next_address)
        leads_on = {"Refresh": f"0; url={next_address}"}
        response = HTMLResponse(returned_page(next_address), headers=leads_on)
        set_cookie(request, response, PERSON_COOKIE, session, SESSION_S)
        drop_cookie(request, response, RETURN_COOKIE)
        return response

    def _known(self) -> tuple[People, Provider]:
        """Return both. Raises 404 where people cannot sign in so."""
        if self._people is None or self._provider is None:
            raise HTTPException(
                404, "there is no identity provider here; set VITRINE_OIDC_ISSUER"
            )
        return self._people, self._provider

    def _asked(self, ask: Callable[[], T]) -> T:
        """Return what the provider answers; few ask it at a time. Raises TooOften."""
        if not self._places.acquire(timeout=BUSY_S):
            raise TooOften(BUSY_S)
        try:
            return ask()
        finally:
            self._places.release()


def _too_often(error: TooOften) -> HTTPException:
    wait_s = math.ceil(error.wait_s)
    detail = f"Too many attempts came to nothing. Try again in {wait_s} s."
    return HTTPException(429, detail, {"Retry-After": str(wait_s)})


def _told(failure: ProviderFailed) -> str:
    return f"The sign-in failed: {failure}. {AGAIN}"
