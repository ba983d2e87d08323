"""The tokens of tills in Redis, as hashes: `stand:tills` (id → record).

A token is `ID.SECRET`, of which the secret has 256 random bits: plain SHA-256 is enough.
"""

from __future__ import annotations

import hmac
import secrets
from typing import Final, cast

from pydantic import ValidationError
from redis import Redis

from vitrine.errors import ConfigurationError
from vitrine.schemas import Id
from vitrine.stores.redis import redis_errors
from vitrine.stores.screens import ID_BYTES, TOKEN_BYTES, TokenRecord, token_hash

TILLS: Final = "stand:tills"


class Till(TokenRecord):
    """Hold what is known of one till."""

    till_id: Id


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
    _put(redis, till)
    return till, token


def by_token(redis: Redis, token: str) -> Till | None:
    """Return the till with this token, also one that was revoked. Raises Unavailable."""
    till_id = token.partition(".")[0]
    with redis_errors(redis):
        record = cast("bytes | None", redis.hget(TILLS, till_id))
    if record is None:
        return None
    till = _read(till_id, record)
    if not hmac.compare_digest(till.token_hash, token_hash(token)):
        return None
    return till


def listed(redis: Redis) -> list[Till]:
    """Return all tills by stand and time, also those that were revoked.

    Raises Unavailable, and ConfigurationError for a record that cannot be read.
    """
    with redis_errors(redis):
        records = cast("dict[bytes, bytes]", redis.hgetall(TILLS))
    tills = [_read(name.decode(), record) for name, record in records.items()]
    return sorted(tills, key=lambda till: (till.stand_id, till.added_s))


def revoke(redis: Redis, till_id: str, now_s: int) -> Till:
    """Revoke a till's token. Raises Unavailable, and ConfigurationError for an unknown till."""
    with redis_errors(redis):
        record = cast("bytes | None", redis.hget(TILLS, till_id))
    if record is None:
        raise ConfigurationError(f"no till {till_id}; `vitrine tills list` shows all")
    till = _read(till_id, record)
    if till.is_revoked:
        return till
    till = till.model_copy(update={"revoked_s": now_s})
    _put(redis, till)
    return till


def _read(till_id: str, record: bytes) -> Till:
    try:
        return Till.model_validate_json(record)
    except ValidationError:
        raise ConfigurationError(
            f"what the store has of till {till_id} cannot be read"
        ) from None


def _put(redis: Redis, till: Till) -> None:
    record = till.model_dump_json()
    with redis_errors(redis):
        redis.hset(TILLS, till.till_id, record)
