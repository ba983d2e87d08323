"""Tokens: decisions, signed, so that a player can report only what it was told or allowed to show.

The token that comes back with a finished play holds the whole decision: nothing about a play has
to be remembered between the decision and its report, and a restart of the stand loses none.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from typing import Final

from pydantic import TypeAdapter, ValidationError

from vitrine.programme.commands import Command, Refused
from vitrine.programme.licences import Licence

_DECISION: Final = TypeAdapter[Command | Licence](Command | Licence)


def sign(decision: Command | Licence, key: bytes) -> str:
    """Return a decision as a token: its JSON and the HMAC-SHA256 of that, in URL-safe base64."""
    content = decision.model_dump_json().encode()
    body = urlsafe_b64encode(content).decode()
    return f"{body}.{_signature(body, key)}"


def verify(token: str, key: bytes) -> Command | Licence:
    """Return what a token holds. Raises Refused when this installation did not sign it."""
    body, _, signature = token.partition(".")
    expected = _signature(body, key)
    if not hmac.compare_digest(signature.encode(), expected.encode()):
        raise Refused("token", "the token was not issued here")
    try:
        return _DECISION.validate_json(urlsafe_b64decode(body))
    except ValidationError as error:
        raise Refused(
            "version",
            "the token is of another version of the stand",
        ) from error


def command_of(
    token: str,
    start_ns: int | None,
    key: bytes,
) -> Command:
    """Return the command of a play; for a licence, of the one that began at `start_ns`.

    Raises Refused.
    """
    decision = verify(token, key)
    if isinstance(decision, Command):
        return decision
    if start_ns is None:
        raise Refused("no-play", "a licence needs the start of the play")
    return decision.command_at(start_ns)


def _signature(body: str, key: bytes) -> str:
    digest = hmac.digest(key, body.encode(), sha256)
    return urlsafe_b64encode(digest).decode()
