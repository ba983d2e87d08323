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
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import uuid4

from redis import Redis
from redis.client import Pipeline
from redis.exceptions import WatchError

from vitrine.bus import TopicPartition
from vitrine.campaigns.measure import Measure, Sums
from vitrine.campaigns.release import Entry
from vitrine.campaigns.stand_state import Change, StandState
from vitrine.campaigns.windows import Cell, Row
from vitrine.schemas import CampaignWindow
from vitrine.stores.redis import redis_errors
from vitrine.topics import BY_NAME

REACH_DAYS_S = 3 * 86_400
"""How long visitors of a day are remembered: late events may still join or split them."""
STEPS_KEPT = 10_000
TOTALS = ("exact", "released")


class Superseded(Exception):
    """Another worker wrote this partition: this one lost it without noticing, and must start again."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What one batch changed. `name` makes a repeated write recognisable."""

    changes: Mapping[int, Sequence[Change]]
    """By partition."""
    offsets: Mapping[TopicPartition, int]
    name: str

    @property
    def partitions(self) -> list[int]:
        """Partitions that the batch writes."""
        return sorted({*self.changes, *(source.partition for source in self.offsets)})


def batch_of(
    changes: Mapping[int, Sequence[Change]], offsets: Mapping[TopicPartition, int]
) -> Batch:
    """A batch with a name of its own."""
    return Batch(changes, offsets, uuid4().hex)


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

    def load(
        self, partitions: Collection[int]
    ) -> tuple[dict[int, list[StandState]], dict[TopicPartition, int]]:
        """The stands of each partition, and where to go on reading."""
        states = {}
        offsets = {}
        with redis_errors(self._redis):
            for partition in partitions:
                kept = plain_hash(self._redis, f"analytics:partition:{partition}")
                self._last[partition] = kept.pop("batch", "")
                offsets.update(
                    {
                        TopicPartition(topic, partition): int(at)
                        for topic, at in kept.items()
                    }
                )
                stands = cast(
                    "set[bytes]",
                    self._redis.smembers(f"analytics:partition:{partition}:stands"),
                )
                states[partition] = [
                    load_stand(self._redis, name.decode()) for name in sorted(stands)
                ]
        return states, offsets

    def write(self, batch: Batch) -> None:
        """All of a batch or nothing of it; writing it again changes nothing.

        Raises Superseded when another worker has written one of its partitions.
        """
        keys = [f"analytics:partition:{partition}" for partition in batch.partitions]
        if not keys:
            return
        with redis_errors(self._redis), self._redis.pipeline(transaction=True) as pipe:
            pipe.watch(*keys)  # type: ignore[no-untyped-call]
            found = [
                cast("bytes | None", pipe.hget(key, "batch")) or b"" for key in keys
            ]
            if all(one.decode() == batch.name for one in found):
                self._wrote(batch)
                return
            expected = [self._last.get(partition, "") for partition in batch.partitions]
            if [one.decode() for one in found] != expected:
                raise Superseded(
                    "another worker has written the figures of these partitions"
                )
            pipe.multi()
            for key, partition in zip(keys, batch.partitions, strict=True):
                pipe.hset(key, "batch", batch.name)
                for change in batch.changes.get(partition, ()):
                    queue_change(pipe, partition, change)
            for source, offset in batch.offsets.items():
                pipe.hset(
                    f"analytics:partition:{source.partition}", source.topic, str(offset)
                )
            try:
                pipe.execute()
            except WatchError:
                raise Superseded(
                    "another worker wrote the figures of these partitions just now"
                ) from None
        self._wrote(batch)

    def _wrote(self, batch: Batch) -> None:
        self._last.update(dict.fromkeys(batch.partitions, batch.name))


def queue_change(pipe: Pipeline, partition: int, change: Change) -> None:
    """One stand's part of a batch."""
    state = change.state
    name = f"analytics:stand:{state.stand_id}"
    pipe.sadd(f"analytics:partition:{partition}:stands", state.stand_id)
    pending = json.dumps([entry.to_plain() for entry in state.pending.values()])
    meta: dict[Any, Any] = {
        "watermark": str(state.watermark_ns),
        "closed": str(state.closed_ns),
        "pending": pending,
    }
    pipe.hset(name, mapping=meta)
    dropped = {json.dumps(key) for key in change.dropped}
    for topic, event_id in change.added:
        event = state.events.table(topic).get(event_id)
        if event is not None:
            pipe.hset(f"{name}:events", json.dumps([topic, event_id]), event.to_json())
    if dropped:
        pipe.hdel(f"{name}:events", *sorted(dropped))
    for start, cell in change.rows:
        row = state.rows.get(start, {}).get(cell)
        if row is not None:
            pipe.hset(f"{name}:rows", json.dumps([start, *cell]), row_to_json(row))
    if change.dropped_rows:
        pipe.hdel(
            f"{name}:rows",
            *(json.dumps([start, *cell]) for start, cell in change.dropped_rows),
        )
    for totals, entries in zip(TOTALS, (change.exact, change.released), strict=True):
        for entry in entries:
            queue_entry(pipe, f"analytics:{totals}", state.stand_id, entry)


def queue_entry(pipe: Pipeline, prefix: str, stand_id: str, entry: Entry) -> None:
    """One addition to the totals."""
    campaign = entry.cell.campaign_id
    cell = json.dumps([*entry.cell, stand_id])
    pipe.sadd(f"{prefix}:cells", cell)
    total = f"{prefix}:total:{cell}"
    pipe.hset(total, "advertiser", entry.advertiser)
    if entry.synthetic:
        pipe.hset(total, "synthetic", "1")
    for figure, amount in entry.measure.sums._asdict().items():
        if amount:
            pipe.hincrby(total, figure, amount)
    for (slot_ns, arm), goals in entry.measure.slots.items():
        for figure, amount in goals._asdict().items():
            if amount:
                pipe.hincrby(
                    f"{prefix}:slots:{campaign}",
                    json.dumps([stand_id, slot_ns, arm, figure]),
                    amount,
                )
    queue_reach(pipe, prefix, stand_id, entry)
    step: dict[Any, Any] = {
        "stand": stand_id,
        "creative": entry.cell.creative_id,
        "start": str(entry.start_ns),
        "end": str(entry.end_ns),
        "sums": json.dumps(entry.measure.sums),
    }
    pipe.xadd(f"{prefix}:steps:{campaign}", step, maxlen=STEPS_KEPT, approximate=True)


def queue_reach(pipe: Pipeline, prefix: str, stand_id: str, entry: Entry) -> None:
    """Visitors join the sets of their days; a HyperLogLog cannot forget those who are gone."""
    campaign = entry.cell.campaign_id
    for day, visitor in sorted(entry.gone):
        pipe.srem(f"{prefix}:reach:{campaign}:{stand_id}:{day}", visitor)
    for day, visitor in sorted(entry.measure.visitors):
        key = f"{prefix}:reach:{campaign}:{stand_id}:{day}"
        pipe.sadd(key, visitor)
        pipe.expire(key, REACH_DAYS_S)
        pipe.hset(f"{prefix}:days:{campaign}", json.dumps([stand_id, day]), "1")
        pipe.pfadd(f"{prefix}:reach:{campaign}", visitor)


def load_stand(redis: Redis, stand_id: str) -> StandState:
    """One stand as it was last written."""
    name = f"analytics:stand:{stand_id}"
    meta = plain_hash(redis, name)
    state = StandState(
        stand_id, watermark_ns=int(meta["watermark"]), closed_ns=int(meta["closed"])
    )
    entries = [Entry.from_plain(plain) for plain in json.loads(meta["pending"])]
    state.pending = {entry.cell: entry for entry in entries}
    for key, value in plain_hash(redis, f"{name}:events").items():
        topic, event_id = json.loads(key)
        state.events.table(topic)[event_id] = BY_NAME[topic].schema.model_validate_json(
            value
        )
    for key, value in plain_hash(redis, f"{name}:rows").items():
        start, campaign, creative = json.loads(key)
        state.rows.setdefault(start, {})[Cell(campaign, creative)] = row_from_json(
            value
        )
    return state


def plain_hash(redis: Redis, key: str) -> dict[str, str]:
    """A hash as text."""
    found = cast("Mapping[bytes, bytes]", redis.hgetall(key))
    return {field.decode(): value.decode() for field, value in found.items()}


def row_to_json(row: Row) -> str:
    """A row with what it adds; the peak only where it differs."""
    high = None if row.high == row.measure else row.high.to_plain()
    plain: dict[str, Any] = {"measure": row.measure.to_plain(), "high": high}
    return json.dumps({"window": row.window.model_dump(mode="json"), **plain})


def row_from_json(text: str) -> Row:
    """The reverse of `row_to_json`."""
    plain = json.loads(text)
    measure = Measure.from_plain(plain["measure"])
    high = Measure.from_plain(plain["high"]) if plain["high"] else measure
    return Row(CampaignWindow.model_validate(plain["window"]), measure, high)


def sums_from(plain: Mapping[str, str]) -> Sums:
    """Sums as a hash of the totals holds them."""
    return Sums(**{figure: int(plain.get(figure, "0")) for figure in Sums._fields})
