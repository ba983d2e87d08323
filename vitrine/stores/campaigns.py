"""Analytics in Redis: what restarts need and what reports read, written in one atomic step for each batch.

analytics:partition:P            hash    batch (who wrote last), and topic → offset of the next record
analytics:partition:P:stands     set     stands of the partition
analytics:stand:S                hash    watermark, closed, pending (JSON)
analytics:stand:S:events         hash    topic and id → event (JSON), as far as the horizon
analytics:stand:S:rows           hash    window, campaign, creative → row (JSON)
analytics:T:cells                set     campaign, creative, stand (JSON); T is `exact` or `released`
analytics:T:total:C              hash    sums of a cell, its advertiser, whether synthetic
analytics:T:slots:C              hash    stand, slot, arm and figure → count, of a campaign
analytics:T:days:C               hash    stand and day → 1, of a campaign
analytics:T:reach:C:S:D          set     visitors of a campaign at a stand on a local day; expires
analytics:T:reach:C              HyperLogLog of all visitors of a campaign
analytics:T:steps:C              stream  what was added when, of a campaign; the oldest go

`campaign_figures` reads the figures; here are the writer and the state that a worker goes on from.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import uuid4

from redis import Redis
from redis.client import Pipeline
from redis.exceptions import WatchError

from vitrine.bus import TopicPartition
from vitrine.campaigns.stand import Change, Reached, Rules, Stand
from vitrine.campaigns.totals import Cell, Totals
from vitrine.stores.campaign_json import (
    pending_from_plain,
    pending_to_plain,
    row_from_json,
    row_key,
    row_to_json,
)
from vitrine.stores.redis import redis_errors
from vitrine.topics import BY_NAME

REACH_DAYS_S = 3 * 86_400
"""How long visitors of a day are remembered: late events, at most a day old, may still join or split them.
One day more than that needs in any time zone; chosen, not measured."""
STEPS_KEPT = 10_000
"""Of a campaign, about 3 MB. The plot over time shows sixty bars at most; chosen, not measured."""


class Superseded(Exception):
    """Another worker wrote this partition: this one lost it without noticing, and must start again."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Hold what one batch changed. `name` makes a repeated write recognisable."""

    changes: Mapping[int, Sequence[Change]]
    """By partition."""
    offsets: Mapping[TopicPartition, int]
    name: str

    @property
    def partitions(self) -> list[int]:
        """The partitions that the batch writes."""
        read = {source.partition for source in self.offsets}
        return sorted(read.union(self.changes))


def batch_of(
    changes: Mapping[int, Sequence[Change]], offsets: Mapping[TopicPartition, int]
) -> Batch:
    """Return a batch with a name of its own."""
    return Batch(changes, offsets, uuid4().hex)


@dataclass(frozen=True, slots=True)
class Stored:
    """Hold what a worker goes on from: the stands of each partition, and where to go on reading."""

    stands: Mapping[int, Sequence[Stand]]
    offsets: Mapping[TopicPartition, int]


class AnalyticsStore:
    """One worker's view of the store; not shared between threads. Every method raises Unavailable."""

    def __init__(self, connect: Callable[[], Redis]) -> None:
        self._connect = connect
        self._client: Redis | None = None
        self._last: dict[int, str] = {}

    @property
    def _redis(self) -> Redis:
        if self._client is None:
            self._client = self._connect()
        return self._client

    def load(self, partitions: Collection[int], rules: Rules) -> Stored:
        """Return the stands of the partitions as they were last written, and the offsets."""
        stands = {}
        offsets = {}
        with redis_errors(self._redis):
            for partition in partitions:
                kept = plain_hash(self._redis, f"analytics:partition:{partition}")
                self._last[partition] = kept.pop("batch", "")
                for topic, offset in kept.items():
                    offsets[TopicPartition(topic, partition)] = int(offset)
                key = f"analytics:partition:{partition}:stands"
                names = cast("set[bytes]", self._redis.smembers(key))
                stands[partition] = [
                    load_stand(self._redis, name.decode(), rules)
                    for name in sorted(names)
                ]
        return Stored(stands, offsets)

    def write(self, batch: Batch) -> None:
        """Write all of a batch or nothing of it; writing it again changes nothing.

        Raises Superseded when another worker has written one of its partitions.
        """
        if not batch.partitions:
            return
        with redis_errors(self._redis), self._redis.pipeline(transaction=True) as pipe:
            if not self._is_written(pipe, batch):
                pipe.multi()
                queue_batch(pipe, batch)
                try:
                    pipe.execute()
                except WatchError:
                    raise Superseded(
                        "another worker wrote the figures of these partitions just now"
                    ) from None
        self._last.update(dict.fromkeys(batch.partitions, batch.name))

    def _is_written(self, pipe: Pipeline, batch: Batch) -> bool:
        """Watch the partitions; tell whether the batch is there. Raises Superseded."""
        keys = [f"analytics:partition:{partition}" for partition in batch.partitions]
        pipe.watch(*keys)  # type: ignore[no-untyped-call]
        found = []
        for key in keys:
            name = cast("bytes | None", pipe.hget(key, "batch")) or b""
            found.append(name.decode())
        if all(name == batch.name for name in found):
            return True
        expected = [self._last.get(partition, "") for partition in batch.partitions]
        if found != expected:
            raise Superseded(
                "another worker has written the figures of these partitions"
            )
        return False


def queue_batch(pipe: Pipeline, batch: Batch) -> None:
    """Queue every write of a batch."""
    for partition in batch.partitions:
        pipe.hset(f"analytics:partition:{partition}", "batch", batch.name)
        for change in batch.changes.get(partition, ()):
            queue_change(pipe, partition, change)
    for source, offset in batch.offsets.items():
        key = f"analytics:partition:{source.partition}"
        pipe.hset(key, source.topic, str(offset))


def queue_change(pipe: Pipeline, partition: int, change: Change) -> None:
    """Queue one stand's part of a batch."""
    stand_id = change.stand.stand_id
    pipe.sadd(f"analytics:partition:{partition}:stands", stand_id)
    queue_state(pipe, f"analytics:stand:{stand_id}", change)
    queue_gone(pipe, stand_id, change.gone)
    for cell, totals in change.exact:
        queue_totals(pipe, "analytics:exact", cell, totals)
    for cell, totals in change.released:
        queue_totals(pipe, "analytics:released", cell, totals)


def queue_state(pipe: Pipeline, name: str, change: Change) -> None:
    """Queue what the next worker goes on from."""
    pending = [pending_to_plain(*waiting) for waiting in change.pending.items()]
    meta: dict[Any, Any] = {
        "watermark": str(change.watermark_ns),
        "closed": str(change.closed_ns),
        "pending": json.dumps(pending),
    }
    pipe.hset(name, mapping=meta)
    for key, event in change.events.own_events():
        pipe.hset(f"{name}:events", json.dumps(key), event.to_json())
    if change.dropped:
        pipe.hdel(f"{name}:events", *(json.dumps(key) for key in change.dropped))
    for (start_ns, cell), row in change.rows.items():
        pipe.hset(f"{name}:rows", row_key(start_ns, cell), row_to_json(row))
    if change.dropped_rows:
        pipe.hdel(f"{name}:rows", *(row_key(*key) for key in change.dropped_rows))


def queue_totals(pipe: Pipeline, prefix: str, cell: Cell, totals: Totals) -> None:
    """Queue one addition to the totals."""
    campaign = cell.campaign_id
    name = json.dumps(cell)
    pipe.sadd(f"{prefix}:cells", name)
    total = f"{prefix}:total:{name}"
    pipe.hset(total, "advertiser", totals.advertiser)
    if totals.synthetic:
        pipe.hset(total, "synthetic", "1")
    for figure, amount in totals.sums().items():
        if amount:
            pipe.hincrby(total, figure, amount)
    for (slot_ns, arm), goals in totals.goals.items():
        for figure, amount in goals._asdict().items():
            if amount:
                slot = json.dumps([cell.stand_id, slot_ns, arm, figure])
                pipe.hincrby(f"{prefix}:slots:{campaign}", slot, amount)
    queue_reach(pipe, prefix, cell, totals)
    step: dict[Any, Any] = {
        "stand": cell.stand_id,
        "creative": cell.creative_id,
        "start": str(totals.start_ns),
        "end": str(totals.end_ns),
        "sums": json.dumps(list(totals.sums().values())),
    }
    pipe.xadd(f"{prefix}:steps:{campaign}", step, maxlen=STEPS_KEPT, approximate=True)


def queue_reach(pipe: Pipeline, prefix: str, cell: Cell, totals: Totals) -> None:
    """Let visitors join the sets of their days, and the HyperLogLog of the campaign."""
    campaign = cell.campaign_id
    for day, visitor in sorted(totals.visitors):
        key = f"{prefix}:reach:{campaign}:{cell.stand_id}:{day}"
        pipe.sadd(key, visitor)
        pipe.expire(key, REACH_DAYS_S)
        place = json.dumps([cell.stand_id, day])
        pipe.hset(f"{prefix}:days:{campaign}", place, "1")
        pipe.pfadd(f"{prefix}:reach:{campaign}", visitor)


def queue_gone(pipe: Pipeline, stand_id: str, gone: Iterable[Reached]) -> None:
    """Let visitors leave the exact sets of their days; a HyperLogLog cannot forget them."""
    for campaign, (day, visitor) in sorted(gone):
        pipe.srem(f"analytics:exact:reach:{campaign}:{stand_id}:{day}", visitor)


def load_stand(redis: Redis, stand_id: str, rules: Rules) -> Stand:
    """Return one stand as it was last written."""
    name = f"analytics:stand:{stand_id}"
    meta = plain_hash(redis, name)
    stand = Stand(stand_id, rules)
    stand.watermark_ns = int(meta["watermark"])
    stand.closed_ns = int(meta["closed"])
    for plain in json.loads(meta["pending"]):
        cell, totals = pending_from_plain(plain, stand_id)
        stand.pending[cell] = totals
    for key, value in plain_hash(redis, f"{name}:events").items():
        topic, _ = json.loads(key)
        stand.events.add(BY_NAME[topic].schema.model_validate_json(value))
    for start_ns in stand.events.counted_windows():
        if start_ns >= stand.closed_ns:
            stand.open_windows.add(start_ns)
    for key, value in plain_hash(redis, f"{name}:rows").items():
        start_ns, campaign, creative = json.loads(key)
        cell = Cell(campaign, creative, stand_id)
        stand.put_row(start_ns, cell, row_from_json(value))
    return stand


def plain_hash(redis: Redis, key: str) -> dict[str, str]:
    """Return a hash as text."""
    found = cast("Mapping[bytes, bytes]", redis.hgetall(key))
    return {field.decode(): value.decode() for field, value in found.items()}
