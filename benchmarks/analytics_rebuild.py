"""Days, a backlog read topic by topic, and the rebuild after a loss of the store: same totals?

python -m benchmarks.analytics_rebuild [--days 3] [--backlog 3] [--stands 1] [--campaigns 20]

The events are those of `benchmarks.analytics`. They are read as they come, but for a backlog at
the end. That is read as a consumer reads it that was away: a batch of one topic after the other,
so that some are days ahead of others. Then Redis is empty, and a new worker has the snapshots of
windows, and the last day of the topics.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

import click
from redis import Redis
from rich.console import Console
from rich.progress import track

from benchmarks.analytics import (
    PATIENCE_S,
    SOURCES,
    START_NS,
    STEPS_AN_HOUR,
    Log,
    Site,
)
from vitrine.bus import Commit, Record, TopicPartition, decode
from vitrine.campaigns.rebuild import History, Past
from vitrine.campaigns.totals import Cell
from vitrine.clock import SECOND_NS, SystemClock
from vitrine.mall.folder import FixedMall
from vitrine.schemas import CampaignRelease, Event, WindowSnapshot
from vitrine.services.analytics.app import MOST_RECORDS
from vitrine.services.analytics.handler import AnalyticsHandler
from vitrine.services.analytics.settings import AnalyticsSettings
from vitrine.stores.campaign_cells import load_all_totals, load_cells
from vitrine.stores.campaigns import AnalyticsStore
from vitrine.stores.embedded import embedded_redis
from vitrine.stores.redis import connect

DAY_STEPS = 24 * STEPS_AN_HOUR
Stands = defaultdict[str, History]
ReadPast = Callable[[Collection[int]], Past]


class At(SystemClock):
    """Stand at one moment: when the backlog ends."""

    def __init__(self, now_ns: int) -> None:
        self._now_ns = now_ns

    def now_ns(self) -> int:
        """Return it."""
        return self._now_ns


@dataclass(slots=True)
class Read:
    """Hold what reading came to."""

    events: int = 0
    refused: int = 0
    seconds: float = 0.0
    """CPU time of the worker."""


def topics_of(
    site: Site,
    log: Log,
    steps: range,
) -> dict[str, list[Record]]:
    """Return the records of each topic in the order of time."""
    found: defaultdict[str, list[Record]] = defaultdict(list)
    for step in steps:
        for record in log.records(site.events(step)):
            found[record.topic].append(record)
    return found


def new_worker(
    site: Site,
    url: str,
    now_ns: int,
    history: ReadPast | None = None,
) -> AnalyticsHandler:
    """Return a worker that was away, or whose store is empty."""
    handler = AnalyticsHandler(
        FixedMall(site.mall()),
        AnalyticsStore(lambda: connect(url, answer_limit_s=PATIENCE_S)),
        AnalyticsSettings().rules(),
        clock=At(now_ns),
        history=history,
    )
    handler.assigned(dict.fromkeys(SOURCES, Commit(0)))
    return handler


def read(
    handler: AnalyticsHandler,
    topics: Mapping[str, Sequence[Record]],
    past: Stands,
) -> Read:
    """Read topics in turns; keep what the bus would have of them."""
    done = Read()
    longest = max((len(records) for records in topics.values()), default=0)
    for first in track(range(0, longest, MOST_RECORDS), "batches"):
        for topic, records in topics.items():
            batch = records[first : first + MOST_RECORDS]
            if not batch:
                continue
            left = len(records) - first - len(batch)
            take(handler, batch, {TopicPartition(topic, 0): left}, done, past)
    return done


def read_live(
    handler: AnalyticsHandler,
    site: Site,
    log: Log,
    steps: range,
    past: Stands,
) -> Read:
    """Read steps as they come, and keep what the bus would have of them."""
    done = Read()
    lag = dict.fromkeys(SOURCES, 0)
    # As many as make a batch.
    several = max(1, MOST_RECORDS // len(site.events(0)))
    for first in track(range(steps.start, steps.stop, several), "days"):
        batch: list[Record] = []
        for step in range(first, min(first + several, steps.stop)):
            batch += log.records(site.events(step))
        take(handler, batch, lag, done, past)
    return done


def take(
    handler: AnalyticsHandler,
    batch: Sequence[Record],
    lag: Mapping[TopicPartition, int],
    done: Read,
    past: Stands,
) -> None:
    """Take a batch, after which `lag` records wait."""
    began = time.process_time()
    handler.waiting(lag)
    outputs = handler.handle([decode(record) for record in batch])
    handler.published(outputs)
    done.seconds += time.process_time() - began
    done.events += len(batch)
    done.refused += len(outputs.rejected)
    for message in outputs.messages:
        note(message.event, past)


def note(event: Event, past: Stands) -> None:
    """Keep what the bus would have of the past of a stand."""
    if isinstance(event, WindowSnapshot):
        past[event.stand_id].snapshots.append(event)
    elif isinstance(event, CampaignRelease):
        past[event.stand_id].take(event)


def sums(redis: Redis) -> dict[Cell, dict[str, int]]:
    """Return the exact totals of all cells."""
    prefix = "analytics:exact"
    cells = [cell for group in load_cells(redis, prefix).values() for cell in group]
    found = load_all_totals(redis, prefix, cells)
    return {cell: totals.sums() for cell, totals in found.items()}


@click.command()
@click.option("--days", default=3, show_default=True, help="Of event time.")
@click.option(
    "--backlog", default=3, show_default=True, help="Days read late, of these."
)
@click.option("--stands", default=1, show_default=True, help="Of the worker.")
@click.option("--campaigns", default=20, show_default=True, help="In the mall.")
def main(
    days: int,
    backlog: int,
    stands: int,
    campaigns: int,
) -> None:
    """Print whether the totals are equal, and what both cost. Exit status 1 if they are not."""
    site = Site(stands, campaigns)
    steps = days * DAY_STEPS
    away = max(0, steps - backlog * DAY_STEPS)
    now_ns = START_NS + steps * 10 * SECOND_NS
    console = Console()
    console.print(f"{days} days, {stands} stands, {campaigns} campaigns")
    past: Stands = defaultdict(History)
    with embedded_redis() as url, closing(connect(url)) as redis:
        handler = new_worker(site, url, now_ns)
        log = Log()
        live = read_live(handler, site, log, range(away), past)
        late = read(handler, topics_of(site, log, range(away, steps)), past)
        before = sums(redis)
    # The log has a day of who people were.
    last_day = topics_of(site, Log(), range(max(0, steps - DAY_STEPS), steps))
    with embedded_redis() as url, closing(connect(url)) as redis:
        began = time.process_time()
        handler = new_worker(site, url, now_ns, lambda _: Past({0: past}))
        restored_s = time.process_time() - began
        rebuilt = read(handler, last_day, defaultdict(History))
        after = sums(redis)
    readings = {"live": live, "backlog": late, "last day again": rebuilt}
    for name, done in readings.items():
        console.print(
            f"{name}: {done.events:,} events, {done.refused} refused, "
            f"{done.seconds:.1f} CPU s"
        )
    console.print(f"snapshots: {restored_s:.2f} CPU s")
    plays = sum(one["plays"] for one in before.values())
    console.print(f"plays in closed windows: {plays:,} of {steps * stands:,}")
    equal = before == after
    console.print(f"all totals after the rebuild equal: {'yes' if equal else 'NO'}")
    if not equal or any(done.refused for done in readings.values()):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
