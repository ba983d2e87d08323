"""Figures that are rebuilt after the store was lost are those of before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import pytest
from prometheus_client import REGISTRY
from redis import Redis

from tests import batch_recomputation
from tests.builders import at, make_mall, received
from tests.campaign_scenario import (
    make_coverage,
    make_exposure,
    make_identity,
    make_interaction,
    make_play,
)
from tests.stand_builders import STAND, make_campaign
from tests.unit.effects.test_plan import PLAN
from vitrine.bus import Commit, Received, TopicPartition
from vitrine.campaigns.rebuild import History, Past
from vitrine.campaigns.stand import Rules
from vitrine.campaigns.told import Told, told_by
from vitrine.campaigns.totals import Cell
from vitrine.clock import MILLISECOND_NS, SECOND_NS, SystemClock
from vitrine.effects.plan import Planned, PlannedLook
from vitrine.mall import Mall, Stand
from vitrine.mall.folder import FixedMall, MallSource
from vitrine.schemas import CampaignRelease, Event, WindowSnapshot
from vitrine.services.analytics.app import TOPICS
from vitrine.services.analytics.handler import AnalyticsHandler
from vitrine.stores.campaign_figures import load_figures
from vitrine.stores.campaigns import AnalyticsStore
from vitrine.stores.embedded import embedded_redis
from vitrine.stores.redis import connect

RULES = Rules(
    window_ns=300 * SECOND_NS,
    grace_ns=90 * SECOND_NS,
    horizon_ns=108_000 * SECOND_NS,
    k_anonymity=3,
)
MALL = FixedMall(make_mall(Stand(id="north", time_zone="Europe/Berlin")))
DAY_S = 86_400
SOURCES = [TopicPartition(topic.name, 0) for topic in TOPICS]
Log = dict[str, list[Received[Any]]]


class SetClock(SystemClock):
    """Tell the time that a test sets."""

    at_ns = 0

    def now_ns(self) -> int:
        return self.at_ns


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with embedded_redis() as url:
        yield url


@pytest.fixture
def redis(server: str) -> Iterator[Redis]:
    with connect(server) as client:
        client.flushall()
        yield client


def day(number: int) -> list[tuple[float, Event]]:
    """Two windows a day, each with four plays, and three people of whom two are one.

    Each with the second at which the log took it: one play comes a day late.
    """
    found: list[tuple[float, Event]] = []
    for begin in (number * DAY_S + 36_000, number * DAY_S + 36_300):
        for start in range(begin, begin + 40, 10):
            creative = "shoe" if start % 20 else "shoe-more"
            play = make_play(
                start, start + 8, play_id=f"play-{start}", creative_id=creative
            )
            waits_s = DAY_S if start == begin + 10 else 2
            found.append((start + 8 + waits_s, play))
            found.append((start + 12, make_coverage(start, start + 10, usable=7)))
        for person in range(3):
            track = f"{begin}-{person}"
            visitor = f"v-{begin}-{min(person, 1)}"
            looks = ((begin + 1, begin + 4 + person),)
            seen = make_exposure(begin, begin + 35, looks, tracks=(track,))
            found.append((begin + 37, seen))
            decided = make_identity(track, visitor, begin + 1)
            found.append((begin + 2, decided))
        touch = make_interaction(
            "touch",
            begin + 3,
            interaction_id=f"touch-{begin}",
            play_id=f"play-{begin}",
        )
        found.append((begin + 4, touch))
    return found


def log_of(days: int) -> Log:
    """Return what the log took in so many days, by topic."""
    events = []
    for number in range(days):
        events += day(number)
    events.sort(key=lambda one: one[0])
    log: Log = defaultdict(list)
    for appended_s, event in events:
        topic = received(event).record.topic
        one = received(
            event,
            offset=len(log[topic]),
            partition=0,
            appended_at_ns=at(appended_s),
        )
        log[topic].append(one)
    return log


def make_handler(
    server: str,
    clock: SetClock,
    past: History | None = None,
    mall: MallSource = MALL,
) -> AnalyticsHandler:
    """Return a worker, to whom the bus hands the past that it has."""
    known = past or History()

    def history(partitions: Collection[int]) -> Past:
        stands = {partition: {"north": known} for partition in partitions}
        return Past(stands, list(known.releases.values()))

    store = AnalyticsStore(lambda: connect(server))
    return AnalyticsHandler(mall, store, RULES, clock=clock, history=history)


def take(
    handler: AnalyticsHandler, batch: Sequence[Received[Any]], past: History
) -> None:
    """Handle and store a batch, of which nothing is refused; add what was published."""
    outputs = handler.handle(batch)
    assert outputs.rejected == []
    handler.published(outputs)
    for message in outputs.messages:
        if isinstance(message.event, WindowSnapshot):
            past.snapshots.append(message.event)
        elif isinstance(message.event, CampaignRelease):
            past.releases[message.event.campaign_id] = message.event


def live(
    server: str,
    log: Log,
    clock: SetClock,
    mall: MallSource = MALL,
) -> History:
    """Take the events as they came; return what was published."""
    handler = make_handler(server, clock, mall=mall)
    handler.assigned(dict.fromkeys(SOURCES))
    handler.waiting(dict.fromkeys(SOURCES, 0))
    events = [one for topic in log.values() for one in topic]
    events.sort(key=lambda one: one.record.appended_at_ns)
    past = History()
    for start in range(0, len(events), 7):
        take(handler, events[start : start + 7], past)
    clock.at_ns = events[-1].record.appended_at_ns + 600 * SECOND_NS
    for _ in range(2):
        take(handler, [], past)
    return past


def rebuild(
    server: str,
    log: Log,
    clock: SetClock,
    past: History,
) -> None:
    """Read what the topics still hold, one topic after the other."""
    handler = make_handler(server, clock, past)
    ends = {source: Commit(len(log[source.topic])) for source in SOURCES}
    assert set(handler.assigned(ends).values()) == {0}
    lag = dict.fromkeys(SOURCES, 1)
    for topic in sorted(TOPICS, key=lambda topic: topic.retention_ms, reverse=True):
        oldest_ns = clock.at_ns - topic.retention_ms * MILLISECOND_NS
        records = log[topic.name]
        kept = [one for one in records if one.record.appended_at_ns >= oldest_ns]
        for start in range(0, len(kept), 50):
            take(handler, kept[start : start + 50], past)
        lag[TopicPartition(topic.name, 0)] = 0
        handler.waiting(lag)
    for _ in range(2):
        take(handler, [], past)


def reach(redis: Redis) -> list[int | None]:
    return [campaign.reach for campaign in load_figures(redis).campaigns]


def totals(redis: Redis, kind: Any) -> dict[Any, dict[str, int]]:
    found = {}
    for campaign in load_figures(redis, kind).campaigns:
        for cell, sums in campaign.cells.items():
            found[cell] = sums.sums()
    return found


@pytest.mark.parametrize("days", [1, 7, 30])
def test_the_totals_are_those_of_before(server: str, redis: Redis, days: int) -> None:
    log = log_of(days)
    clock = SetClock()
    past = live(server, log, clock)
    before = totals(redis, "exact")
    released = totals(redis, "released")
    reached = reach(redis)
    assert min(sums["ots"] for sums in released.values()) >= RULES.k_anonymity
    redis.flushall()
    noticed = REGISTRY.get_sample_value("vitrine_figures_rebuilt_total") or 0.0
    rebuild(server, log, clock, past)
    assert REGISTRY.get_sample_value("vitrine_figures_rebuilt_total") == noticed + 1
    assert totals(redis, "exact") == before
    published = [*past.snapshots, *past.releases.values()]
    assert all("v-" not in one.model_dump_json() for one in published)
    assert totals(redis, "released") == released
    assert reach(redis) == reached
    lines = {
        topic.name: [one.event.model_dump(mode="json") for one in log[topic.name]]
        for topic in TOPICS
    }
    expected = batch_recomputation.recompute(lines, {"north": "Europe/Berlin"})
    for key, row in expected.items():
        for name in batch_recomputation.FIGURES:
            assert before[Cell(*key)][name] == row[name], name


def seconds(redis: Redis) -> dict[Any, tuple[tuple[int, ...], ...]]:
    """Return what is released by second of a play."""
    (campaign,) = load_figures(redis).campaigns
    return {cell: (sums.present, sums.looking) for cell, sums in campaign.cells.items()}


def test_attention_by_second_is_that_of_before(server: str, redis: Redis) -> None:
    log = log_of(3)
    clock = SetClock()
    past = live(server, log, clock)
    before = seconds(redis)
    assert all(any(present) for present, _ in before.values())
    redis.flushall()
    make_handler(server, clock, past).assigned({SOURCES[0]: Commit(9)})
    assert seconds(redis) == before


def planned_mall(slots: int) -> FixedMall:
    """Return a mall whose campaign has a name and a plan of so many slots."""
    plan = {"outcome": "attention", "slots": slots, "until": "2030-01-01"}
    shoe = {"id": "shoe", "file": "shoe.html", "seconds": 8}
    more = {"id": "shoe-more", "file": "more.html", "seconds": 8}
    plain = make_campaign("spring", shoe, more, advertiser="acme", plan=plan)
    spring = plain.model_copy(update={"name": "Frühling"})
    return FixedMall(Mall(cameras=(), stands=(STAND,), campaigns=(spring,)))


def test_names_and_the_frozen_plan_survive_the_loss(server: str, redis: Redis) -> None:
    log = log_of(2)
    clock = SetClock()
    past = live(server, log, clock, planned_mall(60))
    (campaign,) = load_figures(redis).campaigns
    assert campaign.planned is not None
    redis.flushall()
    # Meanwhile somebody wrote another plan, and the campaign's name was taken out.
    later = make_handler(server, clock, past, planned_mall(5000))
    later.assigned({SOURCES[0]: Commit(9)})
    take(later, log["plays"][-1:], past)
    figures = load_figures(redis)
    assert figures.campaigns[0].planned == campaign.planned
    gone = make_handler(server, clock, past)
    redis.flushall()
    gone.assigned({SOURCES[0]: Commit(9)})
    assert load_figures(redis).names.campaign("spring") == "Frühling"


def test_what_the_one_look_found_survives_the_loss(server: str, redis: Redis) -> None:
    look = PlannedLook(60, 0.5, 0.1, 0.9)
    planned = {"spring": Planned(PLAN, look), "autumn": Planned(PLAN)}
    store = AnalyticsStore(lambda: connect(server))
    store.restore_told(Told(planned=planned))
    found = store.planned()
    assert (found["spring"], found["autumn"]) == tuple(planned.values())
    record = CampaignRelease(
        campaign_id="spring",
        advertiser="acme",
        stand_id="north",
        start_ns=0,
        end_ns=0,
        reach=0,
        creatives=(),
    )
    complete = Told(planned=found).complete(record)
    assert told_by([complete]).planned == {"spring": planned["spring"]}


def test_what_comes_after_the_loss_for_windows_before_it_is_refused(
    server: str, redis: Redis
) -> None:
    log = log_of(3)
    clock = SetClock()
    past = live(server, log, clock)
    redis.flushall()
    handler = make_handler(server, clock, past)
    handler.assigned({SOURCES[0]: Commit(9)})
    now_s = (clock.at_ns - at(0)) / SECOND_NS
    for appended_s, fault in ((now_s - 10, []), (now_s + 10, ["rebuilt"])):
        start_s = now_s - 100_000
        late = received(
            make_play(start_s, start_s + 8, play_id=f"late-{appended_s:g}"),
            partition=0,
            appended_at_ns=at(appended_s),
        )
        outputs = handler.handle([late])
        reasons = [reason.split()[-1] for _, reason in outputs.rejected]
        assert reasons == fault
        handler.published(outputs)


def test_a_worker_that_starts_again_while_it_rebuilds_restores_nothing_twice(
    server: str, redis: Redis
) -> None:
    log = log_of(3)
    clock = SetClock()
    past = live(server, log, clock)
    before = totals(redis, "exact")
    redis.flushall()
    handler = make_handler(server, clock, past)
    handler.assigned({source: Commit(9) for source in SOURCES})
    restored = totals(redis, "exact")
    assert restored
    rebuild(server, log, clock, past)
    assert totals(redis, "exact") == before
