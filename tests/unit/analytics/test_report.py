"""The report of advertisers: figures in the store → terminal, JSON, HTML."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner
from redis import Redis
from rich.console import Console

from tests.campaign_store import campaign_store
from tests.report_builders import make_figures, make_week
from vitrine.campaigns.summary import Figures
from vitrine.errors import ConfigurationError, Unavailable
from vitrine.mall.names import Names
from vitrine.services.analytics.report import summary_table, to_json
from vitrine.services.analytics.report_command import report
from vitrine.services.analytics.report_page import render_html
from vitrine.stores.campaign_figures import load_figures
from vitrine.stores.campaigns import AnalyticsStore
from vitrine.stores.redis import connect


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Keep the store of `campaign_store` for all tests of this file."""
    with campaign_store() as url:
        yield url


@pytest.fixture
def redis(server: str) -> Iterator[Redis]:
    with connect(server) as client:
        yield client


def campaigns(figures: Figures) -> list[str]:
    return [campaign.campaign_id for campaign in figures.campaigns]


def test_only_what_concerns_enough_people_is_released(redis: Redis) -> None:
    assert campaigns(load_figures(redis)) == ["spring"]
    assert campaigns(load_figures(redis, "exact")) == ["coffee", "spring"]


def test_json_has_figures_definitions_and_the_sums_behind_them(redis: Redis) -> None:
    plain = json.loads(json.dumps(to_json(load_figures(redis))))
    (campaign,) = plain["campaigns"]
    figures = campaign["figures"]
    assert figures == {
        "plays": 2,
        "doubtful_share": 0.0,
        "screen_seconds": 16.0,
        "unproven_share": 0.625,
        "passed": 6,
        "ots": 6,
        "watchers": 3,
        "watchers_1s": 3,
        "watchers_2s": 3,
        "conversion": 0.5,
        "attention_seconds": pytest.approx(12.0),
        "dwell_seconds": pytest.approx(36.0),
        "attraction": pytest.approx(1 / 3),
        "attention_per_thousand": pytest.approx(2000.0),
        "unit_audience": 2.25,
        "engagement": 50.0,
        "reaction": None,
        "reach": 3,
        "frequency": 2.0,
        "multiplier": 3.0,
        "touches": 1,
        "offers_shown": 0,
        "offers_redeemed": 0,
        "sales": 0,
        "coverage": 0.5,
    }
    assert campaign["cells"][0]["dwell_ns"] == 3 * 12 * 10**9
    effects = {one["outcome"]: one for one in campaign["effects"]}
    assert effects["attention"]["estimate"] is None
    assert effects["attention"]["finding"].startswith("Nothing can be said")
    assert plain["definitions"].keys() == figures.keys()
    assert plain["synthetic"] is True


class Page(HTMLParser):
    """Hold what the page would fetch, and the number of its plots."""

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
    assert page.plots == 1
    for expected in (
        "SYNTHETIC",
        "lower bound",
        "50.0 % of the time the cameras could see",
        "≥ 6",
        "≤ 50.0 %",
        "Nothing can be said of attention to the stand yet",
        "Display is unproven for 62.5 % of the screen time",
    ):
        assert expected in text


def test_people_read_names_and_programs_ids_too(redis: Redis) -> None:
    given = {
        "campaign:spring": "Frühling <2027>",
        "advertiser:acme": "Müller & Söhne",
        "creative:spring:shoe": "الحذاء",
    }
    figures = replace(load_figures(redis), names=Names(given))
    text = render_html(figures)
    for expected in (
        "Frühling &lt;2027&gt;",
        "Müller &amp; Söhne",
        "<bdi>الحذاء</bdi>",
    ):
        assert expected in text
    (campaign,) = to_json(figures)["campaigns"]
    assert (campaign["campaign"], campaign["name"]) == ("spring", "Frühling <2027>")
    assert campaign["advertiser_name"] == "Müller & Söhne"
    assert campaign["creative_names"] == {"shoe": "الحذاء"}
    console = Console(width=160)
    with console.capture() as captured:
        console.print(summary_table(figures))
    assert "Frühling <2027>" in captured.get()


def test_names_come_from_the_store(server: str) -> None:
    with connect(server) as redis:
        store = AnalyticsStore(lambda: redis)
        store.keep_names(Names({"campaign:spring": "Frühling"}))
        assert load_figures(redis).names.campaign("spring") == "Frühling"
        redis.delete("analytics:names")


def test_of_figures_without_screen_time_nothing_is_said_about_display(
    redis: Redis,
) -> None:
    """As they were stored before display was proven."""
    figures = load_figures(redis)
    (campaign,) = figures.campaigns
    cells = {}
    for cell, totals in campaign.cells.items():
        cells[cell] = replace(totals, screen_ns=0, unproven_ns=0)
    of_before = replace(figures, campaigns=(replace(campaign, cells=cells),))
    assert "unproven for" not in render_html(of_before)
    assert "unproven" not in str(summary_table(of_before).caption)


def test_html_without_figures_says_so() -> None:
    assert "Nothing to show yet" in render_html(Figures("released", ()))


def test_the_command_prints_a_table_with_its_caveats(server: str) -> None:
    result = CliRunner().invoke(
        report,
        ["--redis-url", server],
        env={"COLUMNS": "160"},
    )
    assert result.exit_code == 0
    assert "shoe" in result.output
    assert "50.0 %" in result.output
    assert "lower bound" in result.output
    assert "Display is unproven for 62.5 % of the screen time" in result.output
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
            ["--output", "/dev/null/report.html"],
            "/dev/null/report.html cannot be written",
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


def test_a_printed_notice_is_told_in_every_form(redis: Redis) -> None:
    figures = load_figures(redis)
    assert "printed sign" not in render_html(figures)
    assert to_json(figures)["campaigns"][0]["notice_by_sign"] == []
    names = Names({"stand:north": "North <door>", "notice:north": "sign"})
    signed = replace(figures, names=names)
    page = render_html(signed)
    assert "by a printed sign: <bdi>North &lt;door&gt;</bdi>." in page
    assert to_json(signed)["campaigns"][0]["notice_by_sign"] == ["North <door>"]
    screen = Console(width=80)
    with screen.capture() as captured:
        screen.print(summary_table(signed))
    assert "by a printed sign: North <door>" in captured.get()


def test_the_page_tells_how_often_people_saw_a_campaign() -> None:
    week = make_week()
    assert "How often people saw it" not in render_html(make_figures(week))
    told = make_figures(replace(week, repeats=Counter({1: 30, 2: 12, 3: 18})))
    page = render_html(told)
    assert "How often people saw it" in page
    assert "50.0%" in page
    plain = to_json(told)["campaigns"][0]
    assert plain["frequency_distribution"] == {"1": 30, "2": 12, "3 or more": 18}
