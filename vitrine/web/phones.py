"""How a phone without an account is told from others: by a secret in a cookie."""

from __future__ import annotations

import secrets
from typing import Final

from fastapi import Request
from fastapi.responses import Response

from vitrine.web.sessions import cookie_of, set_cookie

# Cookies of a host are sent to all of its ports: one phone is one to all of our pages.
COOKIE: Final = "vitrine-phone"
SECRET_BYTES: Final = 32
# Of what we make; anything else is no phone of ours, and gets a new one.
SECRET_CHARACTERS: Final = 43
# The longest that browsers keep a cookie (RFC 6265bis, 5.5): 400 days.
LINKED_SECONDS: Final = 400 * 86_400


def secret_of(request: Request) -> str:
    """Return what tells the phone apart; an empty text from one that is new."""
    secret = cookie_of(request, COOKIE)
    return secret if len(secret) == SECRET_CHARACTERS else ""


def new_secret() -> str:
    """Return a secret for a phone that is new."""
    return secrets.token_urlsafe(SECRET_BYTES)


def keep_apart(request: Request, answer: Response, keep_s: int) -> None:
    """Give a phone that is new a secret for so long, by a cookie that no other site gets."""
    if not secret_of(request):
        set_cookie(request, answer, COOKIE, new_secret(), keep_s)
