"""The state of a stand in Redis: what a worker goes on from after a restart."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, cast

from redis import Redis
from redis.client import Pipeline

from vitrine.campaigns.events import Key
from vitrine.campaigns.row_pages import page_of_rows
from vitrine.campaigns.rows import Row, row_from_plain
from vitrine.campaigns.shelf import Page
from vitrine.campaigns.stand import Change, Floor, Rules, Stand
from vitrine.campaigns.totals import Cell, Totals
from vitrine.stores.campaign_repeats import load_waiting, queue_repeats
from vitrine.stores.campaign_slots import Script, load_slot_state, queue_slots
from vitrine.stores.redis import plain_hash
from vitrine.topics import BY_NAME


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
    pending = {}
    dropped = []
    for cell, totals in change.pending.items():
        field = pending_key(cell)
        if totals is None:
            dropped.append(field)
        else:
            pending[field] = json.dumps(pending_to_plain(cell, totals))
    queue_fields(pipe, f"{name}:pending", pending, dropped)
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


def names_of(cell: Cell) -> list[str]:
    """Return the names of a cell for JSON, without its stand."""
    campaign_id, creative_id, _, *origin = cell.to_plain()
    return [campaign_id, creative_id, *origin]


def cell_of(names: Sequence[Any], stand_id: str) -> Cell:
    """Return the reverse of `names_of`."""
    campaign_id, creative_id, *origin = names
    return Cell(campaign_id, creative_id, stand_id, *origin)


def pending_key(cell: Cell) -> str:
    """Return the field of what waits of a cell: the hash is of one stand."""
    return json.dumps(names_of(cell))


def load_stand(
    redis: Redis,
    stand_id: str,
    rules: Rules,
    floor: Floor,
) -> Stand:
    """Return one stand as it was last written."""
    name = f"analytics:stand:{stand_id}"
    meta = plain_hash(redis, name)
    stand = Stand(stand_id, rules, floor)
    stand.watermark_ns = int(meta["watermark"])
    stand.closed_ns = int(meta["closed"])
    for text in plain_hash(redis, f"{name}:pending").values():
        cell, totals = pending_from_plain(json.loads(text), stand_id)
        stand.pending[cell] = totals
    stand.slots = load_slot_state(redis, stand_id)
    stand.repeats = load_waiting(redis, stand_id)
    # A worker of before kept all of them in one field.
    for plain in json.loads(meta.get("pending", "[]")):
        cell, totals = pending_from_plain(plain, stand_id)
        stand.pending.setdefault(cell, totals)
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
    turn_old_rows(redis, name, stand_id)
    stand.rows.put(load_pages(redis, f"{name}:row-pages"))
    return stand


def turn_old_rows(redis: Redis, name: str, stand_id: str) -> None:
    """Put rows on pages that version 0.1 kept in a field each.

    Without them, what late events revise would count twice.
    """
    windows: defaultdict[int, dict[Cell, Row]] = defaultdict(dict)
    for key, value in plain_hash(redis, f"{name}:rows").items():
        start_ns, *names = json.loads(key)
        row = row_from_plain(json.loads(value))
        windows[start_ns][cell_of(names, stand_id)] = row
    if not windows:
        return
    pages = {start_ns: page_of_rows(rows) for start_ns, rows in windows.items()}
    with redis.pipeline(transaction=True) as pipe:
        queue_pages(pipe, f"{name}:row-pages", pages)
        pipe.delete(f"{name}:rows")
        pipe.execute()


def pending_to_plain(cell: Cell, totals: Totals) -> dict[str, Any]:
    """Return for JSON what a cell has waiting for release."""
    return {
        "cell": names_of(cell),
        "advertiser": totals.advertiser,
        "synthetic": totals.synthetic,
        "span": [totals.start_ns, totals.end_ns],
        "measure": totals.to_plain(),
    }


def pending_from_plain(plain: Mapping[str, Any], stand_id: str) -> tuple[Cell, Totals]:
    """Return the reverse of `pending_to_plain`, after JSON."""
    start_ns, end_ns = plain["span"]
    labels = Totals(
        advertiser=plain["advertiser"],
        synthetic=plain["synthetic"],
        start_ns=start_ns,
        end_ns=end_ns,
    )
    totals = Totals.from_plain(plain["measure"], labels)
    return cell_of(plain["cell"], stand_id), totals
