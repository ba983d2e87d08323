"""Campaign figures for Prometheus: figures in the store → a scrape."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from threading import Event

import pytest
from prometheus_client import REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.openmetrics.exposition import (
    generate_latest as generate_openmetrics,
)
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from redis import Redis

from tests.builders import T0_NS
from tests.campaign_store import campaign_store
from tests.report_builders import make_campaign_figures, make_step
from vitrine.campaigns.totals import Cell, Totals
from vitrine.clock import SECOND_NS
from vitrine.mall import Camera, Campaign, Creative, Mall, Stand
from vitrine.mall.folder import FixedMall
from vitrine.services.analytics.exporter import (
    CampaignCollector,
    Moment,
    Zeros,
    exported,
    families,
    fill,
    no_effects,
)
from vitrine.stores.campaign_figures import load_figures
from vitrine.stores.redis import connect

CELL = (
    '{advertiser="acme",campaign="spring",creative="shoe",stand="north",'
    'synthetic="true"}'
)
WHOLE = '{advertiser="acme",campaign="spring",creative="",stand="",synthetic="true"}'
DAY_S = 24 * 3600
T0_S = T0_NS / SECOND_NS


def mall(to: str = "2027-01-31") -> Mall:
    """Return a configuration with `spring`, which the store has figures of, and `coffee`."""
    shoe = Creative(id="shoe", file="shoe.html")
    boot = Creative(id="boot", file="boot.html")
    cup = Creative(id="cup", file="cup.html")
    camera = Camera(id="north-1", uri="synthetic:", stand="north")
    spring = campaign("spring", "acme", to, (shoe, boot))
    coffee = campaign("coffee", "beans", to, (cup,))
    return Mall(
        cameras=(camera,),
        stands=(Stand(id="north", time_zone="Europe/Berlin"),),
        campaigns=(spring, coffee),
    )


def campaign(
    id_: str,
    advertiser: str,
    to: str,
    creatives: tuple[Creative, ...],
) -> Campaign:
    """Return a campaign that begins on the day of T0, at the stand `north`."""
    plain = {"from": "2027-01-15", "to": to}
    return Campaign(
        id=id_,
        advertiser=advertiser,
        stands=("north",),
        creatives=creatives,
        **plain,
    )


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Keep the store of `campaign_store` for all tests of this file."""
    with campaign_store() as url:
        yield url


def scrape(
    url: str,
    *,
    exports: bool = True,
    now_s: float = T0_S,
    to: str = "2027-01-31",
) -> str:
    """Return what Prometheus gets of a worker that exports, or of one that does not."""
    registry = CollectorRegistry(auto_describe=True)
    with exported(
        registry,
        lambda: connect(url),
        lambda: exports,
        FixedMall(mall(to)),
        Event(),
        lambda: now_s,
    ):
        return generate_latest(registry).decode()


def series(text: str, advertiser: str) -> dict[str, float]:
    """Return the values of an advertiser's series, by name and labels."""
    found = {}
    for line in text.splitlines():
        if f'advertiser="{advertiser}"' in line:
            name, _, value = line.rpartition(" ")
            found[name] = float(value)
    return found


def test_a_scrape_has_the_released_totals_of_each_cell(server: str) -> None:
    lines = scrape(server).splitlines()
    values = {
        "plays_total": 2.0,
        "completed_total": 2.0,
        "doubtful_total": 0.0,
        "overlapping_total": 0.0,
        "screen_seconds_total": 16.0,
        "measured_plays_total": 2.0,
        "measured_seconds_total": 16.0,
        "unproven_seconds_total": 10.0,
        "ots_total": 6.0,
        "watchers_total": 3.0,
        "attention_seconds_total": 12.0,
        "dwell_seconds_total": 36.0,
        "score_seconds_total": 1800.0,
        "scored_seconds_total": 36.0,
        "judged_total": 0.0,
        "reacted_total": 0.0,
        "usable_seconds_total": 150.0,
        "camera_seconds_total": 300.0,
        "offers_shown_total": 0.0,
        "offers_redeemed_total": 0.0,
        "touches_total": 1.0,
        "engagement_points": 50.0,
        "coverage_ratio": 0.5,
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


def test_there_is_no_effect_without_an_estimate(server: str) -> None:
    assert "vitrine_campaign_effect_attention_seconds{" not in scrape(server)


def test_what_is_not_released_is_not_shown(server: str) -> None:
    assert "espresso" not in scrape(server)


def test_a_campaign_begins_at_zero_before_anything_is_released(server: str) -> None:
    found = series(scrape(server), "beans")
    labels = (
        '{advertiser="beans",campaign="coffee",creative="cup",stand="north",'
        'synthetic="true"}'
    )
    counters = {name: value for name, value in found.items() if "_total{" in name}

    assert found[f"vitrine_campaign_ots_total{labels}"] == 0
    assert set(counters.values()) == {0.0}
    assert len(counters) == 21
    # What has nothing to divide by has no value.
    assert f"vitrine_campaign_coverage_ratio{labels}" not in found


def test_a_creative_without_figures_begins_at_zero_too(server: str) -> None:
    found = series(scrape(server), "acme")
    boot = CELL.replace("shoe", "boot")

    assert found[f"vitrine_campaign_ots_total{boot}"] == 0
    assert found[f"vitrine_campaign_ots_total{CELL}"] == 6


def test_nothing_is_shown_before_the_first_midnight_of_the_stand(server: str) -> None:
    # T0 is 9 o'clock in Berlin.
    midnight_s = T0_S - 9 * 3600

    assert series(scrape(server, now_s=midnight_s - 1), "beans") == {}
    assert series(scrape(server, now_s=midnight_s), "beans") != {}


def test_a_campaign_leaves_a_week_after_its_last_day(server: str) -> None:
    end_s = T0_S - 9 * 3600 + DAY_S
    week_s = 7 * DAY_S

    before = scrape(server, now_s=end_s + week_s - 1, to="2027-01-15")
    after = scrape(server, now_s=end_s + week_s, to="2027-01-15")
    assert f"vitrine_campaign_ots_total{CELL} 6.0" in before
    assert 'campaign="' not in after


def test_what_is_configured_is_there_for_annotations(server: str) -> None:
    found = series(scrape(server), "acme")
    labels = '{advertiser="acme",campaign="spring"}'
    at_stand = '{advertiser="acme",campaign="spring",stand="north"}'
    start_s = T0_S - 9 * 3600
    changed = series(scrape(server, to="2027-02-01"), "acme")
    name = f"vitrine_campaign_fingerprint{labels}"

    assert found[f"vitrine_campaign_start_timestamp_seconds{labels}"] == start_s
    assert found[f"vitrine_campaign_utc_offset_seconds{at_stand}"] == 3600
    assert found[name] != changed[name]


def test_the_figures_are_openmetrics(server: str) -> None:
    registry = CollectorRegistry(auto_describe=True)
    with exported(
        registry,
        lambda: connect(server),
        lambda: True,
        FixedMall(mall()),
        Event(),
        lambda: T0_S,
    ):
        # The library does not say the types of its OpenMetrics part.
        text = generate_openmetrics(registry).decode()  # type: ignore[no-untyped-call]
    read = text_string_to_metric_families(text)  # type: ignore[no-untyped-call]
    families = {family.name for family in read}

    assert "vitrine_campaign_attention_seconds" in families
    assert "vitrine_campaign_effect_attention_seconds" in families


def test_only_the_worker_that_exports_shows_figures(server: str) -> None:
    assert "vitrine_campaign_ots_total{" in scrape(server, exports=True)
    assert "vitrine_campaign_ots_total{" not in scrape(server, exports=False)


def failures() -> float:
    """Return how often there were no figures to show."""
    return REGISTRY.get_sample_value("vitrine_figures_export_failures_total") or 0.0


def test_a_scrape_answers_though_the_store_is_away() -> None:
    before = failures()
    text = scrape("redis://127.0.0.1:1/0")
    assert failures() > before
    assert "# TYPE vitrine_campaign_ots_total counter" in text
    assert "vitrine_campaign_ots_total{" not in text


def test_figures_are_in_the_registry_only_inside_the_block(server: str) -> None:
    registry = CollectorRegistry(auto_describe=True)
    with exported(
        registry,
        lambda: connect(server),
        lambda: True,
        FixedMall(mall()),
        Event(),
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


def commands(redis: Redis) -> int:
    """Return how many commands the store was asked in all."""
    answered: int = redis.info("stats")["total_commands_processed"]
    return answered


def test_a_scrape_asks_the_store_nothing(server: str) -> None:
    registry = CollectorRegistry(auto_describe=True)
    with (
        exported(
            registry,
            lambda: connect(server),
            lambda: True,
            FixedMall(mall()),
            Event(),
            lambda: T0_S,
        ),
        connect(server) as redis,
    ):
        before = commands(redis)
        assert b"vitrine_campaign_ots_total{" in generate_latest(registry)
        # The test's own question before it.
        assert commands(redis) - before == 1


def test_a_refresh_reads_only_campaigns_whose_totals_changed(server: str) -> None:
    collector = CampaignCollector(
        lambda: connect(server),
        lambda: True,
        FixedMall(mall()),
        lambda: T0_S,
        no_effects,
    )
    with connect(server) as redis:
        before = calls(redis, "hgetall")
        collector.refresh()
        whole = calls(redis, "hgetall") - before
        collector.refresh()
        # The numbers of changes alone.
        assert calls(redis, "hgetall") - before - whole == 1
        redis.hincrby("analytics:released:changes", "spring", 1)
        collector.refresh()
        assert calls(redis, "hgetall") - before > whole + 1
    shown = [family for family in collector.collect() if family.samples]
    assert shown


def calls(redis: Redis, command: str) -> int:
    """Return how often a command was given."""
    statistics = redis.info("commandstats").get(f"cmdstat_{command}", {})
    found: int = statistics.get("calls", 0)
    return found


def test_zeros_are_made_anew_only_where_the_configuration_or_the_day_changes() -> None:
    zeros = Zeros()
    of_now = mall()
    first = zeros.at(Moment(of_now, T0_S))
    assert set(first) == {"spring~synthetic", "coffee~synthetic"}
    assert zeros.at(Moment(of_now, T0_S + 10)) is first
    assert zeros.at(Moment(mall(), T0_S + 20)) is not first
    assert zeros.at(Moment(of_now, T0_S - DAY_S)) == {}


def test_no_series_is_of_people_before_a_virtual_player() -> None:
    cell = Cell("spring", "shoe", "north", "virtual")
    unseen = replace(make_campaign_figures(make_step()), cells={cell: Totals(ots=3)})
    shown = families()
    fill(shown, [replace(unseen, origin="virtual")], Moment(mall(), T0_S), {})
    assert not any(family.samples for family in shown.values())
