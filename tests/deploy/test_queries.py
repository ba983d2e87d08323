"""Every query of the dashboards and every rule, on a Prometheus that scrapes the product."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.deploy.dashboards import PanelQuery, dashboards, panel_queries, substituted
from tests.deploy.prometheus_server import Prometheus, prometheus_server
from tests.deploy.promql import names_in, rules
from tests.deploy.running_product import running_product
from tests.processes import wait_for

pytestmark = [pytest.mark.prometheus, pytest.mark.timeout(240)]

MAY_BE_EMPTY = {
    "operations: Firing alerts (A)": "no alert fires in a site where everything works",
    "runbook: What fires now (A)": "likewise",
    "campaign: Opportunities to see by hour of the week (A)": "by hours, and none has passed",
    "campaign: Reach (B)": "reach is exact for three days; (A) shows it until then",
    "campaign: Slots still needed (A)": "slots are released a horizon later",
}
EFFECTS = (
    "Attention to the stand a visitor, with its 95 % interval",
    "Effect on attention over time",
    "Effect on redemptions a visitor, with its 95 % interval",
)
for effect in EFFECTS:
    for letter in "ABC":
        MAY_BE_EMPTY[f"campaign: {effect} ({letter})"] = (
            "slots are released a horizon later"
        )
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
    with running_product(folder) as product:
        address = f"127.0.0.1:{product.port}"
        with prometheus_server(folder, address) as prometheus:
            wait_for(
                lambda: scraped_zeros(prometheus),
                "Prometheus has seen the campaigns begin at zero",
                WARM_UP_S,
            )
            figures = product.write_figures()
            yield Watched(
                prometheus,
                {campaign["campaign"]: campaign for campaign in figures["campaigns"]},
                time.monotonic() + WARM_UP_S,
            )


def scraped_zeros(prometheus: Prometheus) -> bool:
    """Tell whether series of campaigns are there; they are 0 until figures are written."""
    series = prometheus.query("vitrine_campaign_plays_total")
    assert {value for _, value in series} <= {0.0}
    return bool(series)


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


@pytest.mark.parametrize("dashboard", ["operations", "campaign", "mall"])
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
        "customers",
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
        ("Face OTS (≥) (A)", "ots"),
        ("Watchers (A)", "watchers"),
        ("Reach (A)", "reach"),
        ("Frequency (A)", "frequency"),
        ("Impression multiplier (≥) (A)", "multiplier"),
        ("Conversion ratio (≤) (A)", "conversion"),
        ("Conversion ratio (≤) (B)", "coverage"),
        ("Funnel (A)", "ots"),
        ("Funnel (E)", "offers_redeemed"),
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
    reported = watched.figures["spring"]["figures"][figure]
    assert reported > 0

    def says_the_same() -> bool:
        values = [value for _, value in watched.prometheus.query(expression)]
        return values == [pytest.approx(reported)]

    wait_for(says_the_same, f"{expression} is {reported}", 60)


def test_figures_of_synthetic_visitors_are_called_so(watched: Watched) -> None:
    queries = {str(query): query.expression for query in panel_queries()}
    watched.wait_for_figures(queries["campaign: Creatives (A)"])
    assert watched.prometheus.value(queries["campaign: Visitors (A)"]) > 0
    lines = [
        labels
        for labels, _ in watched.prometheus.query(queries["campaign: Creatives (A)"])
    ]
    assert {labels["synthetic"] for labels in lines} == {"true"}
