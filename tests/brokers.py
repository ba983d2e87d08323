"""Real servers for tests, on free loopback ports: a Kafka broker from its jars, and a Redis."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from vitrine.stores.embedded import embedded_redis

ROOT = Path(__file__).resolve().parents[1]
TEMPLATES = Path(__file__).parent / "kafka"
CLUSTER_ID = "5L6g3nShT-eMCtK--X86sw"
START_LIMIT_S = 60.0


def kafka_libs() -> Path | None:
    """The folder with the broker's jars: VITRINE_TEST_KAFKA_LIBS, or what `make kafka-libs` fetched."""
    folder = Path(os.environ.get("VITRINE_TEST_KAFKA_LIBS") or ROOT / ".cache" / "kafka-libs")
    return folder if any(folder.glob("kafka_*.jar")) and shutil.which("java") else None


class KafkaBroker:
    """A single-node KRaft broker as a child process; it keeps data and port over restarts."""

    def __init__(self, libs: Path, folder: Path) -> None:
        self._libs, self._folder = libs, folder
        self._process: subprocess.Popen[bytes] | None = None
        port, controller_port = free_ports(2)
        self.servers = f"127.0.0.1:{port}"
        template = (TEMPLATES / "server.properties").read_text()
        self._properties = folder / "server.properties"
        self._properties.write_text(
            template.format(port=port, controller_port=controller_port, folder=folder / "data")
        )

    def start(self) -> None:
        """Start and wait until it accepts connections. Raises RuntimeError with the end of its log."""
        with (self._folder / "broker.log").open("ab") as log:
            if not (self._folder / "data").exists():
                tool = ["kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", str(self._properties)]
                self._java(log, tool).wait(START_LIMIT_S)
            self._process = self._java(log, ["kafka.Kafka", str(self._properties)])
        host, _, port = self.servers.partition(":")
        wait_for_port(host, int(port), self._process, self._folder / "broker.log")

    def stop(self) -> None:
        """Shut down in order."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End at once, as if the machine lost power."""
        self._end(signal.SIGKILL)

    def _end(self, number: int) -> None:
        process, self._process = self._process, None
        if process is not None and process.poll() is None:
            process.send_signal(number)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _java(self, log: IO[bytes], arguments: list[str]) -> subprocess.Popen[bytes]:
        options = ["-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
        logging = f"-Dlog4j2.configurationFile={TEMPLATES / 'log4j2.yaml'}"
        command = ["java", *options, logging, "-cp", f"{self._libs}/*", *arguments]
        return subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)


@contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """A Redis that keeps its data in `folder`: the one on the path, else the embedded one. Yields its URL."""
    program = shutil.which("valkey-server") or shutil.which("redis-server")
    if program is None:
        with embedded_redis(folder) as url:
            yield url
        return
    (port,) = free_ports(1)
    options = ["--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--appendonly", "yes"]
    with (folder / "redis.log").open("ab") as log:
        process = subprocess.Popen([program, *options], stdout=log, stderr=subprocess.STDOUT)
    try:
        wait_for_port("127.0.0.1", port, process, folder / "redis.log")
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait(20)


def free_ports(count: int) -> list[int]:
    """Ports of the loopback interface that nobody listens on now."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports: list[int] = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def wait_for_port(host: str, port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until a child process accepts connections; RuntimeError with the end of its log if it does not."""
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection((host, port), timeout=1):
            return
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.05)
            break
    raise RuntimeError(f"no server on {host}:{port}\n{log.read_text(errors='replace')[-2000:]}")
