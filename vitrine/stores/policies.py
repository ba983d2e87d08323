"""What policies have learned, and the plays they wait for, in Redis.

policy:learned:CAMPAIGN   hash   stand → what it has learned (JSON)
policy:waiting:CAMPAIGN   hash   stand → plays whose reward is not known yet (JSON)

Both change in one step, so that no play is learned from twice. Both expire 90 days after the last
change. They hold counts and sums of plays, and nothing of a person. When a stand moves to another
process, the one that had it may write once more; the next one then overwrites it within seconds.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar, cast

from pydantic import BaseModel, ValidationError
from redis import Redis

from vitrine.policy.learned import Learned
from vitrine.policy.waiting import WaitingPlays
from vitrine.stores.redis import redis_errors

logger = logging.getLogger(__name__)

# Chosen, not measured: a campaign that pauses for a season begins anew.
KEPT_S: Final = 90 * 86_400

StateT = TypeVar("StateT", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Kept:
    """Hold what a stand has to go on with after a restart."""

    learned: Learned
    waiting: WaitingPlays


def load_learned(redis: Redis, campaign_id: str) -> dict[str, Learned]:
    """Return what each stand has learned of a campaign. Raises Unavailable.

    A state that cannot be read, as one of another version, is left out: its stand begins anew.
    """
    with redis_errors(redis):
        stored = cast("dict[bytes, bytes]", redis.hgetall(_learned_key(campaign_id)))
    found = {}
    for stand, text in stored.items():
        learned = _read(Learned, text)
        if learned is not None:
            found[stand.decode()] = learned
    return found


def load_waiting(
    redis: Redis,
    campaign_id: str,
    stand_ids: Collection[str],
) -> dict[str, WaitingPlays]:
    """Return the plays that these stands wait for. Raises Unavailable."""
    names = list(stand_ids)
    if not names:
        return {}
    with redis_errors(redis):
        stored = cast(
            "list[bytes | None]", redis.hmget(_waiting_key(campaign_id), names)
        )
    found = {}
    for stand_id, text in zip(names, stored, strict=True):
        waiting = _read(WaitingPlays, text)
        if waiting is not None:
            found[stand_id] = waiting
    return found


def save(redis: Redis, states: Mapping[tuple[str, str], Kept]) -> None:
    """Store the states of (stand, campaign); storing one again changes nothing.

    Raises Unavailable.
    """
    with redis_errors(redis), redis.pipeline(transaction=True) as pipe:
        for (stand_id, campaign_id), kept in states.items():
            for key, state in (
                (_learned_key(campaign_id), kept.learned),
                (_waiting_key(campaign_id), kept.waiting),
            ):
                pipe.hset(key, stand_id, state.model_dump_json())
                pipe.expire(key, KEPT_S)
        pipe.execute()


def _read(model: type[StateT], text: bytes | None) -> StateT | None:
    if text is None:
        return None
    try:
        return model.model_validate_json(text)
    except ValidationError:
        logger.warning("a stored %s cannot be read: it begins anew", model.__name__)
        return None


def _learned_key(campaign_id: str) -> str:
    return f"policy:learned:{campaign_id}"


def _waiting_key(campaign_id: str) -> str:
    return f"policy:waiting:{campaign_id}"
