"""A server of few threads: none waits for ever, and there are not too many."""

from __future__ import annotations

import logging
import socket
import sys
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from typing import Any, Final

from vitrine.telemetry.metrics import HTTP_REFUSED

logger = logging.getLogger(__name__)

# An orchestrator, two Prometheus and people who look. Chosen, not measured.
CONNECTIONS: Final = 32
# Seconds that a connection lives: an answer of metrics takes less than one (chosen, not
# measured, for slow networks).
LIFE_S: Final = 10.0


class BoundedServer(ThreadingHTTPServer):
    """Answer each connection once, in a thread, for at most LIFE_S.

    Where CONNECTIONS are open, the oldest that has sent no request gives way to a new one.
    """

    # A client that keeps its connection open must not keep the process alive.
    daemon_threads = True

    def __init__(
        self,
        listener: socket.socket,
        handler: Callable[..., BaseHTTPRequestHandler],
    ) -> None:
        """Serve a socket that listens."""
        address = listener.getsockname()
        super().__init__(address, handler, bind_and_activate=False)
        # Its own is of IPv4.
        self.socket.close()
        self.socket = listener
        self.server_port = address[1]
        self._lock = Lock()
        self._opened_s: dict[Any, float] = {}
        self._answering: set[Any] = set()

    def answers(self, connection: Any) -> None:
        """Note that a connection has sent its request."""
        with self._lock:
            self._answering.add(connection)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer a new connection, or close it when all others are being answered."""
        with self._lock:
            has_room = self._make_room()
            if has_room:
                self._opened_s[request] = time.monotonic()
        if has_room:
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def shutdown_request(self, request: Any) -> None:
        """Forget a connection, and close it."""
        with self._lock:
            self._opened_s.pop(request, None)
            self._answering.discard(request)
        super().shutdown_request(request)

    def service_actions(self) -> None:
        """Close what is open for too long. Called between connections, many times a second."""
        since_s = time.monotonic() - LIFE_S
        with self._lock:
            for connection, opened_s in list(self._opened_s.items()):
                if opened_s < since_s:
                    HTTP_REFUSED.labels("slow").inc()
                    self._hang_up(connection)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002
        """Log an error; that a client did not wait for its answer is none."""
        if isinstance(sys.exception(), OSError):
            logger.debug("a client went away", exc_info=True)
        else:
            logger.exception("an answer failed")

    def _make_room(self) -> bool:
        if len(self._opened_s) < CONNECTIONS:
            return True
        HTTP_REFUSED.labels("crowded").inc()
        for connection in self._opened_s:
            if connection not in self._answering:
                self._hang_up(connection)
                return True
        return False

    def _hang_up(self, connection: Any) -> None:
        """End the waiting of the connection's thread, which then closes it."""
        del self._opened_s[connection]
        try:
            connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            # The client was faster.
            logger.debug("a connection was closed already")
