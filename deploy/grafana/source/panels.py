"""Panels as plain data, and the JSON that Grafana makes of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

SCHEMA_VERSION = 39
SOURCE = {"type": "prometheus", "uid": "prometheus"}
WIDTH = 24
REF_IDS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
Kind = Literal["timeseries", "stat", "gauge", "table", "bargauge", "text"]
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Query:
    """One expression. In a table it is a column with the title `legend`, elsewhere a legend."""

    expr: str
    legend: str = ""
    unit: str = ""
    """Of this query alone, where it differs from the panel's."""


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel; `unit` in Grafana's names (`s`, `percentunit`, `short`, …)."""

    kind: Kind
    title: str
    description: str
    queries: tuple[Query, ...] = ()
    unit: str = "short"
    width: int = 8
    height: int = 8
    decimals: int | None = None
    low: float | None = None
    high: float | None = None
    steps: tuple[tuple[float | None, str], ...] = ((None, "green"),)
    """Thresholds: (from here on, colour)."""
    coloured: bool = False
    """The value takes the colour of its threshold."""
    stacked: bool = False
    no_value: str = "–"
    mappings: tuple[tuple[float, float, str, str], ...] = ()
    """(from, to, text, colour) instead of the value."""
    hidden: tuple[str, ...] = ("Time",)
    """Columns that a table leaves out."""
    text: str = ""
    """Markdown, of a text panel."""


@dataclass(frozen=True, slots=True)
class Row:
    """Panels under a heading, from left to right; they wrap at 24 columns."""

    title: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True, slots=True)
class Variable:
    """A choice at the top of the page: values of a label."""

    name: str
    label: str
    query: str


@dataclass(frozen=True, slots=True)
class Dashboard:
    """One page."""

    uid: str
    title: str
    description: str
    rows: tuple[Row, ...]
    variables: tuple[Variable, ...] = ()
    since: str = "now-1h"
    refresh: str = "10s"
    tags: tuple[str, ...] = field(default=("vitrine",))


def to_json(dashboard: Dashboard) -> Json:
    """What Grafana reads."""
    return {
        "uid": dashboard.uid,
        "title": dashboard.title,
        "description": dashboard.description,
        "tags": list(dashboard.tags),
        "schemaVersion": SCHEMA_VERSION,
        "version": 1,
        "editable": False,
        "graphTooltip": 1,
        "timezone": "",
        "time": {"from": dashboard.since, "to": "now"},
        "refresh": dashboard.refresh,
        "templating": {
            "list": [variable_to_json(variable) for variable in dashboard.variables]
        },
        "annotations": {"list": []},
        "panels": [
            {"id": number, **panel}
            for number, panel in enumerate(placed(dashboard.rows), 1)
        ],
    }


def placed(rows: Sequence[Row]) -> Iterator[Json]:
    """All panels with their places."""
    top = 0
    for row in rows:
        yield {
            "type": "row",
            "title": row.title,
            "collapsed": False,
            "panels": [],
            "gridPos": grid(0, top, 24, 1),
        }
        left = 0
        top = top + 1
        line = 0
        for panel in row.panels:
            if left + panel.width > WIDTH:
                left = 0
                top = top + line
                line = 0
            yield {
                **panel_to_json(panel),
                "gridPos": grid(left, top, panel.width, panel.height),
            }
            left = left + panel.width
            line = max(line, panel.height)
        top += line


def grid(x: int, y: int, w: int, h: int) -> dict[str, int]:
    """A place on the page, in columns and rows."""
    return {"x": x, "y": y, "w": w, "h": h}


def panel_to_json(panel: Panel) -> Json:
    """One panel without its place."""
    plain: Json = {
        "type": panel.kind,
        "title": panel.title,
        "description": panel.description,
    }
    if panel.kind == "text":
        return plain | {"options": {"mode": "markdown", "content": panel.text}}
    targets = [
        target(panel, number, query) for number, query in enumerate(panel.queries)
    ]
    plain |= {
        "datasource": SOURCE,
        "targets": targets,
        "fieldConfig": field_config(panel),
    }
    plain["options"] = OPTIONS[panel.kind] | (
        {"textMode": "value_and_name"} if many(panel) else {}
    )
    if panel.kind == "table":
        plain["transformations"] = table_columns(panel)
    return plain


def many(panel: Panel) -> bool:
    """Whether a stat shows several values, which then need their names."""
    return panel.kind == "stat" and len(panel.queries) > 1


def target(panel: Panel, number: int, query: Query) -> Json:
    """One query of a panel."""
    instant = panel.kind != "timeseries"
    return {
        "refId": REF_IDS[number],
        "datasource": SOURCE,
        "expr": query.expr,
        "legendFormat": query.legend or "__auto",
        "instant": instant,
        "range": not instant,
        "format": "table" if panel.kind == "table" else "time_series",
    }


def field_config(panel: Panel) -> Json:
    """How values look."""
    defaults: Json = {
        "unit": panel.unit,
        "noValue": panel.no_value,
        "color": {
            "mode": "thresholds"
            if panel.coloured or panel.kind == "gauge"
            else "palette-classic"
        },
        "thresholds": {
            "mode": "absolute",
            "steps": [
                {"value": value, "color": colour} for value, colour in panel.steps
            ],
        },
    }
    bounds: Mapping[str, float | None] = {
        "decimals": panel.decimals,
        "min": panel.low,
        "max": panel.high,
    }
    defaults |= {name: value for name, value in bounds.items() if value is not None}
    if panel.kind in {"stat", "bargauge"} and not panel.coloured:
        defaults["color"] = {
            "mode": "fixed",
            "fixedColor": "text" if panel.kind == "stat" else "blue",
        }
    if panel.mappings:
        defaults["mappings"] = [
            {
                "type": "range",
                "options": {
                    "from": low,
                    "to": high,
                    "result": {"text": text, "color": colour},
                },
            }
            for low, high, text, colour in panel.mappings
        ]
    if panel.kind == "timeseries":
        defaults["custom"] = {
            "lineWidth": 1,
            "fillOpacity": 30 if panel.stacked else 8,
            "showPoints": "never",
            "stacking": {"mode": "normal" if panel.stacked else "none", "group": "A"},
        }
    return {"defaults": defaults, "overrides": overrides(panel)}


def overrides(panel: Panel) -> list[Json]:
    """Units of single queries: a table knows them by column, the others by query."""
    found = []
    for number, query in enumerate(panel.queries):
        if query.unit:
            by_name = {"id": "byName", "options": query.legend}
            by_query = {"id": "byFrameRefID", "options": REF_IDS[number]}
            matcher = by_name if panel.kind == "table" else by_query
            found.append(
                {
                    "matcher": matcher,
                    "properties": [{"id": "unit", "value": query.unit}],
                }
            )
    return found


def table_columns(panel: Panel) -> list[Json]:
    """One table of several queries: rows are joined by their labels, values get the queries' titles."""
    titles = {
        f"Value #{REF_IDS[number]}": query.legend
        for number, query in enumerate(panel.queries)
    }
    if len(panel.queries) == 1:
        titles = {"Value": panel.queries[0].legend}
    organize = {
        "excludeByName": dict.fromkeys(panel.hidden, True),
        "renameByName": titles,
    }
    return [{"id": "merge", "options": {}}, {"id": "organize", "options": organize}]


def variable_to_json(variable: Variable) -> Json:
    """A choice of one, several or all values."""
    return {
        "type": "query",
        "name": variable.name,
        "label": variable.label,
        "datasource": SOURCE,
        "definition": variable.query,
        "query": {
            "qryType": 1,
            "query": variable.query,
            "refId": "PrometheusVariableQueryEditor-VariableQuery",
        },
        "refresh": 2,
        "sort": 1,
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
        "current": {"text": "All", "value": "$__all"},
    }


REDUCE = {"calcs": ["lastNotNull"], "fields": "", "values": False}
OPTIONS: Mapping[str, Json] = {
    "timeseries": {
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
        "tooltip": {"mode": "multi", "sort": "desc"},
    },
    "stat": {
        "reduceOptions": REDUCE,
        "colorMode": "value",
        "graphMode": "none",
        "justifyMode": "center",
    },
    "gauge": {"reduceOptions": REDUCE, "showThresholdMarkers": True},
    "bargauge": {
        "reduceOptions": REDUCE,
        "orientation": "horizontal",
        "displayMode": "basic",
    },
    "table": {"showHeader": True, "cellHeight": "sm"},
}
