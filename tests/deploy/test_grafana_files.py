"""Dashboards and provisioning of Grafana, by the rules of its schema: no Grafana runs here."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.grafana.source.__main__ import rendered
from deploy.grafana.source.definitions import SENTENCES
from tests.deploy.dashboards import FOLDER, VALUES, dashboards, panel_queries, panels
from tests.deploy.promql import DEPLOY, known_names, names_in

PROVISIONING = DEPLOY / "grafana" / "provisioning"
KINDS = {"timeseries", "stat", "gauge", "table", "bargauge", "text", "row"}
UNITS = {"short", "s", "fps", "bytes", "percentunit"}
Json = dict[str, Any]


def every_panel() -> list[Any]:
    """Return the panels of all dashboards as parameters of a test."""
    found = []
    for name, dashboard in dashboards().items():
        for panel in panels(dashboard):
            title = panel["title"]
            found.append(pytest.param(panel, id=f"{name}: {title}"))
    return found


def tables() -> list[Any]:
    """Return the tables of all dashboards as parameters of a test."""
    return [each for each in every_panel() if each.values[0]["type"] == "table"]


def content_of(path: Path) -> Any:
    """Return what a YAML file holds."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ["operations.json", "campaign.json"])
def test_the_committed_json_is_what_the_code_writes(name: str) -> None:
    committed = (FOLDER / name).read_text(encoding="utf-8")

    assert committed == rendered()[name], "run: python -m deploy.grafana.source"


def test_nothing_else_is_provisioned() -> None:
    names = {path.name for path in FOLDER.iterdir()}
    provisioned = content_of(PROVISIONING / "dashboards" / "vitrine.yml")
    (provider,) = provisioned["providers"]

    assert names == set(rendered())
    assert provider["type"] == "file"
    assert provider["options"] == {"path": "/etc/grafana/dashboards"}


@pytest.mark.parametrize("name", ["operations", "campaign"])
def test_a_dashboard_has_what_grafana_asks_for(name: str) -> None:
    dashboard = dashboards()[name]
    ids = [panel["id"] for panel in dashboard["panels"]]
    kinds = {panel["type"] for panel in dashboard["panels"]}
    titles = [panel["title"] for panel in dashboard["panels"]]

    assert dashboard["uid"] == f"vitrine-{name}"
    assert dashboard["schemaVersion"] == 39
    assert len(set(ids)) == len(ids)
    assert kinds <= KINDS
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("name", ["operations", "campaign"])
def test_panels_lie_beside_each_other_within_24_columns(name: str) -> None:
    places = [panel["gridPos"] for panel in dashboards()[name]["panels"]]

    for place in places:
        assert place["x"] >= 0
        assert min(place["w"], place["h"]) > 0
        assert place["x"] + place["w"] <= 24
    for one, other in itertools.combinations(places, 2):
        assert apart(one, other, "x", "w") or apart(one, other, "y", "h")


def apart(one: Json, other: Json, start: str, size: str) -> bool:
    """Tell whether two places share nothing along an axis."""
    ends_before: bool = one[start] + one[size] <= other[start]
    begins_after: bool = other[start] + other[size] <= one[start]
    return ends_before or begins_after


@pytest.mark.parametrize("panel", every_panel())
def test_a_panel_says_what_it_shows(panel: Json) -> None:
    assert panel["title"]
    assert len(panel["description"]) > 20
    if panel["type"] == "text":
        assert panel["options"]["content"]
    else:
        assert panel["fieldConfig"]["defaults"]["unit"] in UNITS


@pytest.mark.parametrize("panel", every_panel())
def test_a_panel_asks_the_provisioned_source(panel: Json) -> None:
    if panel["type"] == "text":
        return
    provisioned = content_of(PROVISIONING / "datasources" / "prometheus.yml")
    (source,) = provisioned["datasources"]
    expected = {
        "type": source["type"],
        "uid": source["uid"],
    }

    assert panel["targets"]
    for asked in (panel, *panel["targets"]):
        assert asked["datasource"] == expected


@pytest.mark.parametrize("panel", every_panel())
def test_queries_of_a_panel_are_one_line_each_with_its_own_name(panel: Json) -> None:
    targets = panel.get("targets", [])
    references = {target["refId"] for target in targets}

    assert len(references) == len(targets)
    for target in targets:
        words = target["expr"].split()
        assert target["expr"] == " ".join(words)


@pytest.mark.parametrize("panel", tables())
def test_a_table_names_the_column_of_each_query(panel: Json) -> None:
    targets = panel["targets"]
    columns = panel["transformations"][1]["options"]["renameByName"]
    overrides = panel["fieldConfig"]["overrides"]
    overridden = {override["matcher"]["options"] for override in overrides}

    assert list(columns) == value_columns(targets)
    assert len(set(columns.values())) == len(columns)
    assert overridden <= set(columns.values())
    for target in targets:
        assert target["format"] == "table"
        assert target["instant"]


def value_columns(targets: list[Json]) -> list[str]:
    """Return what Grafana calls the columns of a table's queries."""
    if len(targets) == 1:
        return ["Value"]
    references = [target["refId"] for target in targets]
    return [f"Value #{reference}" for reference in references]


@pytest.mark.parametrize("name", ["operations", "campaign"])
def test_variables_are_declared_and_asked_of_the_same_source(name: str) -> None:
    dashboard = dashboards()[name]
    variables = dashboard["templating"]["list"]
    declared = {variable["name"] for variable in variables}
    used = used_variables(dashboard)
    # Those with two underscores are Grafana's own.
    own = {name for name in used if not name.startswith("__")}

    assert own == declared
    assert {f"${name}" for name in used} <= set(VALUES)
    for variable in variables:
        assert variable["datasource"]["uid"] == "prometheus"


def used_variables(dashboard: Json) -> set[str]:
    """Return the variables in the queries of a dashboard, of its variables too."""
    variables = dashboard["templating"]["list"]
    asked = [variable["query"]["query"] for variable in variables]
    for panel in panels(dashboard):
        targets = panel.get("targets", ())
        asked += [target["expr"] for target in targets]
    used: set[str] = set()
    for text in asked:
        used.update(re.findall(r"\$(\w+)", text))
    return used


@pytest.mark.parametrize(
    "query",
    list(panel_queries()),
    ids=str,
)
def test_queries_read_metrics_that_exist(query: Any) -> None:
    names = names_in(query.expression)

    assert names
    assert names <= known_names()


def test_every_figure_of_the_definitions_is_on_the_campaign_page() -> None:
    page = panels(dashboards()["campaign"])
    shown = " ".join(panel["description"] for panel in page)
    missing = [name for name, text in SENTENCES.items() if text not in shown]

    assert missing == []


def test_every_rate_of_a_campaign_has_its_coverage_beside_it() -> None:
    alone = []
    for panel in panels(dashboards()["campaign"]):
        title = panel["title"]
        if "ratio" in title and "usable_seconds" not in str(panel["targets"]):
            alone.append(title)

    # A panel beside this one shows the coverage of each stand.
    assert alone == ["Conversion ratio of each creative (≤)"]
