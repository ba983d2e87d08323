"""Analytics on the memory bus and a real Redis-compatible server, against the recomputation."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import count, pairwise
from threading import Event as Flag
from threading import Thread
from typing import Any

import pytest
from prometheus_client import REGISTRY, generate_latest
from pydantic import SecretStr
from redis import Redis

from tests import batch_recomputation
from tests.builders import make_mall
from tests.campaign_scenario import random_day
from vitrine.bus import Outgoing, Received, encode
from vitrine.bus.memory import MemoryBus
from vitrine.campaigns.figures import ENGAGEMENT
from vitrine.campaigns.stand import Rules
from vitrine.campaigns.summary import Figures, Kind
from vitrine.campaigns.totals import SECONDS, Cell, Totals
from vitrine.clock import SECOND_NS
from vitrine.errors import Unavailable
from vitrine.mall import Stand
from vitrine.mall.folder import FixedMall
from vitrine.runtime import Context, Outputs, ServiceLoop
from vitrine.schemas import CampaignWindow, Event
from vitrine.services.analytics.app import TOPICS, build
from vitrine.services.analytics.handler import AnalyticsHandler
from vitrine.settings import Settings
from vitrine.stores.campaign_figures import load_figures
from vitrine.stores.campaign_slots import load_slots
from vitrine.stores.campaigns import AnalyticsStore, Batch
from vitrine.stores.embedded import embedded_redis
from vitrine.stores.errors import Superseded
from vitrine.stores.redis import connect
from vitrine.telemetry.health import Health
from vitrine.topics import (
    CAMPAIGN_WINDOWS,
    COVERAGE,
    DEAD_LETTERS,
    EXPOSURES,
    IDENTITIES,
    INTERACTIONS,
    PLAYS,
)
from vitrine.topics import TOPICS as ALL_TOPICS

RULES = Rules(
    window_ns=60 * SECOND_NS,
    grace_ns=90 * SECOND_NS,
    horizon_ns=36_000 * SECOND_NS,
    k_anonymity=5,
)
MALL = FixedMall(
    make_mall(Stand(id="stand-0"), Stand(id="stand-1", time_zone="Asia/Tokyo"))
)
ZONES = {stand.id: stand.time_zone for stand in MALL.current().stands}
TOPIC_OF = {
    topic.schema: topic
    for topic in (PLAYS, EXPOSURES, IDENTITIES, INTERACTIONS, COVERAGE)
}
readers = count()


class Crash(Exception):
    """A scripted end of the process."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with embedded_redis() as url:
        yield url


@pytest.fixture
def redis(server: str) -> Iterator[Redis]:
    with connect(server) as client:
        client.flushall()
        yield client


def shuffled_day(seed: int) -> list[Event]:
    """Each topic in its order but late by up to two minutes, some events twice."""
    draw = random.Random(seed)
    events = random_day(seed)
    events += draw.choices(events, k=60)
    return sorted(
        events, key=lambda event: event.occurred_at_ns + draw.uniform(0, 120e9)
    )


def bus_with(events: Sequence[Event]) -> MemoryBus:
    bus = MemoryBus(ALL_TOPICS)
    append(bus, events)
    return bus


def append(bus: MemoryBus, events: Sequence[Event]) -> None:
    producer = bus.producer()
    for event in events:
        topic = TOPIC_OF[type(event)]
        stand_id: str = event.stand_id  # type: ignore[attr-defined]
        producer.send(encode(Outgoing(topic, stand_id, event)))
    producer.flush()


def read(bus: MemoryBus, topic: Any) -> list[Any]:
    consumer = bus.consumer(f"reader-{next(readers)}", [topic])
    records = consumer.poll(0, 100_000)
    consumer.close()
    return [topic.schema.model_validate_json(record.value) for record in records]


class Scripted(AnalyticsHandler):
    """Stops once everything is read; `script` is told of each place where a process may die."""

    def __init__(
        self,
        bus: MemoryBus,
        url: str,
        stop: Flag,
        script: Callable[[str], None],
    ) -> None:
        super().__init__(
            MALL,
            AnalyticsStore(lambda: connect(url)),
            RULES,
            finite=True,
        )
        self.bus = bus
        self.stop = stop
        self.script = script
        self.reads = False

    def handle(self, batch: Sequence[Received[Any]]) -> Outputs:
        outputs = super().handle(batch)
        self.reads = bool(batch)
        if batch:
            self.script("in the handler")
        elif not any(
            sum(self.bus.backlog("analytics", topic).values()) for topic in TOPICS
        ):
            self.stop.set()
        return outputs

    def published(self, outputs: Outputs) -> None:
        if not self.reads:
            # What is released after the last batch: a crash would leave no batch to commit.
            super().published(outputs)
            return
        self.script("after publish, before store")
        super().published(outputs)
        self.script("after store, before commit")


def nothing(place: str) -> None:
    """No crash."""


def run_once(
    bus: MemoryBus,
    url: str,
    script: Callable[[str], None] = nothing,
) -> None:
    stop = Flag()
    handler = Scripted(bus, url, stop, script)
    ServiceLoop(
        "analytics", bus, TOPICS, handler, Health(), max_records=37, idle_s=0.001
    ).run(stop)


def run_until_done(
    bus: MemoryBus,
    url: str,
    script: Callable[[str], None],
) -> int:
    """Restarts after each crash; returns how many there were."""
    crashes = 0
    while True:
        try:
            run_once(bus, url, script)
        except Crash:
            crashes += 1
        else:
            return crashes


def as_lines(events: Sequence[Event]) -> dict[str, list[dict[str, Any]]]:
    lines: dict[str, list[dict[str, Any]]] = {topic.name: [] for topic in TOPICS}
    for event in events:
        lines[TOPIC_OF[type(event)].name].append(event.model_dump(mode="json"))
    return lines


def assert_equal_to_batch(
    redis: Redis,
    events: Sequence[Event],
    kind: Kind = "exact",
) -> None:
    expected = batch_recomputation.recompute(as_lines(events), ZONES)
    figures = load_figures(redis, kind)
    found: dict[Cell, Totals] = {}
    for campaign in figures.campaigns:
        found.update(campaign.cells)
    assert set(found) == {Cell(*key) for key in expected}
    for key, row in expected.items():
        totals = found[Cell(*key)]
        for name in batch_recomputation.FIGURES:
            assert getattr(totals, name) == row[name], name
        for name in SECONDS:
            assert trimmed(getattr(totals, name)) == trimmed(row[name]), name
        engagement = ENGAGEMENT.value(totals) or 0.0
        assert engagement == pytest.approx(row["score_mean"])
    assert_equal_reach(figures, expected)
    if kind == "exact":
        assert_equal_slots(redis, events)


def trimmed(counts: Sequence[int]) -> list[int]:
    """Return counts by second up to the last one with anybody: the store keeps no zeros."""
    found = list(counts)
    while found and not found[-1]:
        found.pop()
    return found


def assert_equal_slots(redis: Redis, events: Sequence[Event]) -> None:
    """Compare the slot table with one by brute force."""
    expected = batch_recomputation.recompute_slots(as_lines(events), ZONES)
    campaigns = {campaign_id for campaign_id, _, _ in expected}
    found = {}
    for campaign_id in campaigns:
        for slot in load_slots(redis, campaign_id):
            found[campaign_id, slot.stand_id, slot.slot_ns] = slot
    assert len(expected) > 6
    assert set(expected) <= set(found)
    assert sum(row["redemptions"] for row in expected.values()) > 0
    for key, row in expected.items():
        for name, value in row.items():
            assert getattr(found[key], name) == value, (key, name)


def assert_equal_reach(figures: Figures, expected: Any) -> None:
    for campaign in figures.campaigns:
        assert campaign.reach == batch_recomputation.reach(
            expected, campaign.campaign_id
        )
        assert campaign.reach_quality == "exact"


@pytest.mark.parametrize("seed", range(4))
def test_exact_totals_equal_the_batch_recomputation(
    server: str, redis: Redis, seed: int
) -> None:
    events = shuffled_day(seed)
    run_once(bus_with(events), server)
    assert_equal_to_batch(redis, events)


@pytest.mark.parametrize(
    "place",
    ["in the handler", "after publish, before store", "after store, before commit"],
)
def test_totals_are_the_same_after_crashes(
    server: str, redis: Redis, place: str
) -> None:
    calls = count(1)
    events = shuffled_day(7)

    def script(where: str) -> None:
        if where == place and next(calls) % 9 == 0:
            raise Crash(where)

    bus = bus_with(events)
    assert run_until_done(bus, server, script) >= 3
    assert_equal_to_batch(redis, events)
    assert read(bus, DEAD_LETTERS) == []


def test_the_last_row_of_each_window_adds_up_to_the_exact_totals(
    server: str, redis: Redis
) -> None:
    calls = count(1)
    bus = bus_with(shuffled_day(3))

    def script(where: str) -> None:
        if next(calls) % 11 == 0:
            raise Crash(where)

    run_until_done(bus, server, script)
    rows: list[CampaignWindow] = read(bus, CAMPAIGN_WINDOWS)
    last = {row.window_id: row for row in rows}
    assert all(row.revision <= last[row.window_id].revision for row in rows)
    for campaign in load_figures(redis, "exact").campaigns:
        mine = [row for row in last.values() if row.campaign_id == campaign.campaign_id]
        assert sum(row.ots for row in mine) == campaign.totals.ots
        assert sum(row.attention_ns for row in mine) == campaign.totals.attention_ns


def test_released_totals_never_fall_and_never_exceed_the_rows(
    server: str, redis: Redis
) -> None:
    events = shuffled_day(5)
    seen = []

    def script(where: str) -> None:
        if where == "after store, before commit":
            seen.append(
                {c.line: c.totals.sums() for c in load_figures(redis).campaigns}
            )

    run_once(bus_with(events), server, script)
    assert seen[-1]
    for earlier, later in pairwise(seen):
        for campaign, sums in earlier.items():
            for name, amount in sums.items():
                assert amount <= later[campaign][name]


def test_redis_away_pauses_and_loses_nothing(
    redis: Redis, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = shuffled_day(2)
    calls = count(1)
    write = AnalyticsStore.write

    def sometimes(store: AnalyticsStore, batch: Batch) -> None:
        number = next(calls)
        if number % 20 == 1:
            raise Unavailable("scripted")
        write(store, batch)
        if number % 20 == 7:
            raise Unavailable("written, but the answer was lost")

    monkeypatch.setattr(AnalyticsStore, "write", sometimes)
    run_once(bus_with(events), server)
    assert_equal_to_batch(redis, events)


def test_a_store_that_was_lost_is_rebuilt_from_the_log(
    server: str, redis: Redis
) -> None:
    events = shuffled_day(4)
    bus = bus_with(events[: len(events) // 2])
    run_once(bus, server)
    redis.flushall()
    append(bus, events[len(events) // 2 :])
    run_once(bus, server)
    assert_equal_to_batch(redis, events)


def test_a_worker_that_lost_its_partition_cannot_write_any_more(
    server: str, redis: Redis
) -> None:
    events = shuffled_day(6)
    bus = bus_with(events[:200])
    others: list[MemoryBus] = []

    def script(where: str) -> None:
        if where == "after publish, before store" and not others:
            others.append(bus_with(events[:200]))
            run_once(others[0], server)

    with pytest.raises(Superseded):
        run_once(bus, server, script)


def context(url: str, **settings: Any) -> Context:
    return Context(
        settings=Settings(redis_url=SecretStr(url), **settings),
        bus=bus_with([]),
        mall=MALL,
        health=Health(),
        redis=lambda: connect(url),
    )


def test_the_service_shows_its_figures_while_it_runs_and_not_after(
    server: str, redis: Redis
) -> None:
    stop = Flag()
    service = build(context(server))
    assert not_exported()
    thread = Thread(target=service.run, args=(stop,))
    thread.start()
    deadline = time.monotonic() + 10
    while not_exported():
        assert time.monotonic() < deadline, "the service did not register its figures"
    stop.set()
    thread.join(10)
    assert not thread.is_alive()
    assert not_exported()


def not_exported() -> bool:
    return b"vitrine_campaign_ots" not in generate_latest(REGISTRY)


def test_redis_not_there_at_start_is_said_after_the_limit() -> None:
    service = build(context("redis://127.0.0.1:1/0", startup_limit_s=0.2))
    with pytest.raises(Unavailable, match=r"Redis at 127\.0\.0\.1:1 does not answer"):
        service.run(Flag())
