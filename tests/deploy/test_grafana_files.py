"""Dashboards and provisioning of Grafana, by the rules of its schema: no Grafana runs here."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.grafana.source.__main__ import rendered
from deploy.grafana.source.definitions import SENTENCES
from tests.deploy.dashboards import (
    FOLDER,
    VALUES,
    dashboards,
    panel_queries,
    panels,
    substituted,
)
from tests.deploy.promql import DEPLOY, known_names, names_in, rules
from vitrine.campaigns.figures import EXPORTED

PROVISIONING = DEPLOY / "grafana" / "provisioning"
KINDS = {"timeseries", "stat", "gauge", "table", "bargauge", "text", "row"}
UNITS = {"short", "s", "fps", "bytes", "percentunit", "suffix: points"}
PAGES = ("operations", "campaign", "mall", "runbook")
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


@pytest.mark.parametrize("name", [f"{page}.json" for page in PAGES])
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


@pytest.mark.parametrize("name", PAGES)
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


@pytest.mark.parametrize("name", PAGES)
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
    if panel["transformations"][0]["id"] == "groupingToMatrix":
        # Its columns are values of a label.
        assert len(targets) == 1
        return
    overrides = panel["fieldConfig"]["overrides"]
    overridden = {override["matcher"]["options"] for override in overrides}

    assert list(columns) == value_columns(targets)
    assert len(set(columns.values())) == len(columns)
    labels = set().union(*(labels_of(target["expr"]) for target in targets))
    assert overridden <= set(columns.values()) | labels
    for target in targets:
        assert target["format"] == "table"
        assert target["instant"]


def labels_of(expression: str) -> set[str]:
    """Return the labels that a query leaves; of one that adds nothing up, those of its metric."""
    names: set[str] = {"alertname"} if "ALERTS" in expression else set()
    for group in re.findall(r"by \(([^)]*)\)", expression):
        names.update(name.strip() for name in group.split(","))
    return names


def value_columns(targets: list[Json]) -> list[str]:
    """Return what Grafana calls the columns of a table's queries."""
    if len(targets) == 1:
        return ["Value"]
    references = [target["refId"] for target in targets]
    return [f"Value #{reference}" for reference in references]


@pytest.mark.parametrize("name", PAGES)
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


def test_every_exported_figure_has_its_definition_on_the_campaign_page() -> None:
    page = panels(dashboards()["campaign"])
    shown = " ".join(panel["description"] for panel in page)
    defined = {figure.definition.name for figure in EXPORTED}
    missing = [name for name in defined if SENTENCES[name] not in shown]

    assert missing == []


def test_every_rate_of_a_campaign_has_its_coverage_beside_it() -> None:
    alone = []
    for panel in panels(dashboards()["campaign"]):
        title = panel["title"]
        if "ratio" in title and "usable_seconds" not in str(panel["targets"]):
            alone.append(title)

    # A panel beside this one shows the coverage of each stand.
    assert alone == ["Conversion ratio of each creative (≤)"]


# The rules of Grafana's dashboard-linter, which is written in Go. Left out are those that want a
# variable for data source, job and instance: there is one provisioned source, and a service has
# one job.


@pytest.mark.parametrize("query", list(panel_queries()), ids=str)
def test_a_counter_is_never_shown_as_it_is(query: Any) -> None:
    """A counter begins anew with each process: only its rise says something."""
    bare = re.sub(RISES, "", query.expression)

    assert not re.search(r"_(total|sum|count|bucket)\b", bare), bare


# A function over a range of time, or what the counter was before.
RISES = (
    r"(rate|increase|max_over_time|min_over_time)\(\w+(\{[^}]*\})?\[[^\]]*\]\)"
    r"|\w+(\{[^}]*\})? - \(\w+(\{[^}]*\})? offset \S+ or \w+(\{[^}]*\})? \* 0\)"
    # Whether it is above zero is no value.
    r"|count\(\w+\{[^}]*\} > 0\)"
    # What rules record is no counter any more.
    r"|\w+:\w+:\w+"
)


@pytest.mark.parametrize("panel", every_panel())
def test_a_rate_is_over_the_interval_that_grafana_knows(panel: Json) -> None:
    for target in panel.get("targets", ()):
        spans = re.findall(r"\brate\([^\[]*\[([^\]]*)\]", target["expr"])
        assert set(spans) <= {"$__rate_interval", "5m"}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_cannot_be_edited_and_follows_the_chosen_time(name: str) -> None:
    dashboard = dashboards()[name]

    assert dashboard["editable"] is False
    for variable in dashboard["templating"]["list"]:
        # When the range of time changes.
        assert variable["refresh"] == 2
        assert variable["multi"]
        assert variable["allValue"] == ".*"


@pytest.mark.parametrize("panel", every_panel())
def test_every_figure_of_the_campaign_page_follows_the_chosen_time(panel: Json) -> None:
    for target in panel.get("targets", ()):
        expression = target["expr"]
        if "vitrine_campaign_" not in expression or target["range"]:
            continue
        without_labels = re.sub(r"\{[^}]*\}", "", expression)
        fixed = {"count(vitrine_campaign_plays_total > 0) or vector(0)"}
        assert "[$__range" in expression or without_labels in fixed


def test_pages_lead_to_each_other_and_to_the_runbook() -> None:
    known = {dashboard["uid"] for dashboard in dashboards().values()}
    for dashboard in dashboards().values():
        (pages,) = dashboard["links"]
        assert pages["tags"] == dashboard["tags"] == ["vitrine"]
        assert pages["keepTime"]
        assert pages["includeVars"]
        assert set(re.findall(r'"/d/([\w-]+)', json.dumps(dashboard))) <= known
    for name in ("operations", "mall"):
        assert "/d/vitrine-runbook" in json.dumps(dashboards()[name])


def test_the_runbook_has_every_alert_with_what_to_do() -> None:
    page = json.dumps(dashboards()["runbook"], ensure_ascii=False)
    alerts: list[Any] = list(rules("alert"))
    for rule in alerts:
        assert f"**{rule['alert']}**" in page
        assert json.dumps(rule["annotations"]["action"])[1:-1] in page
    assert "$labels" not in page
    assert "{{" not in page


def test_starts_ends_and_changes_of_campaigns_are_marked() -> None:
    marks = dashboards()["campaign"]["annotations"]["list"]

    assert [mark["name"] for mark in marks] == ["Starts", "Ends", "Changes"]
    for mark in marks:
        assert names_in(substituted(mark["expr"])) <= known_names()
        assert mark["expr"].endswith(" * 1000") == mark["useValueForTime"]
