"""What analytics costs: events per CPU second, memory, restart and scrape, with history behind it.

python -m benchmarks.analytics [--stands 50] [--campaigns 1000] [--hours 24]

For every ten seconds of event time each stand has six events: a play, a coverage report, two
people with their identities. One worker takes them as in the service: records are decoded,
handled, encoded, and written to a Redis of the benchmark's own. Batches are as large as the loop
takes them when it is behind. CPU time is that of the worker, as if each of four workers had a
quarter of 200 stands; Redis is another process.
"""

from __future__ import annotations

import resource
import threading
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import click
from prometheus_client import CollectorRegistry, generate_latest
from rich.console import Console
from rich.progress import track
from rich.table import Table

from vitrine.bus import Commit, Outgoing, Record, TopicPartition, decode, encode
from vitrine.clock import SECOND_NS
from vitrine.mall import Mall, Stand
from vitrine.mall.folder import FixedMall
from vitrine.schemas import Coverage, Event, Exposure, Identity, Play
from vitrine.services.analytics.app import MOST_RECORDS
from vitrine.services.analytics.exporter import exported
from vitrine.services.analytics.handler import AnalyticsHandler
from vitrine.services.analytics.settings import AnalyticsSettings
from vitrine.services.analytics.spared import spared_collections
from vitrine.stores.campaigns import AnalyticsStore
from vitrine.stores.embedded import embedded_redis
from vitrine.stores.redis import connect
from vitrine.topics import COVERAGE, EXPOSURES, IDENTITIES, PLAYS, Topic

START_NS = 1_800_000_000 * SECOND_NS
STEP_S = 10
STEPS_AN_HOUR = 3600 // STEP_S
SOURCES = [
    TopicPartition(topic.name, 0) for topic in (PLAYS, EXPOSURES, IDENTITIES, COVERAGE)
]
MEGABYTE = 1024
# The loop would try again; here is none, and hours of events would be lost to one slow answer.
PATIENCE_S = 300.0


@dataclass(frozen=True, slots=True)
class Site:
    """Hold how large a worker's part of a mall is."""

    stands: int
    campaigns: int

    def mall(self) -> Mall:
        """Return the configuration."""
        stands = [Stand(id=f"stand-{number}") for number in range(self.stands)]
        return Mall(cameras=(), stands=tuple(stands), campaigns=())

    def events(self, step: int) -> list[tuple[Topic, Event]]:
        """Return what ends ten seconds after a step began, at all stands."""
        found = []
        for number in range(self.stands):
            # Each stand begins elsewhere in the rotation.
            campaign = (step + 131 * number) % self.campaigns
            found += events_of(f"stand-{number}", campaign, step)
        return found


def events_of(stand: str, campaign: int, step: int) -> list[tuple[Topic, Event]]:
    """Return the six events of a stand that end ten seconds after the step began."""
    begin_ns = START_NS + step * STEP_S * SECOND_NS
    end_ns = begin_ns + STEP_S * SECOND_NS
    play = Play(
        play_id=f"{stand}-play-{step}",
        stand_id=stand,
        campaign_id=f"campaign-{campaign}",
        advertiser=f"advertiser-{campaign // 5}",
        creative_id="film",
        start_ns=begin_ns,
        end_ns=end_ns,
        completed=True,
        player="virtual",
        reason="rotation",
        probability=0.5,
        arm="adaptive",
        slot_ns=begin_ns // (300 * SECOND_NS) * 300 * SECOND_NS,
        config_version="v1",
    )
    coverage = Coverage(
        camera_id=f"{stand}-1",
        stand_id=stand,
        start_ns=begin_ns,
        end_ns=end_ns,
        usable_ns=end_ns - begin_ns,
        frames=100,
        dropped=0,
    )
    events: list[tuple[Topic, Event]] = [(PLAYS, play), (COVERAGE, coverage)]
    for number in range(2):
        track_id = f"{stand}-1-{begin_ns}-{number}"
        exposure = Exposure(
            stand_id=stand,
            presence_id=f"{stand}:{track_id}",
            part=0,
            final=True,
            track_ids=(track_id,),
            start_ns=begin_ns + SECOND_NS,
            end_ns=end_ns - SECOND_NS,
            attention=((begin_ns + 2 * SECOND_NS, begin_ns + 6 * SECOND_NS),),
            score_mean=50.0,
            response_mean=0.0,
            response_max=0.0,
            config_version="v1",
        )
        identity = Identity(
            stand_id=stand,
            track_id=track_id,
            visitor_id=f"{stand}-visitor-{step}-{number}",
            visit_id=f"{stand}-visit-{step}-{number}",
            known=False,
            confidence=0.9,
            reason="new-visitor",
            decided_at_ns=begin_ns + 2 * SECOND_NS,
            config_version="v1",
        )
        events.append((EXPOSURES, exposure))
        events.append((IDENTITIES, identity))
    return events


class Log:
    """Number records as topics of one partition do: a missing number would be a lost record."""

    def __init__(self) -> None:
        self._offsets: Counter[str] = Counter()

    def records(self, events: Iterable[tuple[Topic, Event]]) -> list[Record]:
        """Return the events as a consumer hands them over."""
        records = []
        for topic, event in events:
            message = encode(Outgoing(topic, "key", event))
            record = Record(
                topic=topic.name,
                partition=0,
                offset=self._offsets[topic.name],
                key=message.key,
                value=message.value,
                headers=message.headers,
                appended_at_ns=event.occurred_at_ns,
            )
            self._offsets[topic.name] += 1
            records.append(record)
        return records


def new_worker(site: Site, url: str) -> AnalyticsHandler:
    """Return a worker that goes on from what Redis has."""
    handler = AnalyticsHandler(
        FixedMall(site.mall()),
        AnalyticsStore(lambda: connect(url, answer_limit_s=PATIENCE_S)),
        AnalyticsSettings().rules(),
    )
    handler.assigned(dict.fromkeys(SOURCES, Commit(0)))
    handler.waiting(dict.fromkeys(SOURCES, 0))
    return handler


def take(handler: AnalyticsHandler, records: Sequence[Record]) -> float:
    """Take a batch through the loop's steps; return the CPU seconds of this process."""
    began = time.process_time()
    outputs = handler.handle([decode(record) for record in records])
    for outgoing in outputs.messages:
        encode(outgoing)
    handler.published(outputs)
    return time.process_time() - began


def hour(
    site: Site,
    handler: AnalyticsHandler,
    log: Log,
    number: int,
) -> float:
    """Take an hour of events; return the events per CPU second."""
    seconds = 0.0
    count = 0
    first = number * STEPS_AN_HOUR
    waiting: list[Record] = []
    for step in range(first, first + STEPS_AN_HOUR):
        # Events were made before: that is no work of the service.
        waiting += log.records(site.events(step))
        while len(waiting) >= MOST_RECORDS:
            seconds += take(handler, waiting[:MOST_RECORDS])
            count += MOST_RECORDS
            del waiting[:MOST_RECORDS]
    # A batch of none would let time go on.
    if waiting:
        seconds += take(handler, waiting)
    return (count + len(waiting)) / seconds


def largest_mb() -> int:
    """Return the most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // MEGABYTE


def scrape_s(site: Site, url: str) -> tuple[int, float]:
    """Return the series that Prometheus is shown, and the CPU seconds of a scrape."""
    registry = CollectorRegistry()
    mall = FixedMall(site.mall())
    with exported(
        registry,
        lambda: connect(url),
        lambda: True,
        mall,
        threading.Event(),
    ) as collector:
        collector.refresh()
        began = time.thread_time()
        text = generate_latest(registry)
        seconds = time.thread_time() - began
    lines = text.decode().splitlines()
    return sum(not line.startswith("#") for line in lines), seconds


def restart_s(site: Site, url: str) -> float:
    """Return the CPU seconds until a new worker knows the stands."""
    began = time.process_time()
    new_worker(site, url)
    return time.process_time() - began


@click.command()
@click.option("--stands", default=50, show_default=True, help="Stands of the worker.")
@click.option("--campaigns", default=1000, show_default=True, help="In the mall.")
@click.option("--hours", default=24, show_default=True, help="Of event time.")
def main(stands: int, campaigns: int, hours: int) -> None:
    """Print what the first and the last hour cost, and what is there after it."""
    site = Site(stands, campaigns)
    table = Table("hour", "events per CPU second", "largest memory, MB")
    with (
        embedded_redis() as url,
        closing(connect(url)) as redis,
        spared_collections(),
    ):
        handler = new_worker(site, url)
        log = Log()
        for number in track(range(hours), "hours"):
            rate = hour(site, handler, log, number)
            table.add_row(str(number + 1), f"{rate:,.0f}", str(largest_mb()))
        console = Console()
        console.print(table)
        console.print(f"restart: {restart_s(site, url):.2f} CPU s for {stands} stands")
        series, seconds = scrape_s(site, url)
        console.print(f"scrape: {series:,} series, {1000 * seconds:.0f} CPU ms")
        used: Any = redis.info("memory")
        console.print(f"Redis: {used['used_memory'] / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
