"""The committed dashboards as a reader of their JSON sees them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.deploy.promql import DEPLOY

FOLDER = DEPLOY / "grafana" / "dashboards"
# What Grafana puts in place of its variables when everything is chosen.
VALUES = {
    "$__rate_interval": "1m",
    "$__interval": "5m",
    "$__range": "10m",
    "$advertiser": ".*",
    "$campaign": ".*",
    "$stand": ".*",
    "$camera": ".*",
}


@dataclass(frozen=True, slots=True)
class PanelQuery:
    """One query of a panel as Grafana would send it."""

    dashboard: str
    panel: str
    ref_id: str
    expression: str

    def __str__(self) -> str:
        return f"{self.dashboard}: {self.panel} ({self.ref_id})"


def dashboards() -> dict[str, Any]:
    """By file name, without `.json`."""
    return {
        path.stem: json.loads(path.read_text())
        for path in sorted(FOLDER.glob("*.json"))
    }


def panels(dashboard: dict[str, Any]) -> list[dict[str, Any]]:
    """All panels that show something."""
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def substituted(expression: str) -> str:
    """The expression with every variable replaced."""
    for name, value in VALUES.items():
        expression = expression.replace(name, value)
    return expression


def panel_queries() -> Iterator[PanelQuery]:
    """Every query of every panel."""
    for name, dashboard in dashboards().items():
        for panel in panels(dashboard):
            for target in panel.get("targets", ()):
                yield PanelQuery(
                    name, panel["title"], target["refId"], substituted(target["expr"])
                )
