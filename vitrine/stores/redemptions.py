"""Redemptions in Redis: a code is used once, and a use may be taken back for a while.

A journal for each stand, `stand:redemptions:STAND`, holds its redemptions and cancellations by
their second, for the export.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, cast

from redis import Redis

from vitrine.clock import SECOND_NS
from vitrine.offers.codes import LONGEST_CODE, canonical
from vitrine.offers.redemption import (
    AlreadyRedeemed,
    GrantRecord,
    NotRedeemed,
    RedemptionRecord,
    UnknownCode,
    Use,
    cancellation,
    redemption,
)
from vitrine.schemas import Interaction
from vitrine.stores import offer_scripts
from vitrine.stores.offers import EPOCH, KEEP_SECONDS, PENDING, Emptied, code_key
from vitrine.stores.redis import redis_errors

# Chosen, not measured: some 2 MB; more are asked for in smaller spans.
MOST_ROWS: Final = 5_000
"""Rows of one export."""


@dataclass(frozen=True, slots=True)
class Granted:
    """Hold a code that was granted, under the name the store has for it."""

    name: str
    record: GrantRecord


def find(redis: Redis, code: str) -> Granted:
    """Return what a code was granted for. Raises UnknownCode, Emptied, Unavailable."""
    typed = canonical(code)
    if not 0 < len(typed) <= LONGEST_CODE:
        raise UnknownCode(typed)
    # Grants of versions before have their codes as they were written.
    for name in dict.fromkeys((typed, code.strip())):
        with redis_errors(redis):
            found = cast("bytes | None", redis.get(code_key(name)))
        if found is not None:
            return Granted(name, _grant_record(found))
    with redis_errors(redis):
        if not redis.exists(EPOCH):
            raise Emptied
    raise UnknownCode(typed)


def used(redis: Redis, granted: Granted) -> Interaction | None:
    """Return the redemption of a code; None while it is good. Raises Unavailable."""
    with redis_errors(redis):
        found = cast("bytes | None", redis.get(_use_key(granted.name)))
    if found is None:
        return None
    return _redemption_record(found, granted).event


def redeem(redis: Redis, code: str, use: Use) -> Interaction:
    """Use a code up; the same request of the same till again returns the same redemption.

    Raises UnknownCode, Elsewhere, AlreadyRedeemed, Emptied, Unavailable.
    """
    granted = find(redis, code)
    granted.record.check_place(use.stand_id)
    while True:
        with redis_errors(redis):
            cancelled = redis.llen(_cancelled_key(granted.name))
        event = redemption(granted.record.shown, use, cancelled)
        record = RedemptionRecord(event=event, request_id=use.request_id)
        second = use.at_ns // SECOND_NS
        with redis_errors(redis):
            before = redis.eval(
                offer_scripts.REDEEM,
                4,
                *_keys(granted, use.stand_id),
                record.model_dump_json(),
                event.interaction_id,
                event.to_json(),
                KEEP_SECONDS,
                cancelled,
                second,
                second - KEEP_SECONDS,
            )
        if before is None:
            return event
        if before != b"again":
            break
    first = _redemption_record(before, granted)
    if first.repeats(use):
        return first.event
    raise AlreadyRedeemed(first.event)


def cancel(
    redis: Redis,
    code: str,
    redemption_id: str,
    use: Use,
) -> Interaction:
    """Take a redemption back, so that its code is good again; a repetition returns the same.

    Only the till that redeemed it may. Raises UnknownCode, NotRedeemed, TooLate, Emptied,
    Unavailable.
    """
    granted = find(redis, code)
    with redis_errors(redis):
        found = cast("bytes | None", redis.get(_use_key(granted.name)))
    if found is not None:
        record = _redemption_record(found, granted)
        mine = record.event.till_id == use.till_id
        if mine and record.event.interaction_id == redemption_id:
            event = cancellation(record.event, use.at_ns)
            if _take_back(redis, granted, found, event, use):
                return event
    return _cancelled_before(redis, granted, redemption_id, use)


def journal(
    redis: Redis,
    stand_id: str,
    from_s: int,
    until_s: int,
) -> list[Interaction]:
    """Return redemptions and cancellations at a stand, oldest first, MOST_ROWS + 1 at most.

    The span is of seconds of UTC, its end not in it. Raises Unavailable.
    """
    with redis_errors(redis):
        found = redis.zrangebyscore(
            _journal_key(stand_id),
            from_s,
            f"({until_s}",
            0,
            MOST_ROWS + 1,
        )
    rows = cast("list[bytes]", found)
    events = [Interaction.model_validate_json(row) for row in rows]
    return sorted(events, key=happened_ns)


def happened_ns(event: Interaction) -> int:
    """Return when a till redeemed or cancelled."""
    if event.cancelled_at_ns is not None:
        return event.cancelled_at_ns
    return event.at_ns


def _take_back(
    redis: Redis,
    granted: Granted,
    found: bytes,
    event: Interaction,
    use: Use,
) -> bool:
    with redis_errors(redis):
        taken = redis.eval(
            offer_scripts.CANCEL,
            4,
            *_keys(granted, use.stand_id),
            found,
            event.interaction_id,
            event.to_json(),
            KEEP_SECONDS,
            use.at_ns // SECOND_NS,
        )
    return bool(taken)


def _cancelled_before(
    redis: Redis,
    granted: Granted,
    redemption_id: str,
    use: Use,
) -> Interaction:
    with redis_errors(redis):
        rows = redis.lrange(_cancelled_key(granted.name), 0, -1)
    for row in rows:
        event = Interaction.model_validate_json(row)
        mine = event.till_id == use.till_id
        if mine and event.cancels == redemption_id:
            return event
    raise NotRedeemed(redemption_id)


def _grant_record(found: bytes) -> GrantRecord:
    if found.startswith(b'{"shown"'):
        return GrantRecord.model_validate_json(found)
    # Of a version before, whose codes were good at every till.
    return GrantRecord(shown=Interaction.model_validate_json(found))


def _redemption_record(found: bytes, granted: Granted) -> RedemptionRecord:
    if not found.isdigit():
        return RedemptionRecord.model_validate_json(found)
    # Of a version before, which kept the time alone.
    shown = granted.record.shown
    use = Use(shown.stand_id, int(found))
    return RedemptionRecord(event=redemption(shown, use))


def _keys(granted: Granted, stand_id: str) -> list[str]:
    return [
        _use_key(granted.name),
        PENDING,
        _cancelled_key(granted.name),
        _journal_key(stand_id),
    ]


def _use_key(name: str) -> str:
    return f"stand:redeemed:{name}"


def _cancelled_key(name: str) -> str:
    return f"stand:cancelled:{name}"


def _journal_key(stand_id: str) -> str:
    return f"stand:redemptions:{stand_id}"
