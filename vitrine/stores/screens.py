"""The tokens of screens in Redis, as hashes.

Keys: `stand:screens` (id → record), `stand:screens-used` (id → second of the last use).

The hash is plain SHA-256: a token is 256 random bits, which nobody finds by trying, so that a slow
hash, made for what people think up, would protect no better.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from hashlib import sha256
from typing import Final, cast

from pydantic import BaseModel, ConfigDict, ValidationError
from redis import Redis

from vitrine.errors import ConfigurationError
from vitrine.schemas import Id
from vitrine.stores.redis import redis_errors

SCREENS: Final = "stand:screens"
USED: Final = "stand:screens-used"
TOKEN_BYTES: Final = 32
ID_BYTES: Final = 6


class TokenRecord(BaseModel):
    """Hold what is known of something at a stand that has a token; never the token."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stand_id: Id
    name: str
    token_hash: str
    added_s: int
    """Of UTC, as the other times."""
    revoked_s: int | None = None

    @property
    def is_revoked(self) -> bool:
        """True once its token opens nothing any more."""
        return self.revoked_s is not None


class Screen(TokenRecord):
    """Hold what is known of one screen."""

    screen_id: str


def token_hash(token: str) -> str:
    """Return what is stored in place of a token."""
    return sha256(token.encode()).hexdigest()


def add(
    redis: Redis,
    stand_id: str,
    name: str,
    now_s: int,
) -> tuple[Screen, str]:
    """Store a new screen of a stand; return it with its token, which is kept nowhere.

    Raises Unavailable.
    """
    token = secrets.token_urlsafe(TOKEN_BYTES)
    screen = Screen(
        screen_id=secrets.token_hex(ID_BYTES),
        stand_id=stand_id,
        name=name,
        token_hash=token_hash(token),
        added_s=now_s,
    )
    _put(redis, screen)
    return screen, token


def listed(redis: Redis) -> list[Screen]:
    """Return all screens by stand and time, also those that were revoked.

    Raises Unavailable, and ConfigurationError for a record that cannot be read: without it, its
    stand would be taken for one that has no screens of its own, and open for others.
    """
    with redis_errors(redis):
        records = cast("dict[bytes, bytes]", redis.hgetall(SCREENS))
    screens = [_read(name.decode(), record) for name, record in records.items()]
    return sorted(screens, key=lambda screen: (screen.stand_id, screen.added_s))


def revoke(
    redis: Redis,
    screen_id: str,
    now_s: int,
) -> Screen | None:
    """Revoke a screen's token. The record stays, so that its stand goes on to ask for tokens.

    One that cannot be read is removed; None then. Raises Unavailable, and ConfigurationError for
    an unknown screen.
    """
    with redis_errors(redis):
        record = cast("bytes | None", redis.hget(SCREENS, screen_id))
    if record is None:
        raise ConfigurationError(
            f"no screen {screen_id}; `vitrine screens list` shows all"
        )
    try:
        screen = _read(screen_id, record)
    except ConfigurationError:
        with redis_errors(redis):
            redis.hdel(SCREENS, screen_id)
        return None
    if screen.is_revoked:
        return screen
    screen = screen.model_copy(update={"revoked_s": now_s})
    _put(redis, screen)
    return screen


def _read(screen_id: str, record: bytes) -> Screen:
    try:
        return Screen.model_validate_json(record)
    except ValidationError:
        raise ConfigurationError(
            f"what the store has of screen {screen_id} cannot be read; "
            f"`vitrine screens revoke {screen_id}` removes it"
        ) from None


def _put(redis: Redis, screen: Screen) -> None:
    record = screen.model_dump_json()
    with redis_errors(redis):
        redis.hset(SCREENS, screen.screen_id, record)


def last_uses(redis: Redis) -> dict[str, int]:
    """Return the second of each screen's last use, by id. Raises Unavailable."""
    with redis_errors(redis):
        stored = cast("dict[bytes, bytes]", redis.hgetall(USED))
    return {screen_id.decode(): int(second) for screen_id, second in stored.items()}


def note_uses(redis: Redis, uses: Mapping[str, int]) -> None:
    """Store the second of the last use of these screens. Raises Unavailable."""
    pairs: list[str | int] = []
    for screen_id, second in uses.items():
        pairs += [screen_id, second]
    with redis_errors(redis):
        redis.hset(USED, items=pairs)
