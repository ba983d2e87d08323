"""A site in containers, from this checkout's docker-compose.yml, with secrets and cameras of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import yaml

from tests.brokers import ROOT
from tests.processes import wait_for

SERVICES = ("ingest", "landmarks", "identity", "engagement", "stand", "analytics")
STARTED = (*SERVICES, "player", "prometheus")
"""All but Grafana; Kafka, Redis and the topics come along."""
ONE_AFTER_THE_OTHER = {"DOCKER_BUILDKIT": "0", "COMPOSE_PARALLEL_LIMIT": "1"}
"""The classic builder, and no stage is built twice at once."""
HELPER = "python:3.11-slim-bookworm"
STANDS = ("north", "south")
CAMERAS = {f"{stand}-{number}": stand for number in (1, 2) for stand in STANDS}


class ComposeSite:
    """Built, started and removed by `docker compose`; everything it makes carries its name."""

    def __init__(self, folder: Path) -> None:
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
        subprocess.run(make_secrets, check=True, capture_output=True)
        settings = {
            "CONFIG": self.config,
            "STAND_PORT": 0,
            "PROMETHEUS_PORT": 0,
            "TAG": "test",
            "PLAYER_STANDS": " ".join(f"--stand {stand}" for stand in STANDS),
        }
        with self._env_file.open("a") as file:
            file.writelines(
                f"SITE_{name}={value}\n" for name, value in settings.items()
            )

    # What the mall is

    def _write_config(self, cameras: Mapping[str, str]) -> None:
        (stand,) = yaml.safe_load((ROOT / "config" / "stands.yaml").read_text())[
            "stands"
        ]
        campaigns = yaml.safe_load((ROOT / "config" / "campaigns.yaml").read_text())[
            "campaigns"
        ]
        for campaign in campaigns:
            campaign["stands"] = list(STANDS)
            for creative in campaign["creatives"]:
                creative["seconds"] = 2
        self._write("stands", [{**stand, "id": name} for name in STANDS])
        self._write("campaigns", campaigns)
        self._write("cameras", [camera(name, at) for name, at in cameras.items()])
        for path in (self.config, *self.config.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)

    def _write(self, name: str, entries: list[Any]) -> None:
        path = self.config / f"{name}.yaml"
        path.with_suffix(".new").write_text(json.dumps({name: entries}, default=str))
        path.with_suffix(".new").replace(path)
        path.chmod(0o644)

    def switch_cameras_off(self) -> None:
        """Take all cameras out of the running configuration."""
        self._write("cameras", [])

    # Commands

    def compose(
        self, *arguments: str, check: bool = True, stdin: str | None = None
    ) -> str:
        """Standard output and error of `docker compose …`. AssertionError when it fails unexpectedly."""
        files = [
            f"--file={ROOT}/{name}"
            for name in ("docker-compose.yml", "tests/stack/accelerated.yml")
        ]
        site = [f"--project-name={self.name}", f"--env-file={self._env_file}", *files]
        done = subprocess.run(
            ["docker", "compose", *site, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            env={
                **os.environ,
                **(ONE_AFTER_THE_OTHER if arguments[0] == "build" else {}),
            },
            check=False,
        )
        assert not check or done.returncode == 0, (
            f"{arguments}: {(done.stdout + done.stderr)[-3000:]}"
        )
        return done.stdout + done.stderr

    def up(self) -> float:
        """Start with built images; returns the seconds until all are healthy."""
        started = time.monotonic()
        self.compose("up", "--detach", "--no-build", *STARTED)
        wait_for(self.healthy, f"{self.name} is healthy", 120)
        return time.monotonic() - started

    def healthy(self) -> bool:
        """Whether everything runs, and all that can tell are healthy."""
        containers = self.containers().values()
        running = {
            container["Config"]["Labels"]["com.docker.compose.service"]
            for container in containers
        }
        states = [container["State"] for container in containers]
        told = [state["Health"]["Status"] for state in states if "Health" in state]
        return running.issuperset(STARTED) and set(told) == {"healthy"}

    def scale_landmarks(self, count: int) -> None:
        """More or fewer workers; the others go on."""
        options = ["--detach", "--no-build", "--no-recreate", "--no-deps", "--wait"]
        self.compose("up", *options, "--scale", f"landmarks={count}", "landmarks")

    def down(self) -> None:
        """Remove everything, data too."""
        for name in ("stand", "prometheus"):
            if name in self.__dict__:
                getattr(self, name).close()
        self.compose("down", "--volumes", "--timeout", "5")

    def containers(self, service: str = "") -> dict[str, dict[str, Any]]:
        """What `docker inspect` says about the running containers, by name."""
        ids = self.compose("ps", "--quiet", *([service] if service else [])).split()
        found = json.loads(docker("inspect", *ids))
        return {each["Name"].lstrip("/"): each for each in found}

    def kill(self, container: str) -> None:
        """SIGKILL the program, as a crash would: `docker kill` would count as stopped by hand, for good."""
        pid = json.loads(docker("inspect", container))[0]["State"]["Pid"]
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
        """See evidence.py."""
        script = (ROOT / "tests" / "stack" / "evidence.py").read_text()
        return json.loads(
            self.compose(
                "exec", "-T", "engagement", "python", "-", stdin=script
            ).splitlines()[-1]
        )

    # What can be seen from outside

    @cached_property
    def stand(self) -> httpx.Client:
        """The pages of the stands."""
        return self._client("stand", 8000)

    @cached_property
    def prometheus(self) -> httpx.Client:
        """The API of Prometheus."""
        return self._client("prometheus", 9090)

    def _client(self, service: str, port: int) -> httpx.Client:
        return httpx.Client(
            base_url=f"http://{self.compose('port', service, str(port)).strip()}",
            timeout=10,
        )

    def query(self, expression: str) -> float:
        """The one value of a PromQL expression; 0 when there is none."""
        answer = self.prometheus.get(
            "/api/v1/query", params={"query": expression}
        ).raise_for_status()
        result = answer.json()["data"]["result"]
        assert len(result) <= 1, result
        return float(result[0]["value"][1]) if result else 0.0

    def secret(self, name: str) -> str:
        """The content of a secret."""
        return (self.secrets / name).read_text().strip()


def camera(name: str, stand: str) -> dict[str, Any]:
    """A small synthetic camera."""
    seed = sum(name.encode())
    return {
        "id": name,
        "uri": f"synthetic:?people=3&seed={seed}",
        "stand": stand,
        "fps": 3,
        "width": 320,
    }


def docker(*arguments: str) -> str:
    """Standard output of `docker …`."""
    return subprocess.run(
        ["docker", *arguments], capture_output=True, text=True, check=True
    ).stdout


def wait_until(
    site: ComposeSite, expression: str, value: float, seconds: float = 90
) -> None:
    """Until a PromQL expression is at least `value`."""
    wait_for(
        lambda: site.query(expression) >= value, f"{expression} ≥ {value}", seconds
    )
