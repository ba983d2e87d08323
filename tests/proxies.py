"""A network between a player and a stand that can forget, refuse, hold up and delay."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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
        self.refusing = False
        """New connections end at once."""
        self.open = Event()
        """Cleared while bytes wait on their way, and come later."""
        self.open.set()
        self.delay_s = 0.0
        """Time that each piece waits on its way."""

    def serve(self) -> None:
        """Accept connections until the proxy is closed."""
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            if self.refusing:
                client.close()
            else:
                self._connect(client)

    def _connect(self, client: socket.socket) -> None:
        """Begin to pass on; a server that is away ends the connection."""
        try:
            server = socket.create_connection(("127.0.0.1", self._port))
        except OSError:
            client.close()
            return
        forgotten = Event()
        with self._lock:
            self._forgotten.append(forgotten)
            self._sockets += [client, server]
        for source, target in ((client, server), (server, client)):
            pump = Thread(
                target=self._pump,
                args=(source, target, forgotten),
                daemon=True,
            )
            pump.start()

    def _pump(
        self,
        source: socket.socket,
        target: socket.socket,
        forgotten: Event,
    ) -> None:
        try:
            while data := source.recv(BYTES):
                self.open.wait()
                time.sleep(self.delay_s)
                if not forgotten.is_set():
                    target.sendall(data)
            if not forgotten.is_set():
                target.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def refuse(self) -> None:
        """End all connections, and new ones at once, until `refusing` is False again."""
        self.refusing = True
        self._end_all()

    def forget(self) -> None:
        """Let all bytes of the connections of now go nowhere, and tell neither end."""
        with self._lock:
            for forgotten in self._forgotten:
                forgotten.set()

    def close(self) -> None:
        """End everything."""
        self.open.set()
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._end_all()

    def _end_all(self) -> None:
        with self._lock:
            ended = self._sockets
            self._sockets = []
            self._forgotten = []
        for each in ended:
            # Closing alone would not wake the thread that reads from it.
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()


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
