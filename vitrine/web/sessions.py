"""Cookies that stand for a token, and are none."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from functools import lru_cache
from threading import Lock
from typing import Final, Literal

from fastapi import Request, Response
from pydantic import SecretStr
from starlette.requests import HTTPConnection

# A screen is told its token once, when it is set up.
DAYS: Final = 365
DAY_S: Final = 86_400
RANDOM_BYTES: Final = 16
# Of RFC 7914, section 2, for logins: some 20 ms and 16 MB, once for each token. Whoever
# finds a cookie and guesses tokens pays that for every guess.
COST: Final = 2**14
BLOCKS: Final = 8
# Only who signed in can end a session. Chosen, not measured: 1 MB.
MOST_ENDED: Final = 10_000
# A cookie with this prefix is taken by browsers only over TLS, and only for this host.
HOST_PREFIX: Final = "__Host-"


class Sessions:
    """Make and check the values of a cookie.

    A value is a random number, the second at which it ends, and a signature with a key that
    was derived from the token. So it is good at every process with the same token, survives
    a restart, ends when the token is changed, and is no token: `Bearer` with it is refused.
    """

    def __init__(
        self,
        cookie: str,
        token: SecretStr,
        clock_s: Callable[[], float] = time.time,
    ) -> None:
        self._cookie = cookie
        self._key = _key_of(cookie, token.get_secret_value())
        self._clock_s = clock_s

    def new(self, lasts_s: int = DAYS * DAY_S) -> str:
        """Return a new value, good for so many seconds."""
        ends_s = int(self._clock_s()) + lasts_s
        content = f"{secrets.token_hex(RANDOM_BYTES)}.{ends_s}"
        return f"{content}.{self._signature(content)}"

    def admits(self, value: str) -> bool:
        """Return True for a value of `new` that has not ended."""
        content, _, signature = value.rpartition(".")
        expected = self._signature(content)
        if not hmac.compare_digest(signature.encode(), expected.encode()):
            return False
        _, _, ends_s = content.partition(".")
        return self._clock_s() < int(ends_s)

    def _signature(self, content: str) -> str:
        return hmac.new(self._key, content.encode(), "sha256").hexdigest()


class EndedSessions:
    """Remember the values of sessions that were ended early. Thread-safe.

    Of more than MOST_ENDED the oldest are forgotten.
    """

    def __init__(self) -> None:
        self._values: OrderedDict[str, None] = OrderedDict()
        self._lock = Lock()

    def add(self, value: str) -> None:
        """End a session that was good."""
        with self._lock:
            self._values[value] = None
            if len(self._values) > MOST_ENDED:
                self._values.popitem(last=False)

    def __contains__(self, value: str) -> bool:
        with self._lock:
            return value in self._values


@lru_cache
def _key_of(cookie: str, token: str) -> bytes:
    salt = f"vitrine session {cookie}".encode()
    return hashlib.scrypt(token.encode(), salt=salt, n=COST, r=BLOCKS, p=1)


def is_secure(request: HTTPConnection) -> bool:
    """Return True for a browser that came by TLS, here or to a proxy before.

    Who lies in the header gets a cookie that no browser of theirs keeps.
    """
    forwarded = request.headers.get("X-Forwarded-Proto", "")
    first, _, _ = forwarded.partition(",")
    schemes = {request.url.scheme, first.strip().lower()}
    # `wss` is what the handshake of a WebSocket comes by.
    return not schemes.isdisjoint({"https", "wss"})


def cookie_of(request: HTTPConnection, name: str) -> str:
    """Return the value of a cookie that `set_cookie` set; an empty text without one."""
    return request.cookies.get(_named(request, name), "")


def set_cookie(
    request: Request,
    response: Response,
    name: str,
    value: str,
    max_age_s: int | None,
    same_site: Literal["strict", "lax"] = "strict",
) -> None:
    """Give a browser a cookie that no script reads, and no page of another site sends.

    With `lax` a link of another site sends it. Without `max_age_s` it ends with the browser.
    """
    response.set_cookie(
        _named(request, name),
        value,
        max_age=max_age_s,
        httponly=True,
        samesite=same_site,
        secure=is_secure(request),
    )


def drop_cookie(request: Request, response: Response, name: str) -> None:
    """Let a browser forget a cookie that `set_cookie` gave it."""
    response.delete_cookie(
        _named(request, name),
        httponly=True,
        samesite="strict",
        secure=is_secure(request),
    )


def _named(request: HTTPConnection, name: str) -> str:
    return f"{HOST_PREFIX}{name}" if is_secure(request) else name
