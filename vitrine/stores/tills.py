"""The tokens of tills in Redis, as hashes: `stand:tills` (id → record).

A token is `ID.SECRET`.
"""

from __future__ import annotations

import hmac
import secrets
from typing import Final

from redis import Redis

from vitrine.schemas import Id
from vitrine.stores.token_records import (
    ID_BYTES,
    TOKEN_BYTES,
    TokenRecord,
    TokenRecords,
    token_hash,
)

TILLS: Final = "stand:tills"


class Till(TokenRecord):
    """Hold what is known of one till."""

    till_id: Id


RECORDS: Final = TokenRecords(TILLS, Till, "till")
listed: Final = RECORDS.listed
revoke: Final = RECORDS.revoke


def add(
    redis: Redis,
    stand_id: str,
    name: str,
    now_s: int,
) -> tuple[Till, str]:
    """Store a new till of a stand; return it with its token, which is kept nowhere.

    Raises Unavailable.
    """
    till_id = f"till-{secrets.token_hex(ID_BYTES)}"
    token = f"{till_id}.{secrets.token_urlsafe(TOKEN_BYTES)}"
    till = Till(
        till_id=till_id,
        stand_id=stand_id,
        name=name,
        token_hash=token_hash(token),
        added_s=now_s,
    )
    RECORDS.put(redis, till_id, till)
    return till, token


def by_token(redis: Redis, token: str) -> Till | None:
    """Return the till with this token, also one that was revoked.

    Raises Unavailable, and ConfigurationError for a record that cannot be read.
    """
    till_id = token.partition(".")[0]
    till = RECORDS.find(redis, till_id)
    if till is None:
        return None
    if not hmac.compare_digest(till.token_hash, token_hash(token)):
        return None
    return till
