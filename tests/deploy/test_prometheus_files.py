"""Prometheus' files: valid, complete, tested by promtool, and about metrics that exist."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.promql import DEPLOY, Rule, known_names, names_in, rules
from vitrine.settings import SERVICES

FOLDER = DEPLOY / "prometheus"
TEST_FILES = sorted((FOLDER / "tests").glob("*.yml"))
OPERATIONS = (DEPLOY.parent / "docs" / "operations.md").read_text()


def promtool_tests() -> list[dict[str, Any]]:
    """Return the promtool tests of all files."""
    found = []
    for path in TEST_FILES:
        content = yaml.safe_load(path.read_text())
        found += content["tests"]
    return found


def checks_of(kind: str) -> list[dict[str, Any]]:
    """Return the checks of one kind in all promtool tests."""
    found = []
    for test in promtool_tests():
        found += test.get(kind, ())
    return found


def check(promtool: str, *arguments: object) -> None:
    """Run promtool. Raises AssertionError with its words where it finds a fault."""
    done = subprocess.run(
        [promtool, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.prometheus
def test_promtool_accepts_configuration_and_rules(promtool: str) -> None:
    check(promtool, "check", "config", FOLDER / "prometheus.yml")


@pytest.mark.prometheus
@pytest.mark.parametrize("path", TEST_FILES, ids=lambda path: path.stem)
def test_rules_pass_their_promtool_tests(promtool: str, path: Path) -> None:
    check(promtool, "test", "rules", path)


@pytest.mark.prometheus
def test_a_wrong_threshold_would_be_noticed(promtool: str, tmp_path: Path) -> None:
    folder = tmp_path / "prometheus"
    shutil.copytree(FOLDER, folder)
    alerts = folder / "rules" / "alerts.yml"
    wrong = alerts.read_text().replace("p95_5m > 0.5", "p95_5m > 5")
    alerts.write_text(wrong)

    with pytest.raises(AssertionError, match="FrameAgeHigh"):
        check(
            promtool,
            "test",
            "rules",
            folder / "tests" / "services.yml",
        )


def test_every_service_is_scraped_by_its_name() -> None:
    content = yaml.safe_load((FOLDER / "prometheus.yml").read_text())
    sources = []
    for job in content["scrape_configs"]:
        sources += job.get("dns_sd_configs", ())
    names = sources[0]["names"]

    assert len(sources) == 1
    assert sorted(names) == sorted(SERVICES)


@pytest.mark.parametrize(
    "rule",
    rules("alert"),
    ids=lambda rule: rule["alert"],
)
def test_an_alert_says_what_is_wrong_and_what_to_do_and_is_tested_both_ways(
    rule: dict[str, Any],
) -> None:
    name = rule["alert"]
    checks = checks_of("alert_rule_test")
    expected = [each["exp_alerts"] for each in checks if each["alertname"] == name]

    assert set(rule["annotations"]) == {"summary", "action"}
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert any(expected)
    assert not all(expected)
    assert f"| `{name}` |" in OPERATIONS


@pytest.mark.parametrize(
    "rule",
    rules("record"),
    ids=lambda rule: rule["record"],
)
def test_a_recorded_series_is_tested(rule: Rule) -> None:
    checks = checks_of("promql_expr_test")
    expected = [
        each["exp_samples"] for each in checks if rule["record"] in each["expr"]
    ]

    assert any(expected)


def title(rule: Rule) -> str:
    """Return the name of a rule of either kind."""
    return rule.get("record") or rule["alert"]


@pytest.mark.parametrize(
    "rule",
    [*rules("record"), *rules("alert")],
    ids=title,
)
def test_rules_read_metrics_that_exist(rule: Rule) -> None:
    names = names_in(rule["expr"])

    assert names
    assert names <= known_names()
