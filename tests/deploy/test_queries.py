"""Every query of the dashboards and every rule, on a Prometheus that scrapes the product."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.brokers import ROOT
from tests.deploy.dashboards import PanelQuery, dashboards, panel_queries, substituted
from tests.deploy.prometheus_server import Prometheus, prometheus_server
from tests.deploy.promql import names_in, rules
from tests.processes import wait_for

pytestmark = [pytest.mark.prometheus, pytest.mark.timeout(240)]

MAY_BE_EMPTY = {
    "operations: Firing alerts (A)": "no alert fires in a site where everything works",
    "campaign: Reach (B)": "reach is exact for three days; (A) shows it until then",
}
# The slowest series is the usable time of a camera, counted every ten seconds.
WARM_UP_S = 120.0


@dataclass(frozen=True, slots=True)
class Watched:
    """The product under observation."""

    prometheus: Prometheus
    figures: dict[str, Any]
    """By campaign, as the product's own report has them."""
    until: float
    """The time from which every series must be there, by the monotonic clock."""

    def wait_for_figures(self, expression: str) -> None:
        """Until the expression has a series with a number."""
        wait_for(
            lambda: any(
                math.isfinite(value) for _, value in self.prometheus.query(expression)
            ),
            f"a figure of {expression}",
            max(0.0, self.until - time.monotonic()),
        )


@pytest.fixture(scope="module")
def watched(
    promtool: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Watched]:
    folder = tmp_path_factory.mktemp("prometheus")
    command = [sys.executable, "-m", "tests.deploy.product"]
    with (folder / "product.log").open("wb") as log:
        product = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log
        )
    with product:
        assert product.stdout is not None
        line = product.stdout.readline()
        assert line, (folder / "product.log").read_text()[-2000:]
        first = json.loads(line)
        figures = {
            campaign["campaign"]: campaign for campaign in first["figures"]["campaigns"]
        }
        with prometheus_server(folder, f"127.0.0.1:{first['port']}") as prometheus:
            yield Watched(
                prometheus,
                figures,
                time.monotonic() + WARM_UP_S,
            )


@pytest.mark.parametrize(
    "query",
    list(panel_queries()),
    ids=str,
)
def test_a_panel_shows_figures(watched: Watched, query: PanelQuery) -> None:
    watched.prometheus.query(query.expression)
    if str(query) not in MAY_BE_EMPTY:
        watched.wait_for_figures(query.expression)


@pytest.mark.parametrize(
    "rule",
    rules("record"),
    ids=lambda rule: rule["record"],
)
def test_a_recorded_series_has_figures(watched: Watched, rule: dict[str, str]) -> None:
    watched.wait_for_figures(rule["record"])


@pytest.mark.parametrize(
    "rule",
    rules("alert"),
    ids=lambda rule: rule["alert"],
)
def test_what_an_alert_looks_at_is_there(
    watched: Watched, rule: dict[str, str]
) -> None:
    watched.prometheus.query(rule["expr"])
    for name in names_in(rule["expr"]):
        watched.wait_for_figures(name)


def test_every_rule_is_evaluated_and_none_fires(watched: Watched) -> None:
    expected = {rule["record"] for rule in rules("record")} | {
        rule["alert"] for rule in rules("alert")
    }
    wait_for(
        lambda: all(rule["health"] == "ok" for rule in watched.prometheus.rules()),
        "every rule is evaluated",
    )
    assert {rule["name"] for rule in watched.prometheus.rules()} == expected
    assert watched.prometheus.query('ALERTS{alertstate="firing"}') == []


@pytest.mark.parametrize("dashboard", ["operations", "campaign"])
def test_each_variable_has_values(watched: Watched, dashboard: str) -> None:
    for variable in dashboards()[dashboard]["templating"]["list"]:
        match, _, label = (
            variable["query"]["query"].removeprefix("label_values(").rpartition(", ")
        )
        watched.wait_for_figures(substituted(match))
        assert watched.prometheus.label_values(label.rstrip(")"), substituted(match))


def test_the_job_is_the_service_and_campaigns_are_nobodys(watched: Watched) -> None:
    watched.wait_for_figures("vitrine_campaign_plays_total")
    jobs = {labels["job"] for labels, _ in watched.prometheus.query("up == 1")}
    assert jobs == {
        "ingest",
        "landmarks",
        "identity",
        "engagement",
        "stand",
        "console",
        "analytics",
    }
    series = [
        labels for labels, _ in watched.prometheus.query("vitrine_campaign_plays_total")
    ]
    assert {labels["job"] for labels in series} == {"campaigns"}
    assert all("instance" not in labels for labels in series)


@pytest.mark.parametrize(
    ("panel", "figure"),
    [
        ("Plays (A)", "plays"),
        ("Opportunities to see (≥) (A)", "ots"),
        ("Watchers (A)", "watchers"),
        ("Reach (A)", "reach"),
        ("Frequency (A)", "frequency"),
        ("Impression multiplier (≥) (A)", "multiplier"),
        ("Conversion ratio (≤) (A)", "conversion"),
        ("Conversion ratio (≤) (B)", "coverage"),
        ("Attraction ratio (A)", "attraction"),
        ("Engagement (A)", "engagement"),
        ("Attention time (A)", "attention_seconds"),
        ("Dwell time (A)", "dwell_seconds"),
        ("Touches (A)", "touches"),
        ("Offers shown (A)", "offers_shown"),
        ("Offers redeemed (A)", "offers_redeemed"),
    ],
)
def test_a_panel_of_one_campaign_says_what_its_report_says(
    watched: Watched, panel: str, figure: str
) -> None:
    (query,) = [
        query for query in panel_queries() if str(query) == f"campaign: {panel}"
    ]
    expression = query.expression.replace('campaign=~".*"', 'campaign=~"spring"')
    watched.wait_for_figures(expression)
    reported = watched.figures["spring"]["figures"][figure]
    assert reported > 0
    assert watched.prometheus.value(expression) == pytest.approx(reported)


def test_figures_of_synthetic_visitors_are_called_so(watched: Watched) -> None:
    queries = {str(query): query.expression for query in panel_queries()}
    watched.wait_for_figures(queries["campaign: Creatives (A)"])
    assert watched.prometheus.value(queries["campaign: Visitors (A)"]) > 0
    lines = [
        labels
        for labels, _ in watched.prometheus.query(queries["campaign: Creatives (A)"])
    ]
    assert {labels["synthetic"] for labels in lines} == {"true"}


def test_the_uplift_is_the_reports(watched: Watched) -> None:
    reported = watched.figures["spring"]["uplift"]
    for series, name in (
        ("uplift", "estimate"),
        ("uplift_lower", "lower"),
        ("uplift_upper", "upper"),
    ):
        expression = f'vitrine_campaign_{series}{{campaign="spring"}}'
        watched.wait_for_figures(expression)
        assert watched.prometheus.value(expression) == pytest.approx(reported[name])
