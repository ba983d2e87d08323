"""What is left of customers is swept away: by expiry, from a backup, after interrupted steps."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Protocol, cast

from redis import Redis
from redis.exceptions import ResponseError

from vitrine.clock import SECOND_NS
from vitrine.errors import ConfigurationError
from vitrine.stores.customer_keys import customer_key
from vitrine.stores.customer_records import CHANGES, IDS, REWRITE, NoCustomer
from vitrine.stores.customer_scripts import FORGET
from vitrine.stores.data_keys import KEEPS_LOG, VARIABLE, DataKey, KeyStore
from vitrine.stores.receipts import Content
from vitrine.stores.redis import redis_errors

logger = logging.getLogger(__name__)

PAIR: Final = "customers:key-store"

NO_PAIR: Final = (
    f"VITRINE_REDIS_URL and {VARIABLE} do not belong together: one has customers whose other half "
    "is elsewhere. Name the right ones, or restore what is lost. Where it is lost for good, nobody "
    "can be recognised any more: `vitrine customers sweep --begin-anew` erases all of both"
)
# The key of somebody who is being enrolled is there before the record: far longer than both
# servers may take to answer. Chosen, not measured.
ENROLLING_NS: Final = 60 * SECOND_NS
# Recognition looks at changes four times a second; who missed some reads everybody anew. Chosen,
# not measured.
CHANGES_KEPT_NS: Final = 600 * SECOND_NS
# Keys of Redis that are looked at in one step. Chosen, not measured.
SCANNED_AT_ONCE: Final = 1_000


@dataclass(frozen=True, slots=True)
class Swept:
    """Count what was removed."""

    expired: int
    """Customers whose consent to be recognised has expired."""
    without_key: int
    """Records that came back without their data key, as from a backup."""
    keys: int
    """Data keys of nobody, as after an enrolment that was cut off."""


class Eraser(Protocol):
    """Remove everything of a customer."""

    def erase(self, customer_id: str, now_ns: int) -> Content:
        """Remove it. Raises Unavailable, and NoCustomer."""


def check_pair(redis: Redis, keys: KeyStore) -> None:
    """Make sure that the keys of these customers are in this key store; pair two new ones.

    Raises ConfigurationError: with the wrong one beside it, everybody would be swept away; and
    where the key store keeps a log.
    """
    if keys.keeps_log():
        raise ConfigurationError(KEEPS_LOG)
    with redis_errors(redis):
        expected = cast("bytes | None", redis.get(PAIR))
    name = keys.name()
    if expected is not None and expected.decode() == name:
        return
    if expected is not None or keys.entries():
        raise ConfigurationError(NO_PAIR)
    with redis_errors(redis):
        redis.set(PAIR, name or keys.begin())


def sweep(
    redis: Redis,
    keys: KeyStore,
    customers: Eraser,
    expired: Sequence[str],
    now_ns: int,
) -> Swept:
    """Erase the `expired`, and those whose record is gone or has no key; forget keys of nobody."""
    # In this order: who is enrolled in between has a key before the record.
    ids = _ids(redis)
    entries = keys.entries()
    ids |= _unlisted(redis, sorted(entries.keys() - ids))
    without_key = ids - entries.keys()
    due = _gone(redis, sorted(ids)).union(expired) - without_key
    _erase(customers, due | without_key, now_ns)
    orphans = _orphans(entries, ids, now_ns)
    if orphans or keys.unsaved():
        keys.remove(*orphans)
    _forget_unknown(redis, keys)
    _forget_changes(redis, now_ns)
    _rewrite_log(redis)
    swept = Swept(len(due), len(without_key), len(orphans))
    if swept != Swept(0, 0, 0):
        logger.info(
            "customers swept away: %d expired, %d without a data key; %d data keys of nobody",
            swept.expired,
            swept.without_key,
            swept.keys,
        )
    return swept


def _erase(
    customers: Eraser,
    customer_ids: Iterable[str],
    now_ns: int,
) -> None:
    """Erase customers, some of whom another process, or they themselves, may erase meanwhile."""
    for customer_id in sorted(customer_ids):
        with suppress(NoCustomer):
            customers.erase(customer_id, now_ns)


def _ids(redis: Redis) -> set[str]:
    with redis_errors(redis):
        members = cast("set[bytes]", redis.smembers(IDS))
    return {member.decode() for member in members}


def _unlisted(redis: Redis, customer_ids: Sequence[str]) -> set[str]:
    """List those of some customers again who have a record, and return them.

    Erasure takes a record with its place in the list. Who lost the place alone was not erased, and
    keeps the data key.
    """
    unlisted = set(customer_ids) - _gone(redis, customer_ids)
    if unlisted:
        logger.warning("%d customers were not in the list any more", len(unlisted))
        with redis_errors(redis):
            redis.sadd(IDS, *unlisted)
    return unlisted


def _gone(redis: Redis, ids: Sequence[str]) -> set[str]:
    """Return the customers whose record has expired."""
    with redis_errors(redis):
        reads = redis.pipeline(transaction=False)
        for customer_id in ids:
            reads.exists(customer_key(customer_id))
        answers = reads.execute()
    return {each for each, is_there in zip(ids, answers, strict=True) if not is_there}


def _orphans(
    entries: Mapping[str, DataKey | None],
    ids: Set[str],
    now_ns: int,
) -> list[str]:
    """Return whose data keys are nobody's: of no customer, and not of one being enrolled."""
    orphans = []
    for customer_id, key in entries.items():
        is_new = key is not None and now_ns - key.added_at_ns < ENROLLING_NS
        if customer_id not in ids and not is_new:
            orphans.append(customer_id)
    return orphans


def begin_anew(
    redis: Redis,
    keys: KeyStore,
    customers: Eraser,
    now_ns: int,
) -> int:
    """Erase everybody of both stores, which are a pair from now on; return how many there were."""
    ids = _ids(redis).union(keys.entries())
    _erase(customers, ids, now_ns)
    with redis_errors(redis):
        redis.delete(PAIR)
    check_pair(redis, keys)
    _forget_unknown(redis, keys)
    return len(ids)


def _forget_unknown(redis: Redis, keys: KeyStore) -> None:
    """Forget what is kept under a pseudonym that is nobody's."""
    with redis_errors(redis):
        remembered = _remembered(redis)
    # After it: who is enrolled in between has a key before anything is remembered.
    entries = keys.entries()
    if None in entries.values():
        # One of the pseudonyms is unknown, and it may be any.
        return
    known = {key.pseudonym for key in entries.values() if key is not None}
    with redis_errors(redis):
        for pseudonym in remembered - known:
            redis.eval(FORGET, 0, pseudonym)


def _forget_changes(redis: Redis, now_ns: int) -> None:
    """Drop changes that everybody who reads them has seen: they name who was erased."""
    oldest_ms = max(0, now_ns - CHANGES_KEPT_NS) // 1_000_000
    with redis_errors(redis):
        redis.xtrim(CHANGES, minid=f"{oldest_ms}-0", approximate=False)


def _remembered(redis: Redis) -> set[str]:
    found: Iterable[bytes] = redis.scan_iter("known:*", count=SCANNED_AT_ONCE)
    return {key.decode().split(":")[1] for key in found}


def _rewrite_log(redis: Redis) -> None:
    """Let Redis write its log anew where something was withdrawn or erased.

    Nothing that is left in it opens; but the order of its lines could tell what belonged together.
    """
    with redis_errors(redis):
        if not redis.exists(REWRITE):
            return
        persistence = redis.info("persistence")
        try:
            if persistence["aof_enabled"]:
                redis.bgrewriteaof()
            redis.delete(REWRITE)
        except ResponseError as error:
            # Another one is being written; the next sweep asks again.
            logger.info("the log of Redis is not rewritten yet: %s", error)
