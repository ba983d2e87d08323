"""The Helm chart: rendered by the real Helm, and compared with the compose stack."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from tests.brokers import ROOT
from tests.deploy.test_secrets import make_secrets
from vitrine.rights import bus_users
from vitrine.settings import SERVICES

CHART = ROOT / "deploy" / "helm" / "vitrine"
HELM = ROOT / ".cache" / "bin" / "helm"
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
# Helm as Go installs it takes itself for one of Kubernetes 1.20.
CLUSTER = "--kube-version=1.31.0"
VERSIONS = ("1.29", "1.31", kubernetes_validate.latest_version())
EVERYTHING = (
    "kafka.strimzi.enabled=true",
    "ingress.enabled=true",
    "autoscaling.enabled=true",
    "podMonitor=true",
    "customersUrl=https://club.example",
)
# Their schemas come with their operators.
OF_OPERATORS = {
    "KafkaNodePool",
    "Kafka",
    "KafkaUser",
    "ScaledObject",
    "PodMonitor",
}
# By the chart's values, or where compose has one address for all.
BY_VALUES = {
    "VITRINE_CONFIG",
    "VITRINE_STATE",
    "VITRINE_HTTP_HOST",
    "VITRINE_HEALTH_HOST",
    "VITRINE_HTTP_NAMES",
    "VITRINE_LOG_LEVEL",
    "VITRINE_KAFKA_SERVERS",
    "VITRINE_KAFKA_PROTOCOL",
    "VITRINE_KAFKA_MECHANISM",
    "VITRINE_KAFKA_CAFILE",
    "VITRINE_STAND_CUSTOMERS_URL",
    "VITRINE_CUSTOMERS_PUBLIC_URL",
    # `extra` of the services that take them.
    "VITRINE_MODELS",
    "VITRINE_MODEL_SET",
    "VITRINE_USERS",
    "VITRINE_OIDC_ISSUER",
    "VITRINE_OIDC_CLIENT_ID",
}
Resource = dict[str, Any]


def helm(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Helm. Skips the test where there is none."""
    binary = str(HELM) if HELM.exists() else shutil.which("helm")
    if binary is None:
        pytest.skip("NO HELM: `make helm` builds it, and needs Go")
    return subprocess.run(
        [binary, *arguments], capture_output=True, text=True, check=False
    )


def render(*settings: str) -> list[Resource]:
    """Return what the chart makes of settings."""
    chosen = [f"--set={setting}" for setting in settings]
    named = ("site", str(CHART), "--namespace=mall", CLUSTER)
    done = helm("template", *named, *chosen)
    assert done.returncode == 0, done.stderr
    return [each for each in yaml.safe_load_all(done.stdout) if each]


def of_kind(resources: list[Resource], kind: str) -> dict[str, Resource]:
    """Return the resources of a kind by their names."""
    return {
        each["metadata"]["name"]: each for each in resources if each["kind"] == kind
    }


def pods(resources: list[Resource]) -> Iterator[Resource]:
    """Yield the pod of each workload."""
    for each in resources:
        if each["kind"] in {"Deployment", "StatefulSet", "Job"}:
            yield each["spec"]["template"]["spec"]


def container(resources: list[Resource], service: str) -> Resource:
    """Return the container of a service."""
    pod = of_kind(resources, "Deployment")[service]["spec"]["template"]["spec"]
    (found,) = pod["containers"]
    return dict(found)


def secrets(pod: Resource) -> dict[str, str]:
    """Return which files of the secret a pod has, each with its name there."""
    files = {}
    for volume in pod["volumes"]:
        if volume["name"] == "secrets":
            for item in volume["secret"]["items"]:
                files[item["key"]] = item["path"]
    return files


def secrets_of_compose(service: str) -> dict[str, str]:
    """Return the same of a container of the compose stack."""
    files = {}
    for secret in COMPOSE[service].get("secrets", ()):
        if isinstance(secret, str):
            files[secret] = secret
        else:
            files[secret["source"]] = secret["target"]
    return files


def test_helm_finds_nothing_to_say() -> None:
    done = helm("lint", "--strict", CLUSTER, str(CHART))
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("settings", [(), EVERYTHING], ids=["plain", "everything"])
def test_what_it_makes_is_valid(settings: tuple[str, ...], version: str) -> None:
    for resource in render(*settings):
        if resource["kind"] in OF_OPERATORS:
            continue
        kubernetes_validate.validate(resource, version, strict=True)


def test_what_operators_take_is_there_with_everything_and_else_not() -> None:
    def kinds(*settings: str) -> set[str]:
        return {each["kind"] for each in render(*settings)} & OF_OPERATORS

    assert kinds() == set()
    assert kinds(*EVERYTHING) == OF_OPERATORS


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_has_what_it_has_in_compose(service: str) -> None:
    resources = render()
    found = container(resources, service)
    environment = {each["name"]: each["value"] for each in found["env"]}
    compose = COMPOSE[service]
    expected = {
        name: str(value)
        for name, value in compose["environment"].items()
        if name not in BY_VALUES
    }
    # `customers` has no user of Kafka; compose gives the address all the same.
    assert {
        name: value for name, value in environment.items() if name not in BY_VALUES
    } == expected
    pod = of_kind(resources, "Deployment")[service]["spec"]["template"]["spec"]
    assert secrets(pod) == secrets_of_compose(service)
    memory = found["resources"]["limits"]["memory"]
    assert memory.lower().removesuffix("i") == compose["mem_limit"]
    assert found["resources"]["limits"]["cpu"] == str(compose["cpus"])


def test_every_file_of_the_secret_is_one_that_make_secrets_writes(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "secrets"
    make_secrets(folder)
    written = {path.name for path in folder.iterdir()}
    resources = render(*EVERYTHING)
    named: set[str] = set()
    for pod in pods(resources):
        named |= set(secrets(pod))
    for user in of_kind(resources, "KafkaUser").values():
        source = user["spec"]["authentication"]["password"]["valueFrom"]
        named.add(source["secretKeyRef"]["key"])
    assert named <= written


def test_nobody_is_root_or_writes_where_there_is_no_volume() -> None:
    for pod in pods(render(*EVERYTHING)):
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["automountServiceAccountToken"] is False
        for each in pod["containers"]:
            assert each["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }


def test_strimzi_makes_the_users_who_have_rights() -> None:
    users = of_kind(render(*EVERYTHING), "KafkaUser")
    assert set(users) == {"operator", *bus_users()}


@pytest.mark.parametrize(
    ("store", "askers"),
    [
        ("redis", {"identity", "engagement", "stand", "analytics", "customers"}),
        ("keys", {"identity", "customers"}),
    ],
)
def test_a_store_is_asked_by_those_alone_who_have_rights_there(
    store: str, askers: set[str]
) -> None:
    policy = of_kind(render(), "NetworkPolicy")[store]
    found = set()
    for rule in policy["spec"]["ingress"]:
        (source,) = rule["from"]
        labels = source["podSelector"]["matchLabels"]
        found.add(labels["app.kubernetes.io/name"])
    assert found == askers


def test_the_stand_alone_asks_for_the_pages_of_others() -> None:
    policies = of_kind(render(), "NetworkPolicy")
    for service in ("console", "analytics"):
        sources = []
        for rule in policies[service]["spec"]["ingress"]:
            sources += [each for each in rule["from"] if "podSelector" in each]
        (stand,) = sources
        labels = stand["podSelector"]["matchLabels"]
        assert labels["app.kubernetes.io/name"] == "stand"


def test_a_service_asks_outside_at_the_ports_that_are_named_for_it() -> None:
    policies = of_kind(render("services.stand.outside={443}"), "NetworkPolicy")

    assert {"ports": [{"port": 443}]} in policies["stand"]["spec"]["egress"]
    assert {"ports": [{"port": 443}]} not in policies["analytics"]["spec"]["egress"]


def test_the_desk_has_no_way_in() -> None:
    resources = render(*EVERYTHING)
    for ingress in of_kind(resources, "Ingress").values():
        for rule in ingress["spec"]["rules"]:
            for path in rule["http"]["paths"]:
                assert path["backend"]["service"]["port"]["name"] in {"pages", "phones"}
    policy = of_kind(resources, "NetworkPolicy")["customers"]
    ports = set()
    for rule in policy["spec"]["ingress"]:
        ports |= {port["port"] for port in rule["ports"]}
    assert "desk" not in ports


def test_workers_are_as_many_as_the_age_of_frames_asks_for() -> None:
    resources = render(*EVERYTHING)
    (scaled,) = of_kind(resources, "ScaledObject").values()
    (trigger,) = scaled["spec"]["triggers"]
    assert "vitrine_stage_latency_seconds_bucket" in trigger["metadata"]["query"]
    assert "replicas" not in of_kind(resources, "Deployment")["landmarks"]["spec"]
    assert of_kind(render(), "Deployment")["landmarks"]["spec"]["replicas"] == 1


def test_a_name_that_is_no_service_is_said() -> None:
    wrong = "--set=services.landmark.replicas=2"
    done = helm("template", "site", str(CHART), CLUSTER, wrong)
    assert done.returncode != 0
    assert "services.landmark is no service" in done.stderr
