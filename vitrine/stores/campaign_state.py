"""The state of a stand in Redis: what a worker goes on from after a restart."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from redis import Redis
from redis.client import Pipeline

from vitrine.campaigns.rows import Row
from vitrine.campaigns.stand import Change, Rules, Stand
from vitrine.campaigns.totals import Cell, Totals
from vitrine.schemas import CampaignWindow
from vitrine.stores.redis import plain_hash
from vitrine.topics import BY_NAME


def queue_state(pipe: Pipeline, change: Change) -> None:
    """Queue what the next worker goes on from."""
    name = f"analytics:stand:{change.stand.stand_id}"
    pending = []
    for cell, totals in change.pending.items():
        pending.append(pending_to_plain(cell, totals))
    meta: dict[Any, Any] = {
        "watermark": str(change.watermark_ns),
        "closed": str(change.closed_ns),
        "pending": json.dumps(pending),
    }
    pipe.hset(name, mapping=meta)
    events = f"{name}:events"
    for key, event in change.events.own_events():
        pipe.hset(
            events,
            json.dumps(key),
            event.to_json(),
        )
    # After the additions: an event may be too old as soon as it is known.
    for key in change.dropped:
        pipe.hdel(events, json.dumps(key))
    rows = f"{name}:rows"
    for (start_ns, cell), row in change.rows.items():
        field = row_key(start_ns, cell)
        pipe.hset(rows, field, row_to_json(row))
    for start_ns, cell in change.dropped_rows:
        pipe.hdel(rows, row_key(start_ns, cell))


def load_stand(
    redis: Redis,
    stand_id: str,
    rules: Rules,
) -> Stand:
    """Return one stand as it was last written."""
    name = f"analytics:stand:{stand_id}"
    meta = plain_hash(redis, name)
    stand = Stand(stand_id, rules)
    stand.watermark_ns = int(meta["watermark"])
    stand.closed_ns = int(meta["closed"])
    for plain in json.loads(meta["pending"]):
        cell, totals = pending_from_plain(plain, stand_id)
        stand.pending[cell] = totals
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
    return stand


def row_key(start_ns: int, cell: Cell) -> str:
    """Return the field of a row: the hash is of one stand."""
    return json.dumps([start_ns, cell.campaign_id, cell.creative_id])


def row_to_json(row: Row) -> str:
    """Return a row with its totals, here called `measure`, and the peak where it differs."""
    peak = None
    if row.peak != row.totals:
        peak = row.peak.to_plain()
    plain = {
        "window": row.window.model_dump(mode="json"),
        "measure": row.totals.to_plain(),
        "high": peak,
    }
    return json.dumps(plain)


def row_from_json(text: str) -> Row:
    """Return the reverse of `row_to_json`."""
    plain = json.loads(text)
    window = CampaignWindow.model_validate(plain["window"])
    labels = Totals(
        advertiser=window.advertiser,
        synthetic=window.synthetic,
        start_ns=window.start_ns,
        end_ns=window.end_ns,
    )
    totals = Totals.from_plain(plain["measure"], labels)
    peak = totals
    if plain["high"] is not None:
        peak = Totals.from_plain(plain["high"], labels)
    return Row(window, totals, peak)


def pending_to_plain(cell: Cell, totals: Totals) -> dict[str, Any]:
    """Return for JSON what a cell has waiting for release."""
    return {
        "cell": [cell.campaign_id, cell.creative_id],
        "advertiser": totals.advertiser,
        "synthetic": totals.synthetic,
        "span": [totals.start_ns, totals.end_ns],
        "measure": totals.to_plain(),
    }


def pending_from_plain(plain: Mapping[str, Any], stand_id: str) -> tuple[Cell, Totals]:
    """Return the reverse of `pending_to_plain`, after JSON."""
    campaign, creative = plain["cell"]
    start_ns, end_ns = plain["span"]
    labels = Totals(
        advertiser=plain["advertiser"],
        synthetic=plain["synthetic"],
        start_ns=start_ns,
        end_ns=end_ns,
    )
    totals = Totals.from_plain(plain["measure"], labels)
    return Cell(campaign, creative, stand_id), totals
