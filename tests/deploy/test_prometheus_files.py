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
OPERATIONS = (DEPLOY.parent / "docs" / "operations.md").read_text()


def promtool_tests() -> list[dict[str, Any]]:
    """The promtool tests."""
    files = [
        yaml.safe_load(path.read_text())
        for path in sorted((FOLDER / "tests").glob("*.yml"))
    ]
    return [test for file in files for test in file["tests"]]


def check(promtool: str, *arguments: object) -> None:
    done = subprocess.run(
        [promtool, *map(str, arguments)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.prometheus
def test_promtool_accepts_configuration_and_rules(promtool: str) -> None:
    check(promtool, "check", "config", FOLDER / "prometheus.yml")


@pytest.mark.prometheus
@pytest.mark.parametrize(
    "path", sorted((FOLDER / "tests").glob("*.yml")), ids=lambda path: path.stem
)
def test_rules_pass_their_promtool_tests(promtool: str, path: Path) -> None:
    check(promtool, "test", "rules", path)


@pytest.mark.prometheus
def test_a_wrong_threshold_would_be_noticed(promtool: str, tmp_path: Path) -> None:
    folder = tmp_path / "prometheus"
    shutil.copytree(FOLDER, folder)
    alerts = folder / "rules" / "alerts.yml"
    alerts.write_text(alerts.read_text().replace("p95_5m > 0.5", "p95_5m > 5"))
    with pytest.raises(AssertionError, match="FrameAgeHigh"):
        check(
            promtool,
            "test",
            "rules",
            folder / "tests" / "services.yml",
        )


def test_every_service_is_scraped_by_its_name() -> None:
    scrape = yaml.safe_load((FOLDER / "prometheus.yml").read_text())["scrape_configs"]
    (names,) = [
        source["names"] for job in scrape for source in job.get("dns_sd_configs", ())
    ]
    assert sorted(names) == sorted(SERVICES)


@pytest.mark.parametrize(
    "rule",
    rules("alert"),
    ids=lambda rule: rule["alert"],
)
def test_an_alert_says_what_is_wrong_and_what_to_do_and_is_tested_both_ways(
    rule: dict[str, Any],
) -> None:
    assert set(rule["annotations"]) == {"summary", "action"}
    assert rule["labels"]["severity"] in {"critical", "warning"}
    checks = [
        check for test in promtool_tests() for check in test.get("alert_rule_test", ())
    ]
    checks = [check for check in checks if check["alertname"] == rule["alert"]]
    assert any(check["exp_alerts"] for check in checks)
    assert any(not check["exp_alerts"] for check in checks)
    assert f"| `{rule['alert']}` |" in OPERATIONS


@pytest.mark.parametrize(
    "rule",
    rules("record"),
    ids=lambda rule: rule["record"],
)
def test_a_recorded_series_is_tested(rule: Rule) -> None:
    checks = [c for test in promtool_tests() for c in test.get("promql_expr_test", ())]
    assert any(
        rule["record"] in check["expr"] and check["exp_samples"] for check in checks
    )


def title(rule: Rule) -> str:
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
