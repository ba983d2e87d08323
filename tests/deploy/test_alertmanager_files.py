"""Whom alerts are told: the overlay with an Alertmanager, and what it is configured to do."""

from __future__ import annotations

import re
from typing import Any

import yaml

from tests.brokers import ROOT
from tests.deploy.promql import DEPLOY, rules

FOLDER = DEPLOY / "prometheus"
NAMES = {rule["alert"] for rule in rules("alert")}


def content_of(name: str) -> Any:
    """Return what a YAML file of the checkout holds."""
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def names_in(matchers: list[str]) -> set[str]:
    """Return the alerts that matchers name."""
    found: set[str] = set()
    for matcher in matchers:
        (value,) = re.findall(r'"([^"]*)"', matcher)
        found.update(value.split("|"))
    return found


def test_prometheus_tells_the_alertmanager_of_the_overlay_and_nobody_without_it() -> (
    None
):
    overlay = content_of("deploy/compose.alerts.yml")["services"]
    (source,) = content_of("deploy/prometheus/prometheus.yml")["alerting"][
        "alertmanagers"
    ]
    (files,) = source["file_sd_configs"]
    (target,) = content_of("deploy/prometheus/alertmanagers/compose.yml")
    mounted = "./deploy/prometheus/alertmanagers:/etc/prometheus/alertmanagers:ro"

    assert files == {"files": ["alertmanagers/*.yml"]}
    assert overlay["prometheus"]["volumes"] == [mounted]
    assert target["targets"] == ["alertmanager:9093"]
    plain = content_of("docker-compose.yml")["services"]
    assert "alertmanager" not in plain
    assert mounted not in plain["prometheus"]["volumes"]


def test_every_route_ends_at_a_receiver_whose_address_is_a_secret() -> None:
    config = content_of("deploy/prometheus/alertmanager.yml")
    overlay = content_of("deploy/compose.alerts.yml")
    routes = [config["route"], *config["route"]["routes"]]
    (receiver,) = config["receivers"]
    (hook,) = receiver["webhook_configs"]
    folder, _, secret = hook["url_file"].rpartition("/")

    assert {route["receiver"] for route in routes} == {receiver["name"]}
    assert folder == "/run/secrets"
    assert overlay["services"]["alertmanager"]["secrets"] == [secret]
    assert overlay["secrets"][secret] == {"environment": "SITE_ALERTS_WEBHOOK"}


def test_what_is_held_back_are_alerts_that_exist_and_never_the_cause() -> None:
    config = content_of("deploy/prometheus/alertmanager.yml")
    for rule in config["inhibit_rules"]:
        causes = names_in(rule["source_matchers"])
        followers = names_in(rule["target_matchers"])

        assert causes <= NAMES
        assert followers <= NAMES
        assert not causes & followers
