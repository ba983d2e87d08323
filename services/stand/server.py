"""The web server in a thread of its own."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

import uvicorn
from fastapi import FastAPI

from vitrine.errors import ConfigurationError


@contextmanager
def web_server(app: FastAPI, listener: socket.socket, stop: Event) -> Iterator[None]:
    """Serves `app` while the block runs. If the server ends by itself, it sets `stop`, and RuntimeError is
    raised at the end of the block."""
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=2,
    )
    server = uvicorn.Server(config)
    failed = Event()

    def serve() -> None:
        try:
            server.run(sockets=[listener])
        finally:
            if not server.should_exit:
                failed.set()
                stop.set()

    thread = Thread(target=serve, name="stand-web", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()
    if failed.is_set():
        raise RuntimeError("the web server of the stand ended by itself")


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises ConfigurationError when the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise ConfigurationError(
            f"the stand cannot listen on {host}:{port} ({error.strerror}); set VITRINE_STAND_PORT"
        ) from error
    return listener
