"""Screens with tokens of their own: who may play at a stand, and who may not any more."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Final

from fastapi import HTTPException
from pydantic import SecretStr
from starlette.requests import HTTPConnection

from vitrine.services.stand.dependencies import StandId
from vitrine.stores.screens import Screen
from vitrine.stores.token_records import token_hash
from vitrine.telemetry.metrics import HTTP_REFUSED
from vitrine.web.guard import PageGuard
from vitrine.web.locked import Locked, Unlocked
from vitrine.web.sessions import Sessions, cookie_of
from vitrine.web.tokens import bearer_token
from vitrine.web.wrong_tokens import WrongTokens

COOKIE: Final = "vitrine-screen"
REVOKED: Final = (
    "The token of this screen was revoked. "
    "`vitrine screens add` makes a new one; open its address here."
)


class Screens:
    """Keep the screens that are known, and when each was used last.

    Thread-safe: the list is only replaced as a whole.
    """

    def __init__(self, screens: Sequence[Screen] = ()) -> None:
        self._by_id: Mapping[str, Screen] = {}
        self._sessions: dict[str, Sessions] = {}
        """By screen; making one takes some 20 ms."""
        self._used_s: dict[str, int] = {}
        self.know(screens)

    def know(self, screens: Sequence[Screen]) -> None:
        """Replace the list."""
        self._by_id = {screen.screen_id: screen for screen in screens}

    def guard(self, stand_id: str) -> bool:
        """Return True for a stand that has, or had, screens of its own."""
        return bool(self._of(stand_id))

    def by_token(self, stand_id: str, token: str) -> Screen | None:
        """Return the screen of this stand with this token, also one that was revoked."""
        given = token_hash(token)
        for screen in self._of(stand_id):
            if screen.token_hash == given:
                return screen
        return None

    def by_session(self, stand_id: str, value: str) -> Screen | None:
        """Return the screen of this stand with this session, also one that was revoked."""
        screen_id, _, session = value.partition(".")
        screen = self._by_id.get(screen_id)
        if screen is None or screen.stand_id != stand_id:
            return None
        if not self._sessions_of(screen).admits(session):
            return None
        return screen

    def new_session(self, screen: Screen) -> str:
        """Return the value of a cookie in place of the screen's token."""
        session = self._sessions_of(screen).new()
        return f"{screen.screen_id}.{session}"

    def admits(self, stand_id: str, screen_id: str | None) -> bool:
        """Return True while a stream may go on; None is one without a token of a screen."""
        if screen_id is None:
            return not self.guard(stand_id)
        screen = self._by_id.get(screen_id)
        return screen is not None and not screen.is_revoked

    def used(self, screen: Screen) -> None:
        """Take note that a screen is at work."""
        self._used_s[screen.screen_id] = int(time.time())

    def uses(self) -> dict[str, int]:
        """Return the second of each screen's last use here, by id."""
        return dict(self._used_s)

    def _of(self, stand_id: str) -> list[Screen]:
        return [one for one in self._by_id.values() if one.stand_id == stand_id]

    def _sessions_of(self, screen: Screen) -> Sessions:
        known = self._sessions.get(screen.screen_id)
        if known is None:
            # Another token gives another key, so a session is good for its screen only.
            known = Sessions(COOKIE, SecretStr(screen.token_hash))
            self._sessions[screen.screen_id] = known
        return known


class PlayerGuard:
    """Guard the routes of players, as their dependency.

    A stand that has screens of its own takes their tokens only; the others take the shared one.
    """

    def __init__(self, shared: PageGuard, screens: Screens) -> None:
        self._shared = shared
        self._screens = screens
        self._wrong = WrongTokens("screens")

    def __call__(self, request: HTTPConnection, stand_id: StandId) -> None:
        """Set `request.state.screen_id`; None for who came with the shared token.

        Raises Locked, or Unlocked after the first visit with the token in the address; 401 for a
        screen that was revoked, and 429 for an address that brought too many wrong tokens.
        """
        request.state.screen_id = None
        if not self._screens.guard(stand_id):
            self._shared(request)
            return
        screen = self._admitted(request, stand_id)
        self._screens.used(screen)
        request.state.screen_id = screen.screen_id

    def _admitted(self, request: HTTPConnection, stand_id: str) -> Screen:
        asked = request.query_params.get("token", "")
        bearer = bearer_token(request.headers.get("Authorization", ""))
        token = asked or bearer
        # One for each stand: a browser may show several.
        cookie = f"{COOKIE}-{stand_id}"
        screen = None
        if token:
            self._wrong.check(request)
            screen = self._screens.by_token(stand_id, token)
            if screen is None:
                self._wrong.note(request)
        if screen is None:
            session = cookie_of(request, cookie)
            screen = self._screens.by_session(stand_id, session)
        if screen is None:
            HTTP_REFUSED.labels("token").inc()
            raise Locked(wrong=bool(token))
        if screen.is_revoked:
            HTTP_REFUSED.labels("token").inc()
            raise HTTPException(401, REVOKED, {"WWW-Authenticate": "Bearer"})
        if asked:
            raise Unlocked(cookie, self._screens.new_session(screen))
        return screen
