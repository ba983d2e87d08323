"""Dashboards and provisioning of Grafana, by the rules of its schema: there is no Grafana to ask."""

from __future__ import annotations

import itertools
import re
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
    found = [
        (name, panel)
        for name, dashboard in dashboards().items()
        for panel in panels(dashboard)
    ]
    return [
        pytest.param(panel, id=f"{name}: {panel['title']}") for name, panel in found
    ]


@pytest.mark.parametrize("name", ["operations.json", "campaign.json"])
def test_the_committed_json_is_what_the_code_writes(name: str) -> None:
    committed = (FOLDER / name).read_text(encoding="utf-8")
    assert committed == rendered()[name], "run: python -m deploy.grafana.source"


def test_nothing_else_is_provisioned() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(rendered())
    (provider,) = yaml.safe_load(
        (PROVISIONING / "dashboards" / "vitrine.yml").read_text()
    )["providers"]
    assert provider["type"] == "file"
    assert provider["options"] == {"path": "/etc/grafana/dashboards"}


@pytest.mark.parametrize("name", ["operations", "campaign"])
def test_a_dashboard_has_what_grafana_asks_for(name: str) -> None:
    dashboard = dashboards()[name]
    assert dashboard["uid"] == f"vitrine-{name}"
    assert dashboard["schemaVersion"] == 39
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(set(ids)) == len(ids)
    assert {panel["type"] for panel in dashboard["panels"]} <= KINDS
    titles = [panel["title"] for panel in dashboard["panels"]]
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
    file = PROVISIONING / "datasources" / "prometheus.yml"
    (source,) = yaml.safe_load(file.read_text())["datasources"]
    expected = {"type": source["type"], "uid": source["uid"]}
    assert panel["targets"]
    for asked in (panel, *panel["targets"]):
        assert asked["datasource"] == expected


@pytest.mark.parametrize("panel", every_panel())
def test_queries_of_a_panel_are_one_line_each_with_its_own_name(panel: Json) -> None:
    targets = panel.get("targets", [])
    references = {target["refId"] for target in targets}
    assert len(references) == len(targets)
    for target in targets:
        assert target["expr"] == " ".join(target["expr"].split())


@pytest.mark.parametrize(
    "panel", [p for p in every_panel() if p.values[0]["type"] == "table"]
)
def test_a_table_names_the_column_of_each_query(panel: Json) -> None:
    columns = panel["transformations"][1]["options"]["renameByName"]
    values = [f"Value #{target['refId']}" for target in panel["targets"]]
    assert list(columns) == (values if len(values) > 1 else ["Value"])
    assert len(set(columns.values())) == len(columns)
    overridden = {
        override["matcher"]["options"] for override in panel["fieldConfig"]["overrides"]
    }
    assert overridden <= set(columns.values())
    assert all(
        target["format"] == "table" and target["instant"] for target in panel["targets"]
    )


@pytest.mark.parametrize("name", ["operations", "campaign"])
def test_variables_are_declared_and_asked_of_the_same_source(name: str) -> None:
    dashboard = dashboards()[name]
    declared = {
        variable["name"]: variable for variable in dashboard["templating"]["list"]
    }
    asked = [
        target["expr"]
        for panel in panels(dashboard)
        for target in panel.get("targets", ())
    ]
    asked += [variable["query"]["query"] for variable in declared.values()]
    used = {word for text in asked for word in re.findall(r"\$(\w+)", text)}
    assert {word for word in used if not word.startswith("__")} == set(declared)
    assert {f"${word}" for word in used} <= set(VALUES)
    assert all(
        variable["datasource"]["uid"] == "prometheus" for variable in declared.values()
    )


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
    shown = " ".join(panel["description"] for panel in panels(dashboards()["campaign"]))
    missing = [name for name, text in SENTENCES.items() if text not in shown]
    assert missing == []


def test_every_rate_of_a_campaign_has_its_coverage_beside_it() -> None:
    ratios = [
        panel for panel in panels(dashboards()["campaign"]) if "ratio" in panel["title"]
    ]
    alone = [
        panel["title"]
        for panel in ratios
        if "usable_seconds" not in str(panel["targets"])
    ]
    assert alone == ["Conversion ratio of each creative (≤)"], (
        "beside it: the coverage of each stand"
    )
