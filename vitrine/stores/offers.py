"""Offers in Redis: granted by one atomic step each, never above budget, no code twice.

Each step puts the event to publish beside its effect, in `PENDING`, where it stays until the bus
has it: a crash in between loses neither.

A mark says that the store is the one that granted before: an epoch, made once, and the number of
grants. A store without it was emptied, one with fewer grants was set back, and neither grants.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, cast

from redis import Redis

from vitrine.clock import SECOND_NS
from vitrine.offers.due import DueOffer, Grant, Outcome
from vitrine.offers.made_codes import SIGNED, signed_codes
from vitrine.offers.redemption import GrantRecord
from vitrine.schemas import Interaction
from vitrine.stores import offer_scripts
from vitrine.stores.customer_keys import known_key
from vitrine.stores.redis import redis_errors

PENDING: Final = "stand:pending"
KNOWN_CODES: Final = "stand:known-codes"
EPOCH: Final = "stand:offers-epoch"
GRANTED: Final = "stand:offers-granted"
# Chosen, not measured: a quarter of a year. Every grant of an offer begins the time of its budget
# anew.
KEEP_SECONDS: Final = 90 * 86_400
"""Time that grants and codes are remembered after they were last written."""
EPOCH_BYTES: Final = 8


class Emptied(Exception):
    """Tells that the store was emptied or set back: what it granted before is not in it."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Tell stores apart: who made the grants, and how many at least."""

    epoch: str
    granted: int = 0


@dataclass(frozen=True, slots=True)
class Loaded:
    """Hold what became of a pool: codes that are left, and those that were taken out."""

    left: int
    withdrawn: int


def mark_of(redis: Redis) -> Mark | None:
    """Return the store's mark; None from one that is empty. Raises Unavailable.

    A store of a version before marks gets one now: its codes show that it is the old one.
    """
    with redis_errors(redis):
        if redis.exists(KNOWN_CODES):
            redis.set(EPOCH, _new_epoch(), nx=True)
        epoch, granted = cast("list[bytes | None]", redis.mget(EPOCH, GRANTED))
    if epoch is None:
        return None
    return Mark(epoch.decode(), int(granted or 0))


def begin(redis: Redis) -> Mark:
    """Begin a new epoch: grants go on, whatever the store has lost. Raises Unavailable."""
    mark = Mark(_new_epoch())
    with redis_errors(redis):
        redis.delete(GRANTED)
        redis.set(EPOCH, mark.epoch)
    return mark


def begin_first(redis: Redis) -> Mark:
    """Return the mark of a store that never granted; two that begin agree. Raises Unavailable."""
    mark = Mark(_new_epoch())
    with redis_errors(redis):
        # One step: between two the store could be emptied.
        before = cast("bytes | None", redis.set(EPOCH, mark.epoch, nx=True, get=True))
    return mark if before is None else Mark(before.decode())


def load_codes(
    redis: Redis,
    pool: str,
    codes: Sequence[str],
    mark: Mark,
) -> Loaded:
    """Bring a pool in line with its file: add what no pool has or had, take out what it lacks.

    Codes that were taken out may come back. Raises Emptied and Unavailable.
    """
    with redis_errors(redis):
        left, withdrawn = redis.eval(
            offer_scripts.LOAD,
            3,
            KNOWN_CODES,
            _pool_key(pool),
            EPOCH,
            mark.epoch,
            *codes,
        )
    if int(left) < 0:
        raise Emptied
    return Loaded(int(left), int(withdrawn))


def grant(
    redis: Redis,
    due: DueOffer,
    mark: Mark,
    key: bytes,
) -> Grant:
    """Grant an offer once for its grant's id; `key` signs codes. Raises Unavailable.

    A repetition before `forget` gives the same code, for an answer that was lost.
    """
    keys = grant_keys(due)
    arguments = grant_arguments(due, mark)
    with redis_errors(redis):
        answer = redis.eval(
            offer_scripts.GRANT,
            len(keys),
            *keys,
            *arguments,
            "",
            0,
            *made_codes(due, key),
        )
    return granted(answer)


def granted(answer: Sequence[bytes]) -> Grant:
    """Return what the script of a grant answered."""
    outcome, code, event, number = (part.decode() for part in answer)
    shown = Interaction.model_validate_json(event) if event else None
    return Grant(cast(Outcome, outcome), code, shown, int(number))


def grant_keys(due: DueOffer) -> list[str]:
    """Return the keys that a grant is made with, in the order of its script."""
    name = f"{due.shown.campaign_id}:{due.offer.id}"
    return [
        f"stand:grants:{name}",
        f"stand:holders:{name}",
        _pool_key(due.offer.codes),
        PENDING,
        EPOCH,
        GRANTED,
    ]


def grant_arguments(due: DueOffer, mark: Mark) -> list[str | bytes | int]:
    """Return the arguments that a grant is made with, in the order of its script."""
    shown = due.shown
    once_a_customer = due.customer_until_s > 0
    record = GrantRecord(
        shown=shown,
        text=due.offer.text,
        redeem=due.offer.redeem,
    )
    return [
        shown.interaction_id,
        due.holder,
        due.offer.budget,
        shown.to_json(),
        record.model_dump_json(),
        KEEP_SECONDS,
        code_key(""),
        mark.epoch,
        mark.granted,
        (shown.visit_id or "") if once_a_customer else "",
        f"{shown.campaign_id}:{due.offer.id}",
        due.customer_until_s,
        max(1, due.customer_until_s - shown.at_ns // SECOND_NS),
    ]


def made_codes(due: DueOffer, key: bytes) -> list[str]:
    """Return the codes to choose from where they are made here; nothing for a pool."""
    if due.offer.codes != SIGNED:
        return []
    return signed_codes(due.shown.interaction_id, key)


def pending(redis: Redis) -> list[Interaction]:
    """Return the events that may not be on the bus yet. Raises Unavailable."""
    with redis_errors(redis):
        events = redis.hgetall(PENDING)
    return [Interaction.model_validate_json(event) for event in events.values()]


def forget(redis: Redis, interaction_ids: Sequence[str]) -> None:
    """Drop pending events that are on the bus. Raises Unavailable."""
    with redis_errors(redis):
        redis.hdel(PENDING, *interaction_ids)


def code_key(code: str) -> str:
    """Return where the record of a granted code is."""
    return f"stand:code:{code}"


def _pool_key(pool: str) -> str:
    return f"stand:codes:{pool}"


def _new_epoch() -> str:
    return secrets.token_hex(EPOCH_BYTES)


def granted_to(redis: Redis, pseudonym: str) -> list[str]:
    """Return what is remembered of a customer, as CAMPAIGN:OFFER: offers that come once to each.

    Raises Unavailable.
    """
    with redis_errors(redis):
        found = redis.zrange(f"{known_key(pseudonym)}:offers", 0, -1)
    members = cast("list[bytes]", found)
    return [member.decode() for member in members]
