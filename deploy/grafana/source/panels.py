"""Panels as plain data, and the JSON that Grafana makes of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

# Grafana migrates pages of older versions when it reads them.
SCHEMA_VERSION = 39
SOURCE = {"type": "prometheus", "uid": "prometheus"}
# Grafana's grid.
WIDTH = 24
# Grafana names the queries of a panel by letters.
REF_IDS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
Kind = Literal["timeseries", "stat", "gauge", "table", "bargauge", "text"]
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Query:
    """Hold one expression: in a table a column with the title `legend`, elsewhere a line."""

    expr: str
    legend: str = ""
    unit: str = ""
    """Of this query alone, where it differs from the panel's."""


@dataclass(frozen=True, slots=True)
class Link:
    """Lead to another page; in the URL `${__data.fields.NAME}` is the cell of a column."""

    title: str
    url: str
    column: str = ""


@dataclass(frozen=True, slots=True)
class Annotation:
    """Mark moments in all plots: where the expression has a value, or at the second it gives."""

    name: str
    expr: str
    title: str
    colour: str
    is_moment: bool = False
    """The value is the second to mark."""


@dataclass(frozen=True, slots=True)
class Panel:
    """Hold one panel; `unit` in Grafana's names (`s`, `percentunit`, `short`, …)."""

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
    links: tuple[Link, ...] = ()
    """Of a table, in the column that the link names; else behind the title."""
    matrix: tuple[str, str] | None = None
    """Of a table of one query, the labels that make its rows and its columns."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Column → how it is called instead."""
    interval: str = ""
    """Shortest distance of two points of a plot."""


@dataclass(frozen=True, slots=True)
class Row:
    """Hold panels under a heading, from left to right; they wrap at 24 columns."""

    title: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True, slots=True)
class Variable:
    """Offer a choice at the top of the page: values of a label."""

    name: str
    label: str
    query: str


@dataclass(frozen=True, slots=True)
class Dashboard:
    """Hold one page."""

    uid: str
    title: str
    description: str
    rows: tuple[Row, ...]
    variables: tuple[Variable, ...] = ()
    annotations: tuple[Annotation, ...] = ()
    since: str = "now-1h"
    refresh: str = "10s"
    tags: tuple[str, ...] = field(default=("vitrine",))


def to_json(dashboard: Dashboard) -> Json:
    """Return a page as Grafana reads it."""
    return {
        "uid": dashboard.uid,
        "title": dashboard.title,
        "description": dashboard.description,
        "tags": list(dashboard.tags),
        "schemaVersion": SCHEMA_VERSION,
        "version": 1,
        "editable": False,
        # One cross-hair in all plots.
        "graphTooltip": 1,
        "timezone": "",
        "time": {"from": dashboard.since, "to": "now"},
        "refresh": dashboard.refresh,
        "templating": {
            "list": [variable_to_json(variable) for variable in dashboard.variables]
        },
        "annotations": {
            "list": [annotation_to_json(each) for each in dashboard.annotations]
        },
        "links": [PAGES],
        "panels": [
            {"id": number, **panel}
            for number, panel in enumerate(placed(dashboard.rows), 1)
        ],
    }


def placed(rows: Sequence[Row]) -> Iterator[Json]:
    """Yield all panels with their places."""
    top = 0
    for row in rows:
        yield {
            "type": "row",
            "title": row.title,
            "collapsed": False,
            "panels": [],
            "gridPos": grid(
                0,
                top,
                24,
                1,
            ),
        }
        left = 0
        top = top + 1
        # The highest panel of a line makes room for the next line.
        line = 0
        for panel in row.panels:
            if left + panel.width > WIDTH:
                left = 0
                top = top + line
                line = 0
            plain = panel_to_json(panel)
            plain["gridPos"] = grid(
                left,
                top,
                panel.width,
                panel.height,
            )
            yield plain
            left = left + panel.width
            line = max(line, panel.height)
        top += line


def grid(
    x: int,
    y: int,
    w: int,
    h: int,
) -> dict[str, int]:
    """Return a place on the page, in columns and rows."""
    return {"x": x, "y": y, "w": w, "h": h}


def panel_to_json(panel: Panel) -> Json:
    """Return one panel without its place."""
    plain: Json = {
        "type": panel.kind,
        "title": panel.title,
        "description": panel.description,
    }
    behind_title = [link for link in panel.links if not link.column]
    if behind_title:
        plain["links"] = [link_to_json(link) for link in behind_title]
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
    options = dict(OPTIONS[panel.kind])
    if many(panel):
        options["textMode"] = "value_and_name"
    plain["options"] = options
    if panel.kind == "table":
        plain["transformations"] = table_columns(panel)
    if panel.interval:
        plain["interval"] = panel.interval
    return plain


def many(panel: Panel) -> bool:
    """Tell whether a stat shows several values, which then need their names."""
    return panel.kind == "stat" and len(panel.queries) > 1


def target(
    panel: Panel,
    number: int,
    query: Query,
) -> Json:
    """Return one query of a panel."""
    # Only a plot needs the past.
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
    """Return how the values of a panel look."""
    steps = [{"value": value, "color": colour} for value, colour in panel.steps]
    defaults: Json = {
        "unit": panel.unit,
        "noValue": panel.no_value,
        "color": colour_of(panel),
        "thresholds": {"mode": "absolute", "steps": steps},
    }
    bounds: Mapping[str, float | None] = {
        "decimals": panel.decimals,
        "min": panel.low,
        "max": panel.high,
    }
    for name, value in bounds.items():
        # Without a bound Grafana takes it from the values.
        if value is not None:
            defaults[name] = value
    if panel.mappings:
        defaults["mappings"] = mappings_of(panel)
    if panel.kind == "timeseries":
        defaults["custom"] = lines_of(panel)
    return {"defaults": defaults, "overrides": overrides(panel)}


def colour_of(panel: Panel) -> Json:
    """Return where a value gets its colour from."""
    if panel.coloured or panel.kind == "gauge":
        return {"mode": "thresholds"}
    if panel.kind == "stat":
        return {"mode": "fixed", "fixedColor": "text"}
    if panel.kind == "bargauge":
        return {"mode": "fixed", "fixedColor": "blue"}
    return {"mode": "palette-classic"}


def mappings_of(panel: Panel) -> list[Json]:
    """Return the words that stand for ranges of values."""
    found = []
    for low, high, text, colour in panel.mappings:
        result = {"text": text, "color": colour}
        options = {"from": low, "to": high, "result": result}
        found.append({"type": "range", "options": options})
    return found


def lines_of(panel: Panel) -> Json:
    """Return how the lines of a plot are drawn."""
    opacity = 8
    stacking = "none"
    if panel.stacked:
        opacity = 30
        stacking = "normal"
    return {
        "lineWidth": 1,
        "fillOpacity": opacity,
        "showPoints": "never",
        "stacking": {"mode": stacking, "group": "A"},
    }


def overrides(panel: Panel) -> list[Json]:
    """Return links of columns, and units of queries: a table knows those by column too."""
    found = [column_link(link) for link in panel.links if link.column]
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
    """Join the rows of several queries by their labels; name the values after the queries."""
    if panel.matrix is not None:
        return matrix_columns(panel, *panel.matrix)
    titles = {
        f"Value #{REF_IDS[number]}": query.legend
        for number, query in enumerate(panel.queries)
    }
    if len(panel.queries) == 1:
        titles = {"Value": panel.queries[0].legend}
    organize = {
        "excludeByName": dict.fromkeys(panel.hidden, True),
        "renameByName": {**titles, **panel.names},
    }
    return [{"id": "merge", "options": {}}, {"id": "organize", "options": organize}]


def matrix_columns(
    panel: Panel,
    row: str,
    column: str,
) -> list[Json]:
    """Make a row and a column for each value of two labels."""
    matrix = {
        "rowField": row,
        "columnField": column,
        "valueField": "Value",
        "emptyValue": "zero",
    }
    organize = {
        "excludeByName": {},
        "renameByName": dict(panel.names),
        # In this order, whatever came first.
        "indexByName": {name: place for place, name in enumerate(panel.names)},
    }
    return [
        {"id": "groupingToMatrix", "options": matrix},
        {"id": "organize", "options": organize},
    ]


def column_link(link: Link) -> Json:
    """Return the override that makes the cells of a column lead somewhere."""
    properties = [{"id": "links", "value": [link_to_json(link)]}]
    return {
        "matcher": {"id": "byName", "options": link.column},
        "properties": properties,
    }


def link_to_json(link: Link) -> Json:
    """Return a link as panels and columns have it; the chosen time goes with it."""
    return {"title": link.title, "url": link.url, "targetBlank": False}


def annotation_to_json(annotation: Annotation) -> Json:
    """Return an annotation; Grafana takes moments in milliseconds."""
    expr = annotation.expr
    if annotation.is_moment:
        expr = f"{expr} * 1000"
    return {
        "name": annotation.name,
        "datasource": SOURCE,
        "enable": True,
        "hide": False,
        "iconColor": annotation.colour,
        "expr": expr,
        "step": "60s",
        "titleFormat": annotation.title,
        "useValueForTime": annotation.is_moment,
    }


def variable_to_json(variable: Variable) -> Json:
    """Return a choice of one, several or all values."""
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
        # When the range of time changes; in alphabetical order.
        "refresh": 2,
        "sort": 1,
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
        "current": {"text": "All", "value": "$__all"},
    }


# At the top of each page: the others, for the same time and with the same choices.
PAGES: Json = {
    "type": "dashboards",
    "title": "Vitrine",
    "tags": ["vitrine"],
    "asDropdown": False,
    "includeVars": True,
    "keepTime": True,
    "icon": "external link",
    "targetBlank": False,
    "tooltip": "",
    "url": "",
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
