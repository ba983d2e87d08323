"""`vitrine site`: ends in order, goes on after a restart, and outlives the fall of its store."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from tests.brokers import ROOT, free_ports
from tests.processes import wait_for
from vitrine.stores.campaign_figures import load_figures
from vitrine.stores.data_folder import store_of
from vitrine.stores.embedded import url_of
from vitrine.stores.redis import connect

# Two starts, and plays of eight to twelve seconds.
pytestmark = pytest.mark.timeout(240)

VITRINE = [sys.executable, "-m", "vitrine.cli"]
WAIT_S = 60.0


@pytest.fixture
def mall(tmp_path: Path) -> Path:
    """Return a folder with the examples."""
    folder = tmp_path / "mall"
    shutil.copytree(ROOT / "config", folder)
    return folder


class Running:
    """A site in a process of its own."""

    def __init__(self, mall: Path, health_port: int) -> None:
        self.mall = mall
        self.health_port = health_port
        environment = {
            **os.environ,
            "VITRINE_HEALTH_PORT": str(health_port),
            # Short windows, and figures from the first person on.
            "VITRINE_ANALYTICS_WINDOW_S": "2",
            "VITRINE_ANALYTICS_GRACE_S": "2",
            "VITRINE_ANALYTICS_K_ANONYMITY": "1",
        }
        self.process = subprocess.Popen(
            [*VITRINE, "site", str(mall), "--port", "0", "--virtual-player"],
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )

    def page(self, path: str) -> str:
        """Return a page of health and metrics; empty where it is not there or not well."""
        address = f"http://127.0.0.1:{self.health_port}{path}"
        try:
            with urlopen(address, timeout=5) as answer:
                return str(answer.read().decode())
        except URLError:
            return ""

    def is_ready(self) -> bool:
        assert self.process.poll() is None, self.errors()
        return bool(self.page("/readyz"))

    def counts_plays(self) -> bool:
        return plays(self.mall) > 0

    def errors(self) -> str:
        _, errors = self.process.communicate(timeout=WAIT_S)
        return errors


@contextmanager
def site(mall: Path) -> Iterator[Running]:
    (port,) = free_ports(1)
    running = Running(mall, port)
    try:
        wait_for(running.is_ready, "ready site")
        yield running
    finally:
        if running.process.poll() is None:
            running.process.kill()
            running.errors()


def plays(mall: Path) -> int:
    """Return the plays that were counted so far, of all campaigns."""
    with store_of(mall / "data") as url, connect(url) as redis:
        figures = load_figures(redis, "exact")
    return sum(campaign.totals.plays for campaign in figures.campaigns)


def reported(mall: Path) -> int:
    """Return the plays that `vitrine report` tells."""
    done = subprocess.run(
        [*VITRINE, "report", "--json", "--data", str(mall / "data")],
        capture_output=True,
        text=True,
        check=True,
    )
    campaigns = json.loads(done.stdout)["campaigns"]
    return sum(round(campaign["figures"]["plays"]) for campaign in campaigns)


def store_process(mall: Path) -> int:
    with closing(connect(url_of(mall / "data" / "store.sock"))) as client:
        return int(client.info("server")["process_id"])


def test_figures_go_on_after_an_orderly_end_and_after_a_kill(mall: Path) -> None:
    with site(mall) as first:
        wait_for(first.counts_plays, "counted play")
        first.process.send_signal(signal.SIGTERM)
        errors = first.errors()
        assert first.process.returncode == 0, errors
        assert "Traceback" not in errors
        token = (mall / "data" / "operator-token").read_text().strip()
        assert token not in errors
    counted = plays(mall)
    assert counted > 0
    with site(mall) as second:
        wait_for(lambda: plays(mall) > counted, "further play")
        os.kill(store_process(mall), signal.SIGKILL)
        wait_for(lambda: "the embedded store" not in second.page("/readyz"), "store")
        counted = plays(mall)
        wait_for(lambda: plays(mall) > counted, "play after the store fell")
        refused = subprocess.run(
            [*VITRINE, "site", str(mall)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert refused.returncode == 1
        assert "another process runs on" in refused.stderr
        second.process.kill()
    assert plays(mall) >= counted
    assert reported(mall) > 0


def test_a_wrong_file_is_told_before_anything_starts(mall: Path) -> None:
    (mall / "cameras.yaml").write_text(
        "cameras:\n  - {id: a, uri: '0', stand: north, fps: -1}\n"
    )
    done = subprocess.run(
        [*VITRINE, "site", str(mall)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "cameras.yaml:2" in done.stderr
    assert not (mall / "data" / "store.sock").exists()
