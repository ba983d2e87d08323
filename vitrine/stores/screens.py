"""The tokens of screens in Redis, as hashes.

Keys: `stand:screens` (id → record), `stand:screens-used` (id → second of the last use).
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Final, cast

from redis import Redis

from vitrine.stores.redis import redis_errors
from vitrine.stores.token_records import (
    ID_BYTES,
    TOKEN_BYTES,
    TokenRecord,
    TokenRecords,
    token_hash,
)

SCREENS: Final = "stand:screens"
USED: Final = "stand:screens-used"


class Screen(TokenRecord):
    """Hold what is known of one screen."""

    screen_id: str


RECORDS: Final = TokenRecords(SCREENS, Screen, "screen")
listed: Final = RECORDS.listed
# Its record stays also so that its stand goes on to ask for tokens of screens.
revoke: Final = RECORDS.revoke


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
    RECORDS.put(redis, screen.screen_id, screen)
    return screen, token


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
