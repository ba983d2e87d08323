"""Let operators in: by the operator's token, or once by an address from a terminal."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from threading import Lock
from typing import Final

from fastapi import Request, Response
from pydantic import SecretStr

from vitrine.people.accounts import Person
from vitrine.telemetry.metrics import HTTP_REFUSED
from vitrine.web.guard import PageGuard
from vitrine.web.locked import Locked, Unlocked
from vitrine.web.people import People
from vitrine.web.sessions import cookie_of, drop_cookie
from vitrine.web.wrong_tokens import WrongTokens

SESSION_COOKIE: Final = "vitrine-console"
TOKEN_BYTES: Final = 32
# No account has such a name.
FIRST_VISITOR: Final = Person("one-time address", "operator")
# So many one-time tokens, and sessions that they opened, are remembered; the oldest go first.
MOST: Final = 64


class Access:
    """Guard the console's routes, as their dependency. Thread-safe.

    Without an operator's token only one-time tokens open them.
    """

    def __init__(
        self,
        operator: PageGuard,
        one_time_token: SecretStr | None = None,
    ) -> None:
        """Let in who has the operator's token; the one-time token is the first to be issued."""
        self._operator = operator
        self._wrong = WrongTokens(SESSION_COOKIE)
        self._lock = Lock()
        self._unused: OrderedDict[str, str] = OrderedDict()
        self._offered: OrderedDict[str, str] = OrderedDict()
        """By session that no request has used yet: the token that it was given for."""
        self._sessions: OrderedDict[str, str] = OrderedDict()
        self._first: str | None = None
        if one_time_token is not None:
            self._first = one_time_token.get_secret_value()
            _remember(self._unused, self._first)

    @property
    def can_open(self) -> bool:
        """True where somebody may have a token."""
        return not self._operator.is_open or self._first is not None

    def issue(self) -> str:
        """Return a token that opens the pages for the first browser that brings it."""
        with self._lock:
            token = self._first
            self._first = None
            if token is None:
                token = secrets.token_urlsafe(TOKEN_BYTES)
                _remember(self._unused, token)
        return token

    def __call__(self, request: Request) -> None:
        """Raise Locked, or Unlocked after the visit that brings a token in the address."""
        token = request.query_params.get("token", "")
        if token:
            self._wrong.check(request)
        session = self._offer(token)
        if session is not None:
            raise Unlocked(SESSION_COOKIE, session, days=None)
        session = cookie_of(request, SESSION_COOKIE)
        if self._is_signed_in(session):
            request.state.person = FIRST_VISITOR
            return
        if self._operator.is_open:
            HTTP_REFUSED.labels("token").inc()
            if token:
                self._wrong.note(request)
            raise Locked(wrong=bool(token))
        self._operator(request)

    @property
    def people(self) -> People | None:
        """Return who may sign in with a password."""
        return self._operator.people

    def person_of(self, request: Request) -> Person | None:
        """Return who asks; None for who is not signed in."""
        if self._is_signed_in(cookie_of(request, SESSION_COOKIE)):
            return FIRST_VISITOR
        if self._operator.is_open:
            return None
        return self._operator.person_of(request)

    def sign_out(self, request: Request, response: Response) -> None:
        """End the session of a request, here and in its browser."""
        with self._lock:
            self._sessions.pop(cookie_of(request, SESSION_COOKIE), None)
        drop_cookie(request, response, SESSION_COOKIE)
        self._operator.sign_out(request, response)

    def _offer(self, token: str) -> str | None:
        """Return a new session for a token that opened none yet.

        The token is used up by the first request with the session, not by this one: an answer
        may be lost on its way, and programs that look behind links bring no cookie.
        """
        with self._lock:
            if token not in self._unused:
                return None
            session = secrets.token_urlsafe(TOKEN_BYTES)
            _remember(self._offered, session, token)
        return session

    def _is_signed_in(self, session: str) -> bool:
        with self._lock:
            token = self._offered.pop(session, None)
            if token is not None and token in self._unused:
                del self._unused[token]
                _remember(self._sessions, session, token)
            return session in self._sessions


def _remember(
    kept: OrderedDict[str, str],
    secret: str,
    about: str = "",
) -> None:
    kept[secret] = about
    if len(kept) > MOST:
        kept.popitem(last=False)
