"""Run all services as processes on a real Kafka and a real Redis, to be killed and restarted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from threading import Event
from types import TracebackType
from typing import Self

import httpx

from tests.brokers import ROOT, free_ports
from vitrine.bus.kafka import KafkaBus, KafkaSecurity
from vitrine.runtime import ServiceLoop
from vitrine.runtime.stop import DrainingStop
from vitrine.settings import SERVICES
from vitrine.site.recorder import RECORDED, Recorder
from vitrine.telemetry.health import Health
from vitrine.topics import TOPICS, Topic

# So many last characters of a log are shown.
SHOWN_LOG = 2_000
# What brings screens and pictures starts when all others are ready.
STARTED_TOGETHER = (
    ("analytics", "console", "stand", "identity", "engagement", "landmarks"),
    ("player", "ingest"),
)
STOP_ORDER = (
    "ingest",
    "landmarks",
    "engagement",
    "identity",
    "player",
    "stand",
    "console",
    "analytics",
)


def wait_for(
    condition: Callable[[], bool],
    description: str,
    seconds: float = 60.0,
) -> None:
    """Poll a condition until it holds.

    Raises AssertionError with the description after `seconds`.
    """
    deadline = time.monotonic() + seconds
    pause = Event()
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {description}"
        pause.wait(0.1)


class Processes:
    """Run the seven services and a virtual player, each a process with its log file in `folder`."""

    def __init__(
        self,
        folder: Path,
        servers: str,
        redis_url: str,
        *,
        security: KafkaSecurity | None = None,
        **environment: str,
    ) -> None:
        """Take the servers' addresses; `security` is how the test itself logs in to Kafka."""
        self.folder = folder
        self.servers = servers
        self.bus = KafkaBus(servers, security=security)
        self.bus.apply_topics(self.topics())
        # An idle client looks for a broker that is away, and leaks its sockets.
        self.bus.close()
        self.page, *ports = free_ports(1 + len(SERVICES))
        self.ports = dict(zip(SERVICES, ports, strict=True))
        self.environment = {
            **os.environ,
            "VITRINE_BUS": "kafka",
            "VITRINE_KAFKA_SERVERS": servers,
            "VITRINE_REDIS_URL": redis_url,
            "VITRINE_STAND_PORT": str(self.page),
            "VITRINE_CONSOLE_PORT": "0",
            "VITRINE_FINITE": "true",
            **environment,
        }
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            # Where one does not come up, none stays behind.
            stack.push(self)
            for names in STARTED_TOGETHER:
                self._start_together(names)
            stack.pop_all()
        return self

    def _start_together(self, names: Sequence[str]) -> None:
        """Start processes, and wait until they are ready. Raises AssertionError."""
        for name in names:
            self.start(name)
        # The player has no page of its own that tells.
        for name in set(names) - {"player"}:
            ready = partial(self.ready, name)
            wait_for(ready, f"{name} is ready; see {self.log(name)}")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for process in self.running.values():
            process.kill()
            process.wait()
        self.bus.close()

    def log(self, name: str) -> Path:
        """Return the log file of a process."""
        return self.folder / f"{name}.log"

    def topics(self) -> Sequence[Topic]:
        """Return the topics that the broker gets."""
        return TOPICS

    def module(self, name: str) -> list[str]:
        """Return the Python module of a process, with its arguments."""
        if name == "player":
            address = f"http://127.0.0.1:{self.page}"
            return [
                "vitrine.services.stand.virtual_player",
                "--url",
                address,
                "--stand",
                "north",
            ]
        return [f"vitrine.services.{name}"]

    def login(self, name: str) -> dict[str, str]:
        """Return what a process logs in with; here nobody has to."""
        return {}

    def start(self, name: str) -> None:
        """Start one process."""
        port = str(self.ports.get(name, 0))
        with self.log(name).open("ab") as log:
            self.running[name] = subprocess.Popen(
                [sys.executable, "-m", *self.module(name)],
                cwd=ROOT,
                env={
                    **self.environment,
                    **self.login(name),
                    "VITRINE_HEALTH_PORT": port,
                },
                stdout=log,
                stderr=log,
            )

    def ready(self, name: str) -> bool:
        """Tell whether /readyz says so. Raises AssertionError when the process ended."""
        status = self.running[name].poll()
        assert status is None, self._end_of(name, status)
        try:
            answer = httpx.get(f"http://127.0.0.1:{self.ports[name]}/readyz")
        except httpx.TransportError:
            return False
        return answer.status_code == 200

    def _end_of(self, name: str, status: int) -> str:
        """Say how a process ended, with the end of its log."""
        said = self.log(name).read_text()
        return f"{name} ended with {status}: {said[-SHOWN_LOG:]}"

    def metrics(self, name: str) -> str:
        """Return what Prometheus would scrape."""
        answer = httpx.get(f"http://127.0.0.1:{self.ports[name]}/metrics")
        return answer.text

    def frames_of(self, camera: str) -> float:
        """Return how many frames of a camera `ingest` has counted."""
        prefix = f'vitrine_camera_frames_total{{camera="{camera}"}} '
        for line in self.metrics("ingest").splitlines():
            if line.startswith(prefix):
                return float(line.removeprefix(prefix))
        return 0.0

    def wait_for_frames(self, camera: str, count: float) -> None:
        """Wait until there are so many frames of a camera."""
        wait_for(lambda: self.frames_of(camera) >= count, f"{count:g} frames")

    def ended(self, name: str) -> bool:
        """Tell whether the process has ended by itself."""
        return self.running[name].poll() is not None

    def kill(self, name: str) -> None:
        """Send SIGKILL: the process ends as in a crash of the machine."""
        self.running[name].kill()
        self.running[name].wait()

    def kill_and_restart(self, name: str) -> None:
        """Send SIGKILL and start the process again, as a supervisor does."""
        self.kill(name)
        self.start(name)

    def finish(self, order: Sequence[str] = STOP_ORDER) -> None:
        """Stop in order; each handles everything on the bus first.

        Raises AssertionError for a bad exit status.
        """
        for name in order:
            process = self.running[name]
            process.send_signal(signal.SIGTERM)
            status = process.wait(60)
            assert status == 0, self._end_of(name, status)

    def record(self, folder: Path) -> None:
        """Write all events but frames into a folder, as `vitrine demo --record` does."""
        stop = DrainingStop()
        recorder = Recorder(folder)
        stop.set()
        loop = ServiceLoop(
            "test-recorder",
            self.bus,
            RECORDED,
            recorder,
            Health(),
        )
        loop.run(stop)
        assert recorder.error is None
