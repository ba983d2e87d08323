"""A network between a player and a stand that can forget connections."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Lock, Thread
from typing import Final

BYTES: Final = 65_536


class Proxy:
    """Pass bytes on between `address` and a server on a port of this machine."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._server = socket.create_server(("127.0.0.1", 0))
        self._lock = Lock()
        self._forgotten: list[Event] = []
        """One for each connection; set once its bytes go nowhere."""
        self._sockets: list[socket.socket] = []
        self.address = f"http://127.0.0.1:{self._server.getsockname()[1]}"

    def serve(self) -> None:
        """Accept connections until the proxy is closed."""
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._port))
            forgotten = Event()
            with self._lock:
                self._forgotten.append(forgotten)
                self._sockets += [client, server]
            for source, target in ((client, server), (server, client)):
                pump = Thread(
                    target=_pump,
                    args=(source, target, forgotten),
                    daemon=True,
                )
                pump.start()

    def forget(self) -> None:
        """Let all bytes of the connections of now go nowhere, and tell neither end."""
        with self._lock:
            for forgotten in self._forgotten:
                forgotten.set()

    def close(self) -> None:
        """End everything."""
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        with self._lock:
            for each in self._sockets:
                each.close()


def _pump(
    source: socket.socket,
    target: socket.socket,
    forgotten: Event,
) -> None:
    try:
        while data := source.recv(BYTES):
            if not forgotten.is_set():
                target.sendall(data)
        if not forgotten.is_set():
            target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


@contextmanager
def proxy_to(address: str) -> Iterator[Proxy]:
    """A proxy before the server at `address` during the block."""
    proxy = Proxy(int(address.rpartition(":")[2]))
    thread = Thread(target=proxy.serve)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.close()
        thread.join(10)
