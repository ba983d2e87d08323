"""The short form of the benchmark of analytics, and how often it asks Redis."""

from __future__ import annotations

from collections import defaultdict
from contextlib import closing

from click.testing import CliRunner
from redis import Redis

from benchmarks import analytics_kills, analytics_rebuild
from benchmarks.analytics import Log, Site, main, new_worker, take
from vitrine.campaigns.rebuild import History
from vitrine.stores.campaign_figures import load_figures
from vitrine.stores.embedded import embedded_redis
from vitrine.stores.redis import connect


def test_it_prints_what_an_hour_costs() -> None:
    options = ["--stands", "1", "--campaigns", "2", "--hours", "1"]
    result = CliRunner().invoke(main, options)
    assert result.exit_code == 0, result.output
    for words in ("events per CPU second", "restart:", "scrape:", "Redis:"):
        assert words in result.output


def calls(redis: Redis) -> dict[str, int]:
    """Return how often each command was given."""
    statistics = redis.info("commandstats")
    return {
        name.removeprefix("cmdstat_"): found["calls"]
        for name, found in statistics.items()
    }


def test_a_batch_takes_few_commands_whatever_is_kept() -> None:
    site = Site(stands=3, campaigns=40)
    given = []
    with embedded_redis() as url, closing(connect(url)) as redis:
        handler = new_worker(site, url)
        log = Log()
        for step in range(200):
            before = calls(redis)
            take(handler, log.records(site.events(step)))
            after = calls(redis)
            # What a script does inside the server is no round trip.
            given.append(after["hset"] - before.get("hset", 0))
            assert after["exec"] - before.get("exec", 0) == 1
            # The slot table, and additions to totals.
            assert after.get("eval", 0) - before.get("eval", 0) <= 2
        plays = [
            campaign.totals.plays for campaign in load_figures(redis, "exact").campaigns
        ]
    # A partition, and state and events of each stand.
    assert given[5] == given[-5] == 1 + 2 * site.stands
    # Six windows of 30 plays have closed at each stand.
    assert sum(plays) == 6 * 30 * site.stands


def test_a_backlog_read_topic_by_topic_counts_every_play() -> None:
    site = Site(stands=1, campaigns=4)
    topics = analytics_rebuild.topics_of(site, Log(), range(400))
    past: analytics_rebuild.Stands = defaultdict(History)
    with embedded_redis() as url, closing(connect(url)) as redis:
        handler = analytics_rebuild.new_worker(site, url, 0)
        done = analytics_rebuild.read(handler, topics, past)
        found = list(analytics_rebuild.sums(redis).values())
    assert (done.events, done.refused) == (6 * 400, 0)
    # Thirteen windows of 30 plays are over, with their grace.
    assert sum(one["plays"] for one in found) == 13 * 30
    # No record is missing, as a gap in the offsets would say.
    assert all(one["usable_ns"] == one["camera_ns"] for one in found)
    assert len(past["stand-0"].snapshots) == 13


def test_steps_read_as_they_come_count_as_those_read_late() -> None:
    site = Site(stands=1, campaigns=4)
    log = Log()
    past: analytics_rebuild.Stands = defaultdict(History)
    with embedded_redis() as url, closing(connect(url)) as redis:
        handler = analytics_rebuild.new_worker(site, url, 0)
        live = analytics_rebuild.read_live(handler, site, log, range(200), past)
        topics = analytics_rebuild.topics_of(site, log, range(200, 400))
        late = analytics_rebuild.read(handler, topics, past)
        found = list(analytics_rebuild.sums(redis).values())
    assert (live.events, live.refused) == (late.events, late.refused) == (1200, 0)
    assert sum(one["plays"] for one in found) == 13 * 30
    assert all(one["usable_ns"] == one["camera_ns"] for one in found)


def test_killed_workers_leave_the_figures_of_a_run_without_kills() -> None:
    options = ["--kills", "2", "--stands", "1", "--hours", "4"]
    result = CliRunner().invoke(analytics_kills.main, options)
    assert result.exit_code == 0, result.output
    assert "2 kills, 8,640 events, 0 refused" in result.output
    assert "all figures equal: yes" in result.output
