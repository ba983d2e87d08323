"""Analytics in Redis: what restarts need and what reports read, one atomic step a batch.

analytics:partition:P            hash    batch (who wrote last), and topic → offset of the next
analytics:partition:P:stands     set     stands of the partition
analytics:stand:S                hash    watermark, closed, pending (JSON)
analytics:stand:S:events         hash    topic and id → event (JSON), as far as the horizon
analytics:stand:S:rows           hash    window, campaign, creative → row (JSON)
analytics:T:cells                set     campaign, creative, stand (JSON); T: `exact`, `released`
analytics:T:total:C              hash    sums of a cell, its advertiser, whether synthetic
analytics:T:slots:C              hash    stand, slot, arm and figure → count, of a campaign
analytics:T:days:C               hash    stand and day → 1, of a campaign
analytics:T:reach:C:S:D          set     visitors of a campaign at a stand on a local day; expires
analytics:T:reach:C              HyperLogLog of all visitors of a campaign
analytics:names                  hash    what campaigns and so on are called; see `Names`
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
from vitrine.mall.names import Names
from vitrine.stores.campaign_state import load_stand, queue_state
from vitrine.stores.errors import Superseded
from vitrine.stores.redis import plain_hash, redis_errors

NAMES = "analytics:names"
# How long visitors of a day are remembered: late events, at most a day old, may still join or
# split them. One day more than that needs in any time zone; chosen, not measured.
REACH_DAYS_S = 3 * 86_400
# Of a campaign, about 3 MB. The plot over time shows sixty bars at most; chosen, not measured.
STEPS_KEPT = 10_000


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
    """Write one worker's partitions; not shared between threads. Methods raise Unavailable."""

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
        redis = self._redis
        with redis_errors(redis), redis.pipeline(transaction=True) as pipe:
            if not self._is_written(pipe, batch):
                pipe.multi()
                queue_batch(pipe, batch)
                try:
                    pipe.execute()
                except WatchError:
                    raise Superseded(
                        "another worker wrote the figures of these partitions just now"
                    ) from None
        for partition in batch.partitions:
            self._last[partition] = batch.name

    def keep_names(self, names: Names) -> None:
        """Write what campaigns and so on are called; those of ended campaigns stay."""
        with redis_errors(self._redis):
            for key, name in names.given.items():
                self._redis.hset(NAMES, key, name)

    def _is_written(self, pipe: Pipeline, batch: Batch) -> bool:
        """Watch the partitions; tell whether the batch is there. Raises Superseded."""
        keys = [f"analytics:partition:{partition}" for partition in batch.partitions]
        pipe.watch(*keys)  # type: ignore[no-untyped-call]
        found = []
        for key in keys:
            name = cast("bytes | None", pipe.hget(key, "batch"))
            found.append((name or b"").decode())
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
        pipe.hset(
            key,
            source.topic,
            str(offset),
        )


def queue_change(
    pipe: Pipeline,
    partition: int,
    change: Change,
) -> None:
    """Queue one stand's part of a batch."""
    stand_id = change.stand.stand_id
    pipe.sadd(f"analytics:partition:{partition}:stands", stand_id)
    queue_state(pipe, change)
    queue_gone(pipe, stand_id, change.gone)
    for cell, totals in change.exact:
        queue_totals(pipe, "analytics:exact", cell, totals)
    for cell, totals in change.released:
        queue_totals(pipe, "analytics:released", cell, totals)


def queue_totals(
    pipe: Pipeline,
    prefix: str,
    cell: Cell,
    totals: Totals,
) -> None:
    """Queue one addition to the totals."""
    name = json.dumps(cell)
    pipe.sadd(f"{prefix}:cells", name)
    total = f"{prefix}:total:{name}"
    pipe.hset(total, "advertiser", totals.advertiser)
    if totals.synthetic:
        pipe.hset(total, "synthetic", "1")
    sums = totals.sums()
    for figure, amount in sums.items():
        if amount:
            pipe.hincrby(total, figure, amount)
    queue_goals(pipe, prefix, cell, totals)
    queue_reach(pipe, prefix, cell, totals)
    step: dict[Any, Any] = {
        "stand": cell.stand_id,
        "creative": cell.creative_id,
        "start": str(totals.start_ns),
        "end": str(totals.end_ns),
        "sums": json.dumps(list(sums.values())),
    }
    # Redis may keep some more: exact trimming would cost time at each step.
    pipe.xadd(
        f"{prefix}:steps:{cell.campaign_id}",
        step,
        maxlen=STEPS_KEPT,
        approximate=True,
    )


def queue_goals(
    pipe: Pipeline,
    prefix: str,
    cell: Cell,
    totals: Totals,
) -> None:
    """Queue opportunities to see and goals reached, by slot."""
    slots = f"{prefix}:slots:{cell.campaign_id}"
    for (slot_ns, arm), goals in totals.goals.items():
        counts = goals._asdict()
        for figure, amount in counts.items():
            if amount:
                field = [cell.stand_id, slot_ns, arm, figure]
                pipe.hincrby(slots, json.dumps(field), amount)


def queue_reach(
    pipe: Pipeline,
    prefix: str,
    cell: Cell,
    totals: Totals,
) -> None:
    """Let visitors join the sets of their days, and the HyperLogLog of the campaign."""
    reach = f"{prefix}:reach:{cell.campaign_id}"
    days = f"{prefix}:days:{cell.campaign_id}"
    for day, visitor in sorted(totals.visitors):
        visitors = f"{reach}:{cell.stand_id}:{day}"
        pipe.sadd(visitors, visitor)
        pipe.expire(visitors, REACH_DAYS_S)
        pipe.hset(days, json.dumps([cell.stand_id, day]), "1")
        pipe.pfadd(reach, visitor)


def queue_gone(
    pipe: Pipeline,
    stand_id: str,
    gone: Iterable[Reached],
) -> None:
    """Let visitors leave the exact sets of their days; a HyperLogLog cannot forget them."""
    for campaign_id, (day, visitor) in sorted(gone):
        visitors = f"analytics:exact:reach:{campaign_id}:{stand_id}:{day}"
        pipe.srem(visitors, visitor)
