"""Analytics in Redis: what restarts need and what reports read, one atomic step a batch.

analytics:partition:P            hash    batch (who wrote last), topic → offset of the next; after
                                         a loss of the store, `floor` and `rebuilt`
analytics:partition:P:stands     set     stands of the partition
analytics:stand:S                hash    watermark, closed; decided: what is released next (JSON)
analytics:stand:S:ledgers        hash    campaign and origin → what is released, and what waits
                                         (JSON)
analytics:stand:S:events         hash    topic and id → event (JSON), of windows that are open
analytics:stand:S:event-pages    hash    window → events that end in it, as far as the horizon
analytics:stand:S:row-pages      hash    window → its rows; both as `Page.to_bytes`
analytics:T:cells                set     campaign, creative, stand, origin (JSON); T: `exact`,
                                         `released`
analytics:T:total:C              hash    sums of a cell, its advertiser, whether synthetic; who is
                                         there, looks and reacts, by second of a play
analytics:exact:days:C           hash    stand and day → 1, of a campaign
analytics:exact:reach:C:S:D      set     visitors of a campaign at a stand on a local day; expires
analytics:exact:reach:C          HyperLogLog of all visitors of a campaign
analytics:released:reach:C       hash    stand → visitors who are released, of a campaign
analytics:T:changes              hash    campaign → number of additions to its totals
analytics:names                  hash    what campaigns and so on are called; see `Names`
analytics:T:steps:C              stream  what was added when, of a campaign; the oldest go

C of days, reach, changes and steps is `Cell.line`: a campaign's figures of one origin. In names of
rows and of what waits, the origin `people` is left out.

`campaign_figures` reads the figures; here are the writer and the state that a worker goes on from.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias, cast
from uuid import uuid4

from pydantic_core import to_json
from redis import Redis
from redis.client import Pipeline
from redis.exceptions import WatchError

from vitrine.bus import TopicPartition
from vitrine.campaigns.row_pages import Reached
from vitrine.campaigns.stand import Change, Floor, Rules, Stand
from vitrine.campaigns.told import Told
from vitrine.campaigns.totals import Cell, Totals
from vitrine.effects.plan import FrozenPlan, Planned
from vitrine.mall.names import Names
from vitrine.stores.campaign_plans import (
    freeze_plans,
    load_all_planned,
    restore_planned,
)
from vitrine.stores.campaign_slots import Script
from vitrine.stores.campaign_state import load_stand, queue_state
from vitrine.stores.errors import Superseded
from vitrine.stores.redis import plain_hash, redis_errors

NAMES = "analytics:names"
# How long visitors of a day are remembered: late events, at most a day old, may still join or
# split them. One day more than that needs in any time zone; chosen, not measured.
REACH_DAYS_S = 3 * 86_400
# Of a campaign, about 3 MB. The plot over time shows sixty bars at most; chosen, not measured.
STEPS_KEPT = 10_000

Addition: TypeAlias = dict[str, Any]
# All additions of a batch in one command: client and server would else spend most of their time
# on some thirty commands a row. ARGV: additions (JSON), seconds that reach is kept, steps kept.
ADD: Final = """
for _, one in ipairs(cjson.decode(ARGV[1])) do
  local prefix, campaign = one.prefix, one.campaign
  redis.call('SADD', prefix .. ':cells', one.cell)
  local total = prefix .. ':total:' .. one.cell
  redis.call('HSET', total, 'advertiser', one.advertiser)
  if one.synthetic then redis.call('HSET', total, 'synthetic', '1') end
  for _, sum in ipairs(one.sums) do redis.call('HINCRBY', total, sum[1], sum[2]) end
  local reach = prefix .. ':reach:' .. campaign
  for _, day in ipairs(one.days) do
    local visitors = reach .. ':' .. one.stand .. ':' .. day[1]
    for _, visitor in ipairs(day[3]) do
      redis.call('SADD', visitors, visitor)
      redis.call('PFADD', reach, visitor)
    end
    redis.call('EXPIRE', visitors, ARGV[2])
    redis.call('HSET', prefix .. ':days:' .. campaign, day[2], '1')
  end
  -- Redis may keep some more steps: exact trimming would cost time at each of them.
  redis.call('XADD', prefix .. ':steps:' .. campaign, 'MAXLEN', '~', ARGV[3], '*',
    'stand', one.stand, 'creative', one.creative, 'start', one.start, 'end', one['end'],
    'sums', one.step)
  redis.call('HINCRBY', prefix .. ':changes', campaign, 1)
end
"""


@dataclass(frozen=True, slots=True)
class Batch:
    """Hold what one batch changed. `name` makes a repeated write recognisable."""

    changes: Mapping[int, Sequence[Change]]
    """By partition."""
    offsets: Mapping[TopicPartition, int]
    name: str
    floors: Mapping[int, Floor] = field(default_factory=dict)
    """Of partitions whose figures were lost."""

    @property
    def partitions(self) -> list[int]:
        """The partitions that the batch writes."""
        read = {source.partition for source in self.offsets}
        return sorted(read.union(self.changes, self.floors))


def batch_of(
    changes: Mapping[int, Sequence[Change]],
    offsets: Mapping[TopicPartition, int],
    floors: Mapping[int, Floor] | None = None,
) -> Batch:
    """Return a batch with a name of its own."""
    return Batch(changes, offsets, uuid4().hex, floors or {})


@dataclass(frozen=True, slots=True)
class Stored:
    """Hold what a worker goes on from: the stands of each partition, and where to go on reading."""

    stands: Mapping[int, Sequence[Stand]]
    offsets: Mapping[TopicPartition, int]
    floors: Mapping[int, Floor] = field(default_factory=dict)
    """Of the partitions that the store knows."""


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
        floors = {}
        with redis_errors(self._redis):
            for partition in partitions:
                kept = plain_hash(self._redis, f"analytics:partition:{partition}")
                self._last[partition] = kept.pop("batch", "")
                floor = Floor(
                    start_ns=int(kept.pop("floor", "0")),
                    rebuilt_ns=int(kept.pop("rebuilt", "0")),
                )
                if self._last[partition]:
                    floors[partition] = floor
                for topic, offset in kept.items():
                    offsets[TopicPartition(topic, partition)] = int(offset)
                key = f"analytics:partition:{partition}:stands"
                names = cast("set[bytes]", self._redis.smembers(key))
                stands[partition] = [
                    load_stand(self._redis, name.decode(), rules, floor)
                    for name in sorted(names)
                ]
        return Stored(stands, offsets, floors)

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

    def freeze_plans(self, plans: Mapping[str, FrozenPlan]) -> None:
        """Keep the plans of campaigns that have none yet."""
        freeze_plans(self._redis, plans)

    def planned(self) -> dict[str, Planned]:
        """Return the plans by `Cell.line`, and what was found."""
        return load_all_planned(self._redis)

    def restore_told(self, told: Told) -> None:
        """Keep the names and plans of before a loss of the store."""
        self.keep_names(told.names)
        restore_planned(self._redis, told.planned)

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
    additions: list[Addition] = []
    script = Script()
    for partition in batch.partitions:
        queue_partition(pipe, partition, batch)
        for change in batch.changes.get(partition, ()):
            queue_state(pipe, script, change)
            queue_gone(pipe, change.stand.stand_id, change.gone)
            additions += additions_of("analytics:exact", change.exact)
            additions += additions_of("analytics:released", change.shown.totals)
            for line, visitors in change.shown.reach.items():
                pipe.hincrby(released_reach(line), change.stand.stand_id, visitors)
    script.queue(pipe)
    if additions:
        pipe.eval(
            ADD,
            0,
            to_json(additions),
            str(REACH_DAYS_S),
            str(STEPS_KEPT),
        )


def queue_partition(
    pipe: Pipeline,
    partition: int,
    batch: Batch,
) -> None:
    """Queue who wrote a partition, where reading goes on, and the stands that it has."""
    known = {"batch": batch.name}
    floor = batch.floors.get(partition)
    if floor is not None:
        known["floor"] = str(floor.start_ns)
        known["rebuilt"] = str(floor.rebuilt_ns)
    for source, offset in batch.offsets.items():
        if source.partition == partition:
            known[source.topic] = str(offset)
    key = f"analytics:partition:{partition}"
    mapping: dict[Any, Any] = dict(known)
    pipe.hset(key, mapping=mapping)
    stands = [change.stand.stand_id for change in batch.changes.get(partition, ())]
    if stands:
        pipe.sadd(f"{key}:stands", *stands)


def additions_of(prefix: str, added: Iterable[tuple[Cell, Totals]]) -> list[Addition]:
    """Return additions to totals as the script takes them."""
    return [addition(prefix, cell, totals) for cell, totals in added]


def addition(
    prefix: str,
    cell: Cell,
    totals: Totals,
) -> Addition:
    """Return one addition to the totals; amounts as text, as Lua has no long integers."""
    sums = totals.sums()
    amounts = [*sums.items(), *seconds_of(totals)]
    days: defaultdict[str, list[str]] = defaultdict(list)
    for day, visitor in totals.visitors:
        days[day].append(visitor)
    reached = []
    for day in sorted(days):
        place = json.dumps([cell.stand_id, day])
        reached.append([day, place, sorted(days[day])])
    return {
        "prefix": prefix,
        "cell": json.dumps(cell.to_plain()),
        "campaign": cell.line,
        "creative": cell.creative_id,
        "stand": cell.stand_id,
        "advertiser": totals.advertiser,
        "synthetic": totals.synthetic,
        "sums": [[name, str(amount)] for name, amount in amounts if amount],
        "days": reached,
        "start": str(totals.start_ns),
        "end": str(totals.end_ns),
        "step": to_json(list(sums.values())).decode(),
    }


def released_reach(line: str) -> str:
    """Return the key of the released reach of a `Cell.line`, by stand."""
    return f"analytics:released:reach:{line}"


def seconds_of(totals: Totals) -> list[tuple[str, int]]:
    """Return what is told by second, as fields of a cell."""
    found = []
    for name, counts in totals.seconds().items():
        for second, amount in enumerate(counts):
            found.append((f"{name} {second}", amount))
    return found


def queue_gone(
    pipe: Pipeline,
    stand_id: str,
    gone: Iterable[Reached],
) -> None:
    """Let visitors leave the exact sets of their days; a HyperLogLog cannot forget them."""
    for line, (day, visitor) in sorted(gone):
        visitors = f"analytics:exact:reach:{line}:{stand_id}:{day}"
        pipe.srem(visitors, visitor)
