"""Pages of a FastAPI application that open for some people, or with a token, only."""

from __future__ import annotations

import re
from collections.abc import Collection
from copy import copy
from typing import Final

from fastapi import Request
from fastapi.responses import Response
from pydantic import SecretStr
from starlette.requests import HTTPConnection

from vitrine.people.accounts import NAME, Person, Role
from vitrine.people.audit import AuditLog
from vitrine.settings import Settings
from vitrine.telemetry.metrics import HTTP_REFUSED
from vitrine.web.addresses import client_address
from vitrine.web.locked import Locked, NotAllowed, Unlocked
from vitrine.web.people import PERSON_COOKIE, People, people_of, session_secret
from vitrine.web.sessions import (
    EndedSessions,
    Sessions,
    cookie_of,
    drop_cookie,
)
from vitrine.web.tokens import TokenGuard, bearer_token
from vitrine.web.wrong_tokens import WrongTokens

# The same for the operator's pages of all services: whoever signed in to one is signed in to all.
OPERATOR_COOKIE: Final = "vitrine-operator"
ON_BEHALF: Final = "Vitrine-Person"
"""The header with which one of our servers tells another for whom it asks."""

OPERATORS: Final[tuple[Role, ...]] = ("operator",)
CAMPAIGN_READERS: Final[tuple[Role, ...]] = ("operator", "advertiser")
# No account has such a name: NAME allows no blank.
TOKEN_HOLDER: Final = Person("operator token", "operator")
ANYBODY: Final = Person("not signed in", "operator")


class PageGuard:
    """Guard routes, as their dependency; `request.state.person` is then who asks.

    Programs bring the token in the header `Authorization: Bearer …`. People sign in where
    there are accounts. Else they bring the token once in the query of a page, which then
    gets a session in a cookie. Without accounts and token the pages are open.
    """

    def __init__(
        self,
        cookie: str,
        token: SecretStr | None,
        people: People | None = None,
        *,
        secret: SecretStr | None = None,
        services: SecretStr | None = None,
    ) -> None:
        """Let in operators, and who has the token.

        `secret` signs sessions; the token does unless given. With `services` another of
        our servers asks, also for somebody.
        """
        self.people = people
        self.is_open = token is None and people is None and services is None
        self._roles: Collection[Role] = OPERATORS
        self._cookie = cookie
        self._guard = TokenGuard(token)
        self._services = TokenGuard(services)
        self._wrong = WrongTokens(cookie)
        self._ended = EndedSessions()
        self._sessions: Sessions | None = None
        if token is not None and people is None:
            self._sessions = Sessions(cookie, secret or token)

    def for_roles(self, *roles: Role) -> PageGuard:
        """Return the same guard for pages of other roles."""
        other = copy(self)
        other._roles = roles
        return other

    def __call__(self, request: HTTPConnection) -> None:
        """Raise Locked or NotAllowed, or Unlocked after the visit with the token.

        Raises 429 for an address that brought too many wrong ones.
        """
        asked = request.query_params.get("token")
        bearer = bearer_token(request.headers.get("Authorization", ""))
        brought = bool(asked or bearer)
        if brought and not self.is_open:
            self._wrong.check(request)
        if (
            asked is not None
            and self._sessions is not None
            and self._guard.admits(asked)
        ):
            raise Unlocked(self._cookie, self._sessions.new())
        person = self.person_of(request)
        if person is None:
            raise self._locked(request, brought=brought)
        if person.role not in self._roles:
            HTTP_REFUSED.labels("role").inc()
            raise NotAllowed(person)
        request.state.person = person

    def _locked(self, request: HTTPConnection, *, brought: bool) -> Locked:
        """Count a request that opens nothing; return what to raise."""
        HTTP_REFUSED.labels("token").inc()
        if brought:
            self._wrong.note(request)
        return Locked(
            wrong=brought,
            by_password=self.people is not None,
            by_provider=self.people is not None and self.people.by_provider,
        )

    def admits(self, request: HTTPConnection) -> bool:
        """Return True while somebody with one of the roles asks."""
        person = self.person_of(request)
        return person is not None and person.role in self._roles

    def person_of(self, request: HTTPConnection) -> Person | None:
        """Return who asks, whatever their role; None for who is not signed in."""
        if self.is_open:
            return ANYBODY
        bearer = bearer_token(request.headers.get("Authorization", ""))
        if self._services.admits(bearer):
            return self._named(request.headers.get(ON_BEHALF, ""))
        if self._guard.admits(bearer):
            return TOKEN_HOLDER
        if self.people is not None:
            return self.people.person_of(cookie_of(request, PERSON_COOKIE))
        session = cookie_of(request, self._cookie)
        return TOKEN_HOLDER if self._is_signed_in(session) else None

    def _is_signed_in(self, session: str) -> bool:
        if self._sessions is None or session in self._ended:
            return False
        return self._sessions.admits(session)

    def _named(self, name: str) -> Person | None:
        """Return whom another of our servers names; None for who has no account any more."""
        if not name:
            return TOKEN_HOLDER
        return self.people.known(name) if self.people is not None else None

    def sign_out(self, request: Request, response: Response) -> None:
        """End the session of a request, here and in its browser."""
        if self.people is not None:
            host = client_address(request)
            self.people.sign_out(cookie_of(request, PERSON_COOKIE), host)
        session = cookie_of(request, self._cookie)
        if self._sessions is not None and self._sessions.admits(session):
            self._ended.add(session)
        for cookie in (PERSON_COOKIE, self._cookie):
            drop_cookie(request, response, cookie)


def operators_of(
    settings: Settings,
    audit: AuditLog,
    *,
    asked_by_services: bool = False,
    by_provider: bool = False,
) -> PageGuard:
    """Return the guard of the operator's pages, the same for all of our servers.

    With `asked_by_services` others of them may ask for people; with `by_provider` people may
    sign in by an identity provider. Raises ConfigurationError.
    """
    return PageGuard(
        OPERATOR_COOKIE,
        settings.operator_token,
        people_of(settings, audit, by_provider=by_provider),
        secret=session_secret(settings),
        services=settings.between_services() if asked_by_services else None,
    )


def on_behalf_of(person: Person) -> dict[str, str]:
    """Return the headers that tell another of our servers for whom this one asks."""
    if not re.fullmatch(NAME, person.name):
        return {}
    return {ON_BEHALF: person.name}
