"""What advertisers get to see: terminal, JSON, HTML, Prometheus."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner
from prometheus_client import CollectorRegistry, generate_latest
from redis import Redis

from tests.campaign_scenario import (
    make_coverage,
    make_exposure,
    make_interaction,
    make_play,
)
from vitrine.campaigns.definitions import wilson
from vitrine.campaigns.figures import Figures, load_figures
from vitrine.campaigns.stand_state import StandState, advance
from vitrine.campaigns.timeline import timeline
from vitrine.errors import ConfigurationError, Unavailable
from vitrine.schemas import Event, Exposure, Interaction, Play
from vitrine.services.analytics.exporter import exported
from vitrine.services.analytics.report import render_html, to_json
from vitrine.services.analytics.report_command import report
from vitrine.services.analytics.settings import AnalyticsSettings
from vitrine.stores.campaigns import AnalyticsStore, batch_of
from vitrine.stores.embedded import embedded_redis
from vitrine.stores.redis import connect

RULES = AnalyticsSettings(window_s=300, release_step=2)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A store in which three people saw `shoe`, and one, not released yet, saw `espresso`."""
    events: list[Event] = [
        make_play(0, 8),
        make_play(8, 16),
        make_interaction("touch", 3),
    ]
    events += [
        make_exposure(0, 12, ((1, 5),), (track,), synthetic=True) for track in "abc"
    ]
    events += [
        make_play(
            20, 28, campaign_id="coffee", advertiser="beans", creative_id="espresso"
        )
    ]
    events += [
        make_exposure(20, 28, (), ("d",)),
        *(make_coverage(s, s + 10) for s in range(0, 150, 10)),
    ]
    topics = {Play: "plays", Exposure: "exposures", Interaction: "interactions"}
    arrivals = [(topics.get(type(event), "coverage"), event) for event in events]
    change = advance(StandState("north"), arrivals, RULES, "UTC", ended=True)
    with embedded_redis() as url:
        AnalyticsStore(lambda: connect(url)).write(batch_of({0: [change]}, {}))
        yield url


@pytest.fixture
def redis(server: str) -> Iterator[Redis]:
    with connect(server) as client:
        yield client


def test_only_what_concerns_enough_people_is_released(redis: Redis) -> None:
    released = load_figures(redis)
    exact = load_figures(redis, "exact")
    assert [campaign.campaign_id for campaign in released.campaigns] == ["spring"]
    assert [campaign.campaign_id for campaign in exact.campaigns] == [
        "coffee",
        "spring",
    ]


def test_json_has_figures_definitions_and_the_sums_behind_them(redis: Redis) -> None:
    plain = json.loads(json.dumps(to_json(load_figures(redis))))
    (campaign,) = plain["campaigns"]
    figures = campaign["figures"]
    assert (
        figures["plays"],
        figures["ots"],
        figures["watchers"],
        figures["reach"],
    ) == (2, 6, 3, 3)
    assert figures["conversion"] == 0.5
    assert figures["attention_seconds"] == pytest.approx(12.0)
    assert figures["frequency"] == 2.0
    assert figures["touches"] == 1
    assert figures["coverage"] == 0.5
    assert campaign["cells"][0]["dwell_ns"] == 3 * 12 * 10**9
    assert campaign["uplift"]["reason"].startswith("1 adaptive and 0 plain slots")
    assert plain["definitions"].keys() == figures.keys()
    assert plain["synthetic"] is True


class Page(HTMLParser):
    """What the page holds and what it would fetch."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.plots = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.plots += tag == "svg"
        self.addresses += [v or "" for name, v in attrs if name in {"src", "href"}]


def test_html_stands_alone_and_says_what_its_figures_mean(redis: Redis) -> None:
    text = render_html(load_figures(redis))
    page = Page(text)
    assert page.addresses == []
    assert page.plots == 3
    for expected in (
        "SYNTHETIC",
        "lower bound",
        "Coverage 50.0 %",
        "≥ 6",
        "≤ 50.0 %",
        "at least 5 of each",
    ):
        assert expected in text


def test_html_without_figures_says_so() -> None:
    assert "Nothing to show yet" in render_html(Figures("released", ()))


def test_the_command_prints_a_table_with_its_caveats(server: str) -> None:
    result = CliRunner().invoke(report, ["--redis-url", server], env={"COLUMNS": "160"})
    assert result.exit_code == 0
    assert "shoe" in result.output
    assert "50.0 %" in result.output
    assert "lower bound" in result.output
    assert "SYNTHETIC" in result.output


def test_the_command_writes_json_of_one_campaign(server: str, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    options = [
        "--redis-url",
        server,
        "--format",
        "json",
        "--campaign",
        "spring",
        "--output",
        str(path),
    ]
    assert CliRunner().invoke(report, options).exit_code == 0
    assert [c["campaign"] for c in json.loads(path.read_text())["campaigns"]] == [
        "spring"
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--campaign", "sprign"], "nothing has been released of a campaign 'sprign'"),
        (
            ["--output", "/nowhere/report.html"],
            "/nowhere/report.html cannot be written",
        ),
    ],
)
def test_what_cannot_be_done_is_said(
    server: str, options: list[str], message: str
) -> None:
    result = CliRunner().invoke(report, ["--redis-url", server, *options])
    assert isinstance(result.exception, ConfigurationError)
    assert message in str(result.exception)


def test_a_store_that_is_away_is_said() -> None:
    result = CliRunner().invoke(report, ["--redis-url", "redis://127.0.0.1:1/0"])
    assert isinstance(result.exception, Unavailable)


def test_prometheus_gets_released_totals_from_the_store(server: str) -> None:
    registry = CollectorRegistry(auto_describe=True)
    with exported(registry, lambda: connect(server), lambda: True):
        text = generate_latest(registry).decode()
    labels = '{advertiser="acme",campaign="spring",creative="shoe",stand="north",synthetic="true"}'
    whole = (
        '{advertiser="acme",campaign="spring",creative="",stand="",synthetic="true"}'
    )
    assert f"vitrine_campaign_ots_total{labels} 6.0" in text
    assert f"vitrine_campaign_attention_seconds_total{labels} 12.0" in text
    assert f"vitrine_campaign_coverage{labels} 0.5" in text
    assert f"vitrine_campaign_usable_seconds_total{labels} 150.0" in text
    assert f"vitrine_campaign_camera_seconds_total{labels} 300.0" in text
    assert f"vitrine_campaign_reach{whole} 3.0" in text
    assert f"vitrine_campaign_reach_exact{whole} 1.0" in text
    assert "vitrine_campaign_uplift{" not in text
    assert "espresso" not in text
    assert generate_latest(registry) == b""


@pytest.mark.parametrize(
    ("url", "exports"), [("redis://127.0.0.1:1/0", True), ("", False)]
)
def test_a_scrape_answers_though_the_store_is_away_or_another_worker_exports(
    server: str, url: str, exports: bool
) -> None:
    registry = CollectorRegistry(auto_describe=True)
    with exported(registry, lambda: connect(url or server), lambda: exports):
        assert "vitrine_campaign_ots_total{" not in generate_latest(registry).decode()


def test_a_scrape_does_not_read_the_steps(server: str, redis: Redis) -> None:
    asked = redis.info("commandstats").get("cmdstat_xrange", {}).get("calls", 0)
    with exported(
        registry := CollectorRegistry(auto_describe=True),
        lambda: connect(server),
        lambda: True,
    ):
        assert b"vitrine_campaign_ots_total{" in generate_latest(registry)
    assert redis.info("commandstats").get("cmdstat_xrange", {}).get("calls", 0) == asked
    load_figures(redis)
    assert redis.info("commandstats")["cmdstat_xrange"]["calls"] > asked


def test_the_timeline_adds_up_to_the_totals(redis: Redis) -> None:
    (campaign,) = load_figures(redis).campaigns
    borders, series = timeline(campaign.steps)
    assert (borders[-1] - borders[0]) / 10**9 == 300
    assert series["ots"].sum() == pytest.approx(campaign.sums.ots)
    assert series["attention_ns"].sum() == pytest.approx(campaign.sums.attention_ns)


def test_wilson_interval_of_a_share() -> None:
    assert wilson(5, 10) == pytest.approx((0.2366, 0.7634), abs=1e-4)
    assert wilson(0, 10)[0] == 0.0
