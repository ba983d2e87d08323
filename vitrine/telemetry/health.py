"""Whether a process lives and is ready, and the small HTTP server that says so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest

from vitrine.errors import ConfigurationError
from vitrine.telemetry.metrics import READY


class Health:
    """What keeps a process from being ready, by component; thread-safe."""

    def __init__(self) -> None:
        self._reasons: dict[str, str] = {}
        self._lock = Lock()

    def unready(self, component: str, reason: str) -> None:
        """Say why `component` cannot work now."""
        with self._lock:
            self._reasons[component] = reason

    def ready(self, component: str) -> None:
        """`component` works again."""
        with self._lock:
            self._reasons.pop(component, None)

    def reasons(self) -> dict[str, str]:
        """Why the process is not ready; empty when it is."""
        with self._lock:
            return dict(self._reasons)


@contextmanager
def health_server(health: Health, host: str, port: int) -> Iterator[int]:
    """Serves /healthz, /readyz and /metrics while the block runs; yields the port (0 asks for a free one).

    Raises ConfigurationError when the port is taken.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            match self.path.partition("?")[0]:
                case "/healthz":
                    self._answer(200, {"alive": True})
                case "/readyz":
                    reasons = health.reasons()
                    self._answer(503 if reasons else 200, {"ready": not reasons, "reasons": reasons})
                case "/metrics":
                    READY.set(not health.reasons())
                    self._send(200, CONTENT_TYPE_LATEST, generate_latest(REGISTRY))
                case _:
                    self._answer(404, {"error": "try /healthz, /readyz or /metrics"})

        def _answer(self, status: int, body: object) -> None:
            self._send(status, "application/json", json.dumps(body).encode())

        def _send(self, status: int, content_type: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Probes are no news."""

    try:
        server = ThreadingHTTPServer((host, port), Handler)
    except OSError as error:
        raise ConfigurationError(
            f"health and metrics cannot listen on {host}:{port} ({error.strerror}); set VITRINE_HEALTH_PORT"
        ) from error
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, name="health", daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
