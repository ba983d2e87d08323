"""The state of a stand in Redis: what a worker goes on from after a restart."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from redis import Redis
from redis.client import Pipeline

from vitrine.campaigns.events import Key
from vitrine.campaigns.rows import Row
from vitrine.campaigns.stand import Change, Floor, Rules, Stand
from vitrine.campaigns.totals import Cell, Totals
from vitrine.errors import ConfigurationError
from vitrine.stores.campaign_ledgers import (
    increment_from_json,
    increment_to_json,
    ledger_from_json,
    ledger_to_json,
)
from vitrine.stores.campaign_slots import load_slot_state, queue_slots
from vitrine.stores.redis import plain_hash
from vitrine.topics import BY_NAME

STORE_OF_BEFORE: Final = (
    "the store holds figures of an earlier version of analytics, without a ledger of what was "
    "released: stop analytics and delete the keys `analytics:*`; figures are then rebuilt from "
    "the topics, and released ones begin anew"
)


def queue_state(pipe: Pipeline, change: Change) -> None:
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
    rows = {}
    for (start_ns, cell), row in change.rows.items():
        rows[row_key(start_ns, cell)] = row_to_json(row)
    dropped = [row_key(start_ns, cell) for start_ns, cell in change.dropped_rows]
    queue_fields(pipe, f"{name}:rows", rows, dropped)
    ledgers = {
        campaign_id: ledger_to_json(ledger)
        for campaign_id, ledger in change.ledgers.items()
    }
    queue_fields(pipe, f"{name}:ledgers", ledgers, ())
    queue_slots(pipe, change)


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
    for campaign_id, text in plain_hash(redis, f"{name}:ledgers").items():
        stand.ledgers[campaign_id] = ledger_from_json(text)
    stand.slots = load_slot_state(redis, stand_id)
    events = plain_hash(redis, f"{name}:events")
    for key, value in events.items():
        topic, _ = json.loads(key)
        schema = BY_NAME[topic].schema
        event = schema.model_validate_json(value)
        stand.events.add(event)
    for start_ns in stand.events.counted_windows():
        if start_ns >= stand.closed_ns:
            stand.open_windows.add(start_ns)
    rows = plain_hash(redis, f"{name}:rows")
    for key, value in rows.items():
        start_ns, campaign, creative = json.loads(key)
        cell = Cell(campaign, creative, stand_id)
        stand.put_row(start_ns, cell, row_from_json(value))
    stand.count_rows()
    return stand


def row_key(start_ns: int, cell: Cell) -> str:
    """Return the field of a row: the hash is of one stand."""
    return json.dumps([start_ns, cell.campaign_id, cell.creative_id])


def row_to_json(row: Row) -> str:
    """Return a row with its totals, here called `measure`, and the peak where it differs."""
    peak = None
    if row.peak != row.totals:
        peak = row.peak.to_plain()
    totals = row.totals
    plain = {
        "window": {
            "advertiser": totals.advertiser,
            "synthetic": totals.synthetic,
            "start_ns": totals.start_ns,
            "end_ns": totals.end_ns,
            "revision": row.revision,
            "correction": row.correction,
        },
        "measure": totals.to_plain(),
        "high": peak,
    }
    return json.dumps(plain)


def row_from_json(text: str) -> Row:
    """Return the reverse of `row_to_json`; rows of before have more fields."""
    plain = json.loads(text)
    window = plain["window"]
    labels = Totals(
        advertiser=window["advertiser"],
        synthetic=window["synthetic"],
        start_ns=window["start_ns"],
        end_ns=window["end_ns"],
    )
    totals = Totals.from_plain(plain["measure"], labels)
    peak = totals
    if plain["high"] is not None:
        peak = Totals.from_plain(plain["high"], labels)
    return Row(
        totals,
        peak,
        window["revision"],
        window["correction"],
    )
