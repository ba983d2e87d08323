"""A site in containers, from this checkout's docker-compose.yml.

Secrets and cameras are its own.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import yaml

from tests.brokers import ROOT
from tests.processes import wait_for

SERVICES = (
    "ingest",
    "landmarks",
    "identity",
    "engagement",
    "stand",
    "console",
    "analytics",
    "customers",
)
STARTED = (*SERVICES, "player", "prometheus")
"""All but Grafana; Kafka, Redis and the topics come along."""
ONE_AFTER_THE_OTHER = {"DOCKER_BUILDKIT": "0", "COMPOSE_PARALLEL_LIMIT": "1"}
"""The classic builder, and no stage is built twice at once."""
HELPER = "python:3.11-slim-bookworm"
STANDS = ("north", "south")
CAMERAS = {f"{stand}-{number}": stand for number in (1, 2) for stand in STANDS}


class ComposeSite:
    """Build, start and remove a site by `docker compose`; all it makes carries its name."""

    def __init__(
        self,
        folder: Path,
        *overlays: str,
        started: Sequence[str] = STARTED,
        **settings: str,
    ) -> None:
        """Prepare a site of the services `started`, with overlays and settings of `.env`."""
        self.started = started
        self._overlays = [f"--file={ROOT}/{overlay}" for overlay in overlays]
        self.name = f"vitrine-test-{uuid4().hex[:8]}"
        self.secrets = folder / "secrets"
        self.config = folder / "config"
        self._env_file = folder / ".env"
        self.config.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(ROOT / "config", self.config)
        self._write_config(CAMERAS)
        make_secrets = [
            "sh",
            f"{ROOT}/deploy/make-secrets.sh",
            str(self.secrets),
            str(self._env_file),
        ]
        made = subprocess.run(make_secrets, check=True, capture_output=True, text=True)
        self._tokens = tokens_in(made.stdout)
        settings |= {
            "CONFIG": str(self.config),
            "STAND_PORT": "0",
            "CUSTOMERS_PORT": "0",
            "DESK_PORT": "0",
            "PROMETHEUS_PORT": "0",
            "TAG": "test",
            "PLAYER_STANDS": " ".join(f"--stand {stand}" for stand in STANDS),
        }
        with self._env_file.open("a") as file:
            file.writelines(
                f"SITE_{name}={value}\n" for name, value in settings.items()
            )

    # What the mall is

    def _write_config(self, cameras: Mapping[str, str]) -> None:
        (stand,) = examples("stands")
        campaigns = examples("campaigns")
        for campaign in campaigns:
            campaign["stands"] = list(STANDS)
            for creative in campaign["creatives"]:
                creative["seconds"] = 2
        self._write("stands", [{**stand, "id": name} for name in STANDS])
        self._write("campaigns", campaigns)
        self._write("cameras", [camera(name, at) for name, at in cameras.items()])
        # Programs in containers run as other users: they have to be able to read it.
        for path in (self.config, *self.config.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)

    def _write(self, name: str, entries: list[Any]) -> None:
        path = self.config / f"{name}.yaml"
        new = path.with_suffix(".new")
        text = json.dumps({name: entries}, default=str)
        new.write_text(text)
        new.replace(path)
        path.chmod(0o644)

    def switch_cameras_off(self) -> None:
        """Take all cameras out of the running configuration."""
        self._write("cameras", [])

    # Commands

    def compose(
        self, *arguments: str, check: bool = True, stdin: str | None = None
    ) -> str:
        """Return standard output and error of `docker compose …`.

        Raises AssertionError when it fails unexpectedly.
        """
        command = [
            "docker",
            "compose",
            f"--project-name={self.name}",
            f"--env-file={self._env_file}",
            f"--file={ROOT}/docker-compose.yml",
            f"--file={ROOT}/tests/stack/accelerated.yml",
            *self._overlays,
            *arguments,
        ]
        environment = dict(os.environ)
        if arguments[0] == "build":
            environment.update(ONE_AFTER_THE_OTHER)
        done = subprocess.run(
            command,
            input=stdin,
            capture_output=True,
            text=True,
            env=environment,
            check=False,
        )
        said = done.stdout + done.stderr
        if check:
            assert done.returncode == 0, f"{arguments}: {said[-3000:]}"
        return said

    def up(self) -> float:
        """Start with built images; return the seconds until all are healthy."""
        started = time.monotonic()
        self.compose("up", "--detach", "--no-build", *self.started)
        wait_for(self.healthy, f"{self.name} is healthy", 120)
        return time.monotonic() - started

    def healthy(self) -> bool:
        """Return whether everything runs, and all that can tell are healthy."""
        running = set()
        told = set()
        for container in self.containers().values():
            labels = container["Config"]["Labels"]
            running.add(labels["com.docker.compose.service"])
            state = container["State"]
            if "Health" in state:
                told.add(state["Health"]["Status"])
        return running.issuperset(self.started) and told == {"healthy"}

    def scale_landmarks(self, count: int) -> None:
        """Run more or fewer workers; the others go on."""
        self.compose(
            "up",
            "--detach",
            "--no-build",
            "--no-recreate",
            "--no-deps",
            "--wait",
            "--scale",
            f"landmarks={count}",
            "landmarks",
        )

    def down(self) -> None:
        """Remove everything, data too."""
        # Only clients that a test used are there.
        for name in ("stand", "prometheus"):
            if name in self.__dict__:
                getattr(self, name).close()
        self.compose("down", "--volumes", "--timeout", "5")

    def containers(self, service: str = "") -> dict[str, dict[str, Any]]:
        """Return what `docker inspect` says about the running containers, by name."""
        chosen = [service] if service else []
        ids = self.compose("ps", "--quiet", *chosen).split()
        found = json.loads(docker("inspect", *ids))
        return {each["Name"].lstrip("/"): each for each in found}

    def kill(self, container: str) -> None:
        """Send SIGKILL to the program, as a crash would.

        After `docker kill` a container counts as stopped by hand, and stays down.
        """
        (inspected,) = json.loads(docker("inspect", container))
        pid = inspected["State"]["Pid"]
        docker(
            "run",
            "--rm",
            "--pid=host",
            "--user=0",
            HELPER,
            "python3",
            "-c",
            f"import os; os.kill({pid}, 9)",
        )

    def evidence(self) -> Any:
        """Return what evidence.py found inside a container."""
        script = (ROOT / "tests" / "stack" / "evidence.py").read_text()
        printed = self.compose(
            "run",
            "--rm",
            "-T",
            "--no-deps",
            "topics",
            "python",
            "-",
            stdin=script,
        )
        return json.loads(printed.splitlines()[-1])

    # What can be seen from outside

    @cached_property
    def stand(self) -> httpx.Client:
        """Return a client of the stands' pages."""
        return self._client("stand", 8000)

    @cached_property
    def prometheus(self) -> httpx.Client:
        """Return a client of Prometheus' API."""
        client = self._client("prometheus", 9090)
        client.auth = httpx.BasicAuth("vitrine", self.secret("prometheus_password"))
        return client

    def _client(self, service: str, port: int) -> httpx.Client:
        address = self.address(service, port)
        return httpx.Client(base_url=f"http://{address}", timeout=10)

    def address(self, service: str, port: int) -> str:
        """Return host and port at which a service is published."""
        return self.compose("port", service, str(port)).strip()

    def query(self, expression: str) -> float:
        """Return the one value of a PromQL expression; 0 when there is none."""
        answer = self.prometheus.get(
            "/api/v1/query",
            params={"query": expression},
        )
        answer.raise_for_status()
        result = answer.json()["data"]["result"]
        assert len(result) <= 1, result
        if not result:
            return 0.0
        _, value = result[0]["value"]
        return float(value)

    def secret(self, name: str) -> str:
        """Return a token that was shown once, or the content of another secret."""
        if name in self._tokens:
            return self._tokens[name]
        return (self.secrets / name).read_text().strip()


def tokens_in(printed: str) -> dict[str, str]:
    """Return the tokens that make-secrets.sh printed, by name."""
    found = re.findall(r"(\w+): new\n.*shown only here: (\w+)\n", printed)
    return dict(found)


def examples(name: str) -> list[dict[str, Any]]:
    """Return the entries of a file of the example configuration."""
    path = ROOT / "config" / f"{name}.yaml"
    content = yaml.safe_load(path.read_text())
    entries: list[dict[str, Any]] = content[name]
    return entries


def camera(name: str, stand: str) -> dict[str, Any]:
    """Return a small synthetic camera."""
    seed = sum(name.encode())
    return {
        "id": name,
        "uri": f"synthetic:?people=3&seed={seed}",
        "stand": stand,
        "fps": 3,
        "width": 320,
    }


def docker(*arguments: str) -> str:
    """Return standard output of `docker …`."""
    done = subprocess.run(
        ["docker", *arguments],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def wait_until(
    site: ComposeSite, expression: str, value: float, seconds: float = 90
) -> None:
    """Wait until a PromQL expression is at least `value`."""
    wait_for(
        lambda: site.query(expression) >= value, f"{expression} ≥ {value}", seconds
    )
