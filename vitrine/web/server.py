"""A web server in a thread of its own."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from threading import Event, Thread

import uvicorn
from fastapi import FastAPI

from vitrine.errors import ConfigurationError
from vitrine.telemetry.listening import at_port, listen_on
from vitrine.web import limits
from vitrine.web.certificate import Certificate
from vitrine.web.connections import BoundedConnection, InOrder
from vitrine.web.encrypted import encrypted_by
from vitrine.web.names import ServerNames
from vitrine.web.protection import Protection
from vitrine.web.sockets import OneWaySocket

NO_LIMITS: Mapping[str, int] = {}


class _Server(uvicorn.Server):
    """Leave no connection open at the end.

    uvicorn leaves those that did not end in time to the collector of garbage; until that comes,
    their clients wait for an answer.
    """

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Wait for the connections to end, and then end those that are left."""
        await super().shutdown(sockets)
        for connection in list(self.server_state.connections):
            assert isinstance(connection.transport, asyncio.Transport)  # noqa: S101
            connection.transport.abort()
        # The loop closes what was aborted in its next round.
        await asyncio.sleep(0)


@contextmanager
def web_server(
    app: FastAPI,
    listener: socket.socket,
    stop: Event,
    *,
    name: str,
    names: ServerNames | None = None,
    body_bytes: Mapping[str, int] = NO_LIMITS,
    open_files: tuple[str, ...] = (),
    tls: ssl.SSLContext | None = None,
) -> Iterator[None]:
    """Serve `app` while the block runs, behind a `Protection`, which see.

    If the server ends by itself, it sets `stop`, and RuntimeError is raised at the end
    of the block. `name` stands in the error and in the name of the thread.
    """
    protected = Protection(
        app,
        names or ServerNames(),
        body_bytes,
        open_files,
    )
    config = uvicorn.Config(
        protected,
        http=BoundedConnection if tls is None else encrypted_by(tls),
        log_config=None,
        access_log=False,
        lifespan="off",
        ws=OneWaySocket,
        ws_max_size=limits.FRAME_BYTES,
        ws_ping_interval=limits.PING_S,
        ws_ping_timeout=limits.PING_S,
        # Events are small; each connection would have buffers of its own.
        ws_per_message_deflate=False,
        timeout_keep_alive=limits.KEEP_ALIVE_S,
        timeout_graceful_shutdown=limits.SHUTDOWN_S,
    )
    server = _Server(config)
    server.server_state.connections = InOrder()  # type: ignore[assignment]
    failed = Event()

    def serve() -> None:
        try:
            server.run(sockets=[listener])
        finally:
            if not server.should_exit:
                failed.set()
                stop.set()

    thread = Thread(target=serve, name=f"{name}-web", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()
    if failed.is_set():
        raise RuntimeError(f"the web server of the {name} ended by itself")


@contextmanager
def served(
    app: FastAPI,
    host: str,
    port: int,
    stop: Event,
    *,
    name: str,
    variable: str,
    names: ServerNames,
    body_bytes: Mapping[str, int] = NO_LIMITS,
    open_files: tuple[str, ...] = (),
    certificate: Certificate | None = None,
) -> Iterator[str]:
    """Serve `app` at a port while the block runs, as `web_server` does; yield its address.

    Follows the certificate. Raises ConfigurationError, which names `variable`, when the port is
    taken.
    """
    tls = None if certificate is None else certificate.context
    with ExitStack() as stack:
        listener = listen(host, port, name=name, variable=variable)
        stack.enter_context(listener)
        if certificate is not None:
            stack.enter_context(certificate.followed(stop))
        server = web_server(
            app,
            listener,
            stop,
            name=name,
            names=names,
            body_bytes=body_bytes,
            open_files=open_files,
            tls=tls,
        )
        stack.enter_context(server)
        yield address_of(listener, secure=certificate is not None)


def listen(
    host: str,
    port: int,
    *,
    name: str,
    variable: str,
) -> socket.socket:
    """Return a listening socket; port 0 takes a free one.

    Raises ConfigurationError, which names `variable`, when the port is taken.
    """
    try:
        return listen_on(host, port, limits.WAITING_CONNECTIONS)
    except OSError as error:
        raise ConfigurationError(
            f"the {name} cannot listen on {at_port(host, port)} ({error.strerror}); "
            f"set {variable} or VITRINE_HTTP_HOST"
        ) from error


def address_of(listener: socket.socket, *, secure: bool = False) -> str:
    """Return the address of a listening socket, as a browser takes it."""
    host, port = listener.getsockname()[:2]
    scheme = "https" if secure else "http"
    return f"{scheme}://{at_port(host, port)}"
