"""What the caps of a stand have counted, in Redis, for restarts.

caps:STAND   text   plays of the last hour, and what those present looked at (JSON); expires

It names presences, which end when somebody leaves, and no visit, face or customer.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Final, cast

from pydantic import ValidationError
from redis import Redis

from vitrine.programme.frequency import CapCounts
from vitrine.stores.redis import redis_errors

logger = logging.getLogger(__name__)

# A cap counts an hour.
KEPT_S: Final = 3600


def load(redis: Redis, stand_id: str) -> CapCounts:
    """Return what was counted at a stand. Raises Unavailable.

    It is nothing where that is of another version.
    """
    with redis_errors(redis):
        text = cast("bytes | None", redis.get(_key(stand_id)))
    if text is None:
        return CapCounts()
    try:
        return CapCounts.model_validate_json(text)
    except ValidationError:
        logger.warning("stand %s: the stored caps cannot be read", stand_id)
        return CapCounts()


def save(redis: Redis, counts: Mapping[str, CapCounts]) -> None:
    """Store what was counted, by stand. Raises Unavailable."""
    with redis_errors(redis), redis.pipeline(transaction=True) as pipe:
        for stand_id, counted in counts.items():
            pipe.set(_key(stand_id), counted.model_dump_json(), ex=KEPT_S)
        pipe.execute()


def _key(stand_id: str) -> str:
    return f"caps:{stand_id}"
