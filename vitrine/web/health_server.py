"""Tell over HTTP whether a process lives and is ready, and its metrics."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from threading import Thread
from typing import Any, Final

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest

from vitrine.errors import ConfigurationError
from vitrine.telemetry.health import Health
from vitrine.telemetry.listening import at_port, listen_on
from vitrine.telemetry.metrics import HTTP_REFUSED, READY
from vitrine.web import names
from vitrine.web.bounded_server import BoundedServer
from vitrine.web.headers import COMMON
from vitrine.web.names import ServerNames
from vitrine.web.problem_page import problem_page, wants_page

# How often the server looks whether it shall stop: a process ends without a noticeable delay.
STOP_CHECK_S: Final = 0.1
# Connections that wait to be accepted: above what is open at a time. Chosen, not measured.
WAITING_CONNECTIONS: Final = 128
JSON: Final = "application/json"
UNKNOWN: Final = "Try /healthz, /readyz or /metrics."


@contextmanager
def health_server(
    health: Health,
    host: str,
    port: int,
    server_names: ServerNames | None = None,
) -> Iterator[int]:
    """Serve /healthz, /readyz and /metrics while the block runs; yield the port.

    Port 0 asks for a free one. Raises ConfigurationError when the port is taken.
    """
    listener = _listen(host, port)
    handler = partial(HealthHandler, health, server_names or ServerNames())
    server = BoundedServer(listener, handler)
    thread = Thread(
        target=server.serve_forever,
        kwargs={"poll_interval": STOP_CHECK_S},
        name="health",
        daemon=True,
    )
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _listen(host: str, port: int) -> socket.socket:
    try:
        return listen_on(host, port, WAITING_CONNECTIONS)
    except OSError as error:
        raise ConfigurationError(
            f"health and metrics cannot listen on {at_port(host, port)} "
            f"({error.strerror}); set VITRINE_HEALTH_PORT or VITRINE_HEALTH_HOST"
        ) from error


class HealthHandler(BaseHTTPRequestHandler):
    """Answer one request. Nothing reads a body."""

    def __init__(
        self,
        health: Health,
        server_names: ServerNames,
        *connection: Any,
    ) -> None:
        """Answer what comes from a connection: what the base class takes."""
        self._health = health
        self._names = server_names
        super().__init__(*connection)

    def do_GET(self) -> None:
        """Answer one of the three addresses."""
        assert isinstance(self.server, BoundedServer)  # noqa: S101 - no other makes it
        self.server.answers(self.connection)
        for host in self.headers.get_all("Host", []):
            if not self._names.admits(host):
                HTTP_REFUSED.labels("host").inc()
                self._refuse(421, names.refusal(host))
                return
        path, _, _ = self.path.partition("?")
        match path.rstrip("/"):
            case "/healthz":
                self._answer_json(200, {"alive": True})
            case "/readyz":
                self._answer_ready()
            case "/metrics":
                READY.set(not self._health.reasons())
                self._answer(200, CONTENT_TYPE_LATEST, generate_latest(REGISTRY))
            case _:
                self._refuse(404, UNKNOWN)

    def send_error(
        self,
        code: int,
        message: str | None = None,
        explain: str | None = None,
    ) -> None:
        """Answer what is no request that is known here."""
        HTTP_REFUSED.labels("malformed").inc()
        self._refuse(code, message or explain or HTTPStatus(code).phrase)

    def end_headers(self) -> None:
        """Add the headers that every answer has."""
        for name, value in COMMON.items():
            self.send_header(name, value)
        super().end_headers()

    def version_string(self) -> str:
        """Return a name without versions."""
        return "vitrine"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Log nothing: orchestrator and Prometheus ask every few seconds."""

    def _answer_ready(self) -> None:
        reasons = self._health.reasons()
        status = 503 if reasons else 200
        ready = {"ready": not reasons, "reasons": reasons}
        self._answer_json(status, ready)

    def _refuse(self, status: int, detail: str) -> None:
        # There are none where the first line was malformed.
        headers: Mapping[str, str] = getattr(self, "headers", {})
        if not wants_page(headers.get("Accept", "")):
            self._answer_json(status, {"error": detail})
            return
        page = problem_page(status, detail)
        self._answer(status, "text/html; charset=utf-8", page.encode())

    def _answer_json(self, status: int, body: object) -> None:
        self._answer(status, JSON, json.dumps(body).encode())

    def _answer(self, status: int, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
