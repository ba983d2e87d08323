"""A process that misses something: a clear message, patience, and then an exit status."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

CONFIG = Path(__file__).parents[2] / "config"
NOWHERE = "127.0.0.1:1"


def run(
    name: str,
    **environment: str,
) -> tuple[subprocess.CompletedProcess[str], float]:
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", f"vitrine.services.{name}"],
        env={
            **os.environ,
            "VITRINE_CONFIG": str(CONFIG),
            "VITRINE_HEALTH_PORT": "0",
            "VITRINE_STAND_PORT": "0",
            "VITRINE_STARTUP_LIMIT_S": "2",
            **environment,
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done, time.monotonic() - started


@pytest.mark.parametrize("name", ["engagement", "ingest", "landmarks"])
def test_without_kafka_it_retries_and_gives_up_after_the_limit(name: str) -> None:
    done, seconds = run(
        name,
        VITRINE_BUS="kafka",
        VITRINE_KAFKA_SERVERS=NOWHERE,
    )
    assert done.returncode == 1
    assert re.search(r"trying again, \d s left: Kafka at", done.stderr)
    assert done.stderr.splitlines()[-1].startswith("vitrine: ")
    assert NOWHERE in done.stderr.splitlines()[-1]
    assert "VITRINE_KAFKA_SERVERS" in done.stderr
    assert "Traceback" not in done.stderr
    assert seconds > 2


@pytest.mark.parametrize("name", ["stand", "analytics"])
def test_without_redis_it_retries_and_gives_up_after_the_limit(name: str) -> None:
    done, seconds = run(
        name,
        VITRINE_BUS="memory",
        VITRINE_REDIS_URL=f"redis://{NOWHERE}/0",
    )
    assert done.returncode == 1
    assert re.search(r"trying again, \d s left: Redis at", done.stderr)
    assert (
        f"vitrine: Redis at {NOWHERE} does not answer" in done.stderr.splitlines()[-1]
    )
    assert "Traceback" not in done.stderr
    assert seconds > 2


def test_health_and_metrics_are_of_this_machine_wherever_the_pages_are() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done, _ = run(
            "engagement",
            VITRINE_BUS="memory",
            VITRINE_HTTP_HOST="127.0.0.2",
            VITRINE_HEALTH_PORT=str(port),
        )
    assert done.returncode == 1
    assert f"health and metrics cannot listen on 127.0.0.1:{port}" in done.stderr
    assert "set VITRINE_HEALTH_PORT or VITRINE_HEALTH_HOST" in done.stderr


def test_an_unknown_setting_is_refused_at_once() -> None:
    done, _ = run("engagement", VITRINE_KAFKA_SERVER=NOWHERE)
    assert done.returncode == 1
    assert "VITRINE_KAFKA_SERVER is no setting" in done.stderr


def test_a_missing_configuration_is_named(tmp_path: Path) -> None:
    done, _ = run(
        "ingest",
        VITRINE_BUS="memory",
        VITRINE_CONFIG=str(tmp_path),
    )
    assert done.returncode == 1
    assert "cameras.yaml: there is no such file; `vitrine config init" in done.stderr
