"""Invitations in Redis: an offer waits for the first phone that takes it.

Keys: `stand:invitation:HASH` (record, and once it is taken the phone and the code),
`stand:held:HASH` (the code that a phone holds of an offer). The store knows hashes only: of the
token in the QR code, and of a phone's secret together with the offer, so that what a phone holds of
two offers cannot be told to be of one phone.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Final, cast

from pydantic import TypeAdapter
from redis import Redis

from vitrine.offers.due import DueOffer, Grant, Outcome
from vitrine.stores import offer_scripts
from vitrine.stores.offers import (
    Mark,
    grant_arguments,
    grant_keys,
    granted,
    made_codes,
)
from vitrine.stores.redis import redis_errors

# Chosen, not measured: the invitation is on the screen for twenty seconds, and people have to find
# their phone.
LIFE_SECONDS: Final = 60
"""Time in which an invitation can be taken."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """Hold what an invitation is for, and the mark of the store that has to grant it."""

    due: DueOffer
    mark: Mark
    advertiser: str
    """What people call it."""
    held_seconds: int
    """Time for which the phone that takes it gets no other one of this offer."""


_RECORD: Final = TypeAdapter(Invitation)


@dataclass(frozen=True, slots=True)
class Found:
    """Hold an invitation, and the code when the asking phone has taken it."""

    invitation: Invitation
    code: str = ""
    taken: bool = False


def invite(
    redis: Redis,
    invitation: Invitation,
    token: str,
    key: bytes,
) -> Outcome:
    """Store an invitation under its token, if its offer could be granted now.

    Raises Unavailable.
    """
    due = invitation.due
    keys = [*grant_keys(due), _invitation_key(token)]
    record = _RECORD.dump_json(invitation, by_alias=True)
    with redis_errors(redis):
        answer = redis.eval(
            offer_scripts.INVITE,
            len(keys),
            *keys,
            *grant_arguments(due, invitation.mark),
            record,
            LIFE_SECONDS,
            *made_codes(due, key),
        )
    return cast(Outcome, answer.decode())


def look(redis: Redis, token: str, secret: str) -> Found | None:
    """Return an invitation as the phone with this secret sees it; None when it is over.

    Raises Unavailable.
    """
    with redis_errors(redis):
        stored = cast("dict[bytes, bytes]", redis.hgetall(_invitation_key(token)))
    record = stored.get(b"record")
    if record is None:
        return None
    invitation = _RECORD.validate_json(record)
    holder = stored.get(b"holder")
    if holder is None:
        return Found(invitation)
    if holder.decode() != _phone(secret, invitation):
        return Found(invitation, taken=True)
    return Found(invitation, stored[b"code"].decode(), taken=True)


def claim(
    redis: Redis,
    invitation: Invitation,
    token: str,
    secret: str,
    key: bytes,
) -> Grant:
    """Grant what an invitation is for to the phone with this secret, if it is the first.

    A phone that holds the offer already gets its code again, and the invitation stays. Raises
    Unavailable.
    """
    due = invitation.due
    phone = _phone(secret, invitation)
    keys = [*grant_keys(due), _invitation_key(token), f"stand:held:{phone}"]
    with redis_errors(redis):
        answer = redis.eval(
            offer_scripts.CLAIM,
            len(keys),
            *keys,
            *grant_arguments(due, invitation.mark),
            phone,
            invitation.held_seconds,
            *made_codes(due, key),
        )
    return granted(answer)


def _invitation_key(token: str) -> str:
    return f"stand:invitation:{_hash(token)}"


def _phone(secret: str, invitation: Invitation) -> str:
    due = invitation.due
    return _hash(secret, str(due.shown.campaign_id), due.offer.id)


def _hash(*parts: str) -> str:
    return sha256("\x1f".join(parts).encode()).hexdigest()
