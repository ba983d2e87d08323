"""The state of a stand in Redis: what a worker goes on from after a restart."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from redis import Redis
from redis.client import Pipeline

from vitrine.campaigns.events import Key
from vitrine.campaigns.ledger_json import increment_from_json, increment_to_json
from vitrine.campaigns.shelf import Page
from vitrine.campaigns.stand import Change, Floor, Rules, Stand
from vitrine.errors import ConfigurationError
from vitrine.stores.campaign_repeats import load_waiting, queue_repeats
from vitrine.stores.campaign_slots import Script, load_slot_state, queue_slots
from vitrine.stores.redis import plain_hash
from vitrine.topics import BY_NAME

STORE_OF_BEFORE: Final = (
    "the store holds figures of an earlier version of analytics, without a ledger of what was "
    "released: stop analytics and delete the keys `analytics:*`; figures are then rebuilt from "
    "the topics, and released ones begin anew"
)


def queue_state(
    pipe: Pipeline,
    script: Script,
    change: Change,
) -> None:
    """Queue what the next worker goes on from: one command for all that is added to a hash."""
    name = f"analytics:stand:{change.stand.stand_id}"
    meta: dict[Any, Any] = {
        "watermark": str(change.watermark_ns),
        "closed": str(change.closed_ns),
        "decided": increment_to_json(change.decided),
    }
    pipe.hset(name, mapping=meta)
    events = {}
    for key, event in change.events.own_events():
        events[event_key(key)] = event.to_json()
    # Removed after the additions: an event may be too old as soon as it is known.
    dropped = [event_key(key) for key in change.dropped]
    queue_fields(pipe, f"{name}:events", events, dropped)
    queue_pages(pipe, f"{name}:event-pages", change.event_pages)
    queue_pages(pipe, f"{name}:row-pages", change.row_pages)
    queue_fields(pipe, f"{name}:ledgers", change.ledger_texts, ())
    queue_slots(script, change)
    queue_repeats(pipe, change.stand.stand_id, change.repeats)


def queue_fields(
    pipe: Pipeline,
    key: str,
    added: Mapping[str, str | bytes],
    dropped: Sequence[str],
) -> None:
    """Queue additions to a hash, then removals from it."""
    if added:
        mapping: dict[Any, Any] = dict(added)
        pipe.hset(key, mapping=mapping)
    if dropped:
        pipe.hdel(key, *dropped)


def queue_pages(
    pipe: Pipeline,
    key: str,
    pages: Mapping[int, Page | None],
) -> None:
    """Queue pages, by the start of their window."""
    added = {}
    dropped = []
    for start_ns, page in pages.items():
        if page is None:
            dropped.append(str(start_ns))
        else:
            added[str(start_ns)] = page.to_bytes()
    queue_fields(pipe, key, added, dropped)


def load_pages(redis: Redis, key: str) -> dict[int, Page]:
    """Return pages by the start of their window."""
    found = cast("Mapping[bytes, bytes]", redis.hgetall(key))
    return {int(start): Page.from_bytes(stored) for start, stored in found.items()}


def event_key(key: Key) -> str:
    """Return the field of an event: JSON, as ids have nothing that it would escape."""
    return f'["{key.topic}", "{key.name}"]'


def load_stand(
    redis: Redis,
    stand_id: str,
    rules: Rules,
    floor: Floor,
) -> Stand:
    """Return one stand as it was last written.

    Raises ConfigurationError for one that a version wrote which kept no ledgers.
    """
    name = f"analytics:stand:{stand_id}"
    meta = plain_hash(redis, name)
    stand = Stand(stand_id, rules, floor)
    stand.watermark_ns = int(meta["watermark"])
    stand.closed_ns = int(meta["closed"])
    if "decided" not in meta:
        raise ConfigurationError(STORE_OF_BEFORE)
    stand.decided = increment_from_json(meta["decided"])
    ledgers = cast("Mapping[bytes, bytes]", redis.hgetall(f"{name}:ledgers"))
    stand.ledgers.load({line.decode(): text for line, text in ledgers.items()})
    stand.slots = load_slot_state(redis, stand_id)
    stand.repeats = load_waiting(redis, stand_id)
    events = plain_hash(redis, f"{name}:events")
    for key, value in events.items():
        topic, _ = json.loads(key)
        schema = BY_NAME[topic].schema
        event = schema.model_validate_json(value)
        stand.events.add(event)
    for start_ns in stand.events.counted_windows():
        if start_ns >= stand.closed_ns:
            stand.open_windows.add(start_ns)
    stand.events.shelf.put(load_pages(redis, f"{name}:event-pages"))
    stand.rows.put(load_pages(redis, f"{name}:row-pages"))
    return stand
