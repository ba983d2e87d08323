"""Find the metrics that a PromQL expression names, and those that there are."""

from __future__ import annotations

import re
from pathlib import Path

import yaml
from prometheus_client import REGISTRY

from vitrine.services.analytics.exporter import families
from vitrine.telemetry import metrics

DEPLOY = Path(__file__).parents[2] / "deploy"
RULES = DEPLOY / "prometheus" / "rules"
Rule = dict[str, str]

_STRINGS = re.compile(r'"[^"]*"|\{[^}]*\}|\[[^\]]*\]')
_NAME = re.compile(
    r"\b(?:vitrine|process|python)_[a-z0-9_]+\b|\b\w+:[\w:]+|\b(?:up|ALERTS)\b"
)


def rules(kind: str) -> list[Rule]:
    """All rules of a kind, `record` or `alert`."""
    files = [yaml.safe_load(path.read_text()) for path in sorted(RULES.glob("*.yml"))]
    return [
        rule
        for file in files
        for group in file["groups"]
        for rule in group["rules"]
        if kind in rule
    ]


def names_in(expression: str) -> set[str]:
    """Metrics that an expression reads; label values are no names."""
    return set(_NAME.findall(_STRINGS.sub(" ", expression)))


def known_names() -> set[str]:
    """Every series that the product, its libraries, Prometheus and our recording rules give."""
    assert metrics.__doc__ is not None  # the import registers them
    declared = [*REGISTRY.collect(), *families().values()]
    suffixes = {
        "counter": ["_total"],
        "histogram": ["_bucket", "_sum", "_count"],
        "gauge": [""],
    }
    names = {
        family.name + suffix
        for family in declared
        for suffix in suffixes.get(family.type, [""])
    }
    return names | {rule["record"] for rule in rules("record")} | {"up", "ALERTS"}
