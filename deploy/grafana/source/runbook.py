"""The runbook: every alert, what it says and what to do, from the rules themselves."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from deploy.grafana.source.panels import Dashboard, Panel, Query, Row

RULES = Path(__file__).parents[2] / "prometheus" / "rules" / "alerts.yml"
PUT_IN = re.compile(r"\{\{ \$(?:labels\.)?(\w+)[^}]*\}\}")
INTRODUCTION = (
    "Alerts come from deploy/prometheus/rules; docs/operations.md has the metrics behind them. "
    "Critical: a stand or its figures stop now. Warning: look at it today."
)


def groups() -> list[dict[str, Any]]:
    """Return the groups of alerts."""
    content: dict[str, Any] = yaml.safe_load(RULES.read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = content["groups"]
    return found


def plain(text: str) -> str:
    """Return a sentence of an alert, with the name of what Prometheus puts in: *camera*."""
    return PUT_IN.sub(r"*\1*", text)


def table(rules: list[dict[str, Any]]) -> str:
    """Return alerts as a table in Markdown."""
    lines = ["| alert | severity | sign | what to do |", "|---|---|---|---|"]
    for rule in rules:
        name = rule["alert"]
        severity = rule["labels"]["severity"]
        summary = plain(rule["annotations"]["summary"])
        action = rule["annotations"]["action"]
        lines.append(f"| **{name}** | {severity} | {summary} | {action} |")
    return "\n".join(lines)


def row_of(group: dict[str, Any]) -> Row:
    """Return a row with the alerts of a group."""
    title = group["name"].removeprefix("vitrine-").capitalize()
    rules = group["rules"]
    panel = Panel(
        "text",
        f"{title}: what to do",
        "Each alert with its sign and its remedy, as the rules of Prometheus have them.",
        width=24,
        # A line of the table takes some two units of Grafana's grid on a laptop.
        height=3 + 2 * len(rules),
        text=table(rules),
    )
    return Row(title, (panel,))


FIRING = Row(
    "Firing now",
    (
        Panel(
            "table",
            "What fires now",
            INTRODUCTION,
            (Query('ALERTS{alertstate="firing"}', "firing"),),
            width=24,
            height=6,
            hidden=("Time", "__name__", "alertstate", "Value"),
            no_value="nothing fires",
        ),
    ),
)

RUNBOOK = Dashboard(
    uid="vitrine-runbook",
    title="Vitrine: runbook",
    description="Every alert, what it says and what to do.",
    rows=(FIRING, *(row_of(group) for group in groups())),
)
