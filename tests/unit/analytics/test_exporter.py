"""Campaign figures for Prometheus: figures in the store → a scrape."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from redis import Redis

from tests.campaign_store import campaign_store
from vitrine.services.analytics.exporter import exported
from vitrine.stores.campaign_figures import load_figures
from vitrine.stores.redis import connect

CELL = (
    '{advertiser="acme",campaign="spring",creative="shoe",stand="north",'
    'synthetic="true"}'
)
WHOLE = '{advertiser="acme",campaign="spring",creative="",stand="",synthetic="true"}'


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Keep the store of `campaign_store` for all tests of this file."""
    with campaign_store() as url:
        yield url


def scrape(url: str, *, exports: bool = True) -> str:
    """Return what Prometheus gets of a worker that exports, or of one that does not."""
    registry = CollectorRegistry(auto_describe=True)
    with exported(
        registry,
        lambda: connect(url),
        lambda: exports,
    ):
        return generate_latest(registry).decode()


def test_a_scrape_has_the_released_totals_of_each_cell(server: str) -> None:
    lines = scrape(server).splitlines()
    values = {
        "plays_total": 2.0,
        "completed_total": 2.0,
        "doubtful_total": 0.0,
        "overlapping_total": 0.0,
        "screen_seconds_total": 16.0,
        "unproven_seconds_total": 10.0,
        "ots_total": 6.0,
        "watchers_total": 3.0,
        "attention_seconds_total": 12.0,
        "dwell_seconds_total": 36.0,
        "scored_seconds_total": 36.0,
        "usable_seconds_total": 150.0,
        "camera_seconds_total": 300.0,
        "offers_shown_total": 0.0,
        "offers_redeemed_total": 0.0,
        "touches_total": 1.0,
        "engagement": 50.0,
        "coverage": 0.5,
    }
    found = {}
    for line in lines:
        name, _, value = line.rpartition(" ")
        if name.endswith(CELL):
            short = name.removeprefix("vitrine_campaign_").removesuffix(CELL)
            found[short] = float(value)
    assert found == pytest.approx(values)


def test_reach_is_of_the_whole_campaign(server: str) -> None:
    text = scrape(server)
    assert f"vitrine_campaign_reach{WHOLE} 3.0" in text
    assert f"vitrine_campaign_reach_exact{WHOLE} 1.0" in text


def test_there_is_no_uplift_without_an_estimate(server: str) -> None:
    assert "vitrine_campaign_uplift{" not in scrape(server)


def test_what_is_not_released_is_not_shown(server: str) -> None:
    assert "espresso" not in scrape(server)


def test_only_the_worker_that_exports_shows_figures(server: str) -> None:
    assert "vitrine_campaign_ots_total{" in scrape(server, exports=True)
    assert "vitrine_campaign_ots_total{" not in scrape(server, exports=False)


def test_a_scrape_answers_though_the_store_is_away() -> None:
    text = scrape("redis://127.0.0.1:1/0")
    assert "# TYPE vitrine_campaign_ots_total counter" in text
    assert "vitrine_campaign_ots_total{" not in text


def test_figures_are_in_the_registry_only_inside_the_block(server: str) -> None:
    registry = CollectorRegistry(auto_describe=True)
    with exported(
        registry,
        lambda: connect(server),
        lambda: True,
    ):
        assert generate_latest(registry) != b""
    assert generate_latest(registry) == b""


def test_a_scrape_does_not_read_the_steps(server: str) -> None:
    with connect(server) as redis:
        before = reads_of_steps(redis)
        scrape(server)
        assert reads_of_steps(redis) == before
        load_figures(redis)
        assert reads_of_steps(redis) > before


def reads_of_steps(redis: Redis) -> int:
    """Return how often a stream was read."""
    statistics = redis.info("commandstats").get("cmdstat_xrange", {})
    calls: int = statistics.get("calls", 0)
    return calls
