"""The secrets that `make secrets` writes, and what of them a container has."""

from __future__ import annotations

import hashlib
import re
import subprocess
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import httpx
import pytest
import yaml

from deploy.redis_users import STORES
from tests.brokers import ROOT, free_ports, wait_for_port
from tests.stack.site import tokens_in
from vitrine.rights import bus_users
from vitrine.settings import SERVICES
from vitrine.stores.receipts import ReceiptKey, check

COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
TOKENS = ("vitrine_operator_token", "vitrine_stand_till_token")


def make_secrets(folder: Path) -> str:
    """Return what the script prints; `folder` gets the secrets."""
    script = f"{ROOT}/deploy/make-secrets.sh"
    done = subprocess.run(
        ["sh", script, str(folder), str(folder.with_suffix(".env"))],
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout


def digest_of(token: str) -> str:
    return f"sha256:{hashlib.sha256(token.encode()).hexdigest()}"


def test_tokens_are_shown_once_and_only_their_digests_are_kept(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    shown = tokens_in(make_secrets(folder))
    assert set(shown) == set(TOKENS)
    kept = "\n".join(path.read_text() for path in folder.iterdir())
    for name, token in shown.items():
        assert (folder / name).read_text() == digest_of(token)
        assert token not in kept
    player = (folder / "player_token").read_text()
    assert (folder / "vitrine_stand_player_token").read_text() == digest_of(player)
    before = {path.name: path.read_text() for path in folder.iterdir()}
    assert make_secrets(folder) == ""
    assert {path.name: path.read_text() for path in folder.iterdir()} == before


def test_the_secrets_of_an_older_release_stay_and_missing_ones_come(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "secrets"
    folder.mkdir()
    old = "an older release's token"
    for name in (*TOKENS, "vitrine_stand_player_token"):
        (folder / name).write_text(old)
    make_secrets(folder)
    for name in (*TOKENS, "vitrine_stand_player_token", "player_token"):
        assert (folder / name).read_text() == old
    assert (folder / "vitrine_services_token").exists()


def test_every_secret_of_the_compose_file_is_made(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    make_secrets(folder)
    for name, secret in COMPOSE["secrets"].items():
        file = secret["file"].rpartition("/")[2]
        assert file == name
        assert (folder / file).exists(), name


def secrets_of(name: str) -> dict[str, str]:
    """Return the secrets of a container: file in it → secret."""
    found = {}
    for secret in COMPOSE["services"][name].get("secrets", ()):
        if isinstance(secret, str):
            found[secret] = secret
        else:
            found[secret["target"]] = secret["source"]
    return found


@pytest.mark.parametrize("name", SERVICES)
def test_each_service_logs_in_as_itself_with_passwords_of_its_own(name: str) -> None:
    given = secrets_of(name)
    user = name if name in bus_users() else None
    environment = COMPOSE["services"][name]["environment"]
    assert environment.get("VITRINE_KAFKA_USERNAME") == user
    password = f"kafka_{name}_password" if user else None
    assert given.get("vitrine_kafka_password") == password
    for store, rights in STORES.items():
        url = f"{store}_{name}_url" if name in rights else None
        assert given.get(f"vitrine_{store}_url") == url


def test_kafka_knows_every_user_and_nobody_else() -> None:
    kafka = COMPOSE["services"]["kafka"]
    logins = kafka["environment"]["KAFKA_LISTENER_NAME_CLIENTS_PLAIN_SASL_JAAS_CONFIG"]
    found = re.findall(
        r'user_(\w+)="\$\$\{directory:/run/secrets:kafka_(\w+)_password', logins
    )
    users = ["operator", *bus_users()]
    assert sorted(found) == sorted((user, user) for user in users)
    assert secrets_of("kafka") == {f"kafka_{user}_password": ANY for user in users}


@pytest.mark.parametrize("store", STORES)
def test_redis_knows_the_digest_of_each_users_password(
    tmp_path: Path, store: str
) -> None:
    folder = tmp_path / "secrets"
    make_secrets(folder)
    rules = (folder / f"{store}_users.acl").read_text()
    for name in ("operator", *STORES[store]):
        login = (folder / f"{store}_{name}_url").read_text().removeprefix("redis://")
        user, password = login.removesuffix(f"@{store}:6379/0").split(":")
        assert user == name
        digest = hashlib.sha256(password.encode()).hexdigest()
        assert f"user {name} on #{digest} " in rules
        assert password not in rules


def test_a_release_with_other_rights_changes_them_and_no_password(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "secrets"
    make_secrets(folder)
    before = {path.name: path.read_text() for path in folder.iterdir()}
    (folder / "redis_users.acl").chmod(0o600)
    (folder / "redis_users.acl").write_text("user default off\n")
    assert "redis_users.acl: new" in make_secrets(folder)
    assert {path.name: path.read_text() for path in folder.iterdir()} == before


def test_only_the_virtual_player_has_a_token_in_clear() -> None:
    for name, service in COMPOSE["services"].items():
        sources = [
            secret["source"] if isinstance(secret, dict) else secret
            for secret in service.get("secrets", ())
        ]
        assert ("player_token" in sources) == (name == "player")


def test_customers_alone_has_the_key_of_receipts(tmp_path: Path) -> None:
    holders = [
        name
        for name, service in COMPOSE["services"].items()
        if "receipt_key" in service.get("secrets", ())
    ]
    assert holders == ["customers"]
    folder = tmp_path / "secrets"
    make_secrets(folder)
    key_file = folder / "receipt_key"
    key_file.chmod(0o600)
    key = ReceiptKey.load(key_file)
    check(key.sign({"templates": 1}), key.public)


def test_pages_alone_are_published() -> None:
    """Metrics and health are not, nor are Kafka and Redis."""
    at_the_sites_address = "${SITE_ADDRESS:-127.0.0.1}"
    published = set()
    for name, service in COMPOSE["services"].items():
        for port in service.get("ports", ()):
            address, _, own = port.rpartition(":")
            published.add((name, own, address.startswith(at_the_sites_address)))
    assert published == {
        ("stand", "8000", True),
        ("customers", "8004", True),
        # The enrolment desk is for this machine alone.
        ("customers", "8005", False),
        ("prometheus", "9090", True),
        ("grafana", "3000", True),
    }
    (desk,) = [
        each for each in COMPOSE["services"]["customers"]["ports"] if "8005" in each
    ]
    assert desk.startswith("127.0.0.1:")


@pytest.mark.prometheus
def test_prometheus_asks_for_its_password(promtool: str, tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    make_secrets(folder)
    web = folder / "prometheus_web.yml"
    subprocess.run(
        [promtool, "check", "web-config", str(web)],
        check=True,
        capture_output=True,
    )
    assert "--web.config.file=/run/secrets/prometheus_web.yml" in flags()
    (port,) = free_ports(1)
    (tmp_path / "prometheus.yml").write_text("{}")
    command = [
        "prometheus",
        f"--config.file={tmp_path / 'prometheus.yml'}",
        f"--storage.tsdb.path={tmp_path / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        f"--web.config.file={web}",
    ]
    log = tmp_path / "prometheus.log"
    with log.open("ab") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    try:
        wait_for_port("127.0.0.1", port, process, log)
        url = f"http://127.0.0.1:{port}/api/v1/status/buildinfo"
        password = (folder / "prometheus_password").read_text()
        assert httpx.get(url).status_code == 401
        assert httpx.get(url, auth=("vitrine", "wrong")).status_code == 401
        assert httpx.get(url, auth=("vitrine", password)).status_code == 200
    finally:
        process.terminate()
        process.wait(20)


def flags() -> list[Any]:
    """Return the options of Prometheus in containers."""
    command: list[Any] = COMPOSE["services"]["prometheus"]["command"]
    return command


def test_who_asks_prometheus_has_its_password() -> None:
    services = COMPOSE["services"]
    for name in ("prometheus", "grafana"):
        assert "prometheus_password" in services[name]["secrets"]
    sources = ROOT / "deploy/grafana/provisioning/datasources"
    (path,) = sources.iterdir()
    (source,) = yaml.safe_load(path.read_text())["datasources"]
    assert source["basicAuthUser"] == "vitrine"
    password = source["secureJsonData"]["basicAuthPassword"]
    assert password == "$__file{/run/secrets/prometheus_password}"  # noqa: S105
    scraped = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text())
    itself = scraped["scrape_configs"][1]["basic_auth"]
    assert itself["password_file"] == "/run/secrets/prometheus_password"  # noqa: S105
