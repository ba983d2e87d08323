"""Whether a process lives and is ready, and the small HTTP server that says so."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import TypeAlias

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


@dataclass(frozen=True, slots=True)
class Answer:
    """What a page answers."""

    status: int
    content_type: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


Page: TypeAlias = Callable[[str, str], Answer]
"""From the path without its query, and the `Authorization` header or an empty text."""


@contextmanager
def health_server(
    health: Health, host: str, port: int, pages: Mapping[str, Page] | None = None
) -> Iterator[int]:
    """Serves /healthz, /readyz and /metrics while the block runs; yields the port (0 asks for a free one).

    `pages` are further ones, by the first part of their path.
    Raises ConfigurationError when the port is taken.
    """
    served = _usual_pages(health) | dict(pages or {})

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            page = served.get("/" + path.strip("/").partition("/")[0], _nothing)
            answer = page(path, self.headers.get("Authorization", ""))
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Probes are no news."""

    try:
        server = ThreadingHTTPServer((host, port), Handler)
    except OSError as error:
        raise ConfigurationError(
            f"health and metrics cannot listen on {host}:{port} ({error.strerror}); set VITRINE_HEALTH_PORT"
        ) from error
    server.daemon_threads = True
    thread = Thread(
        target=server.serve_forever,
        kwargs={"poll_interval": 0.1},
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


def _usual_pages(health: Health) -> dict[str, Page]:
    def readyz(_path: str, _authorization: str) -> Answer:
        reasons = health.reasons()
        return json_answer(
            503 if reasons else 200, {"ready": not reasons, "reasons": reasons}
        )

    def metrics(_path: str, _authorization: str) -> Answer:
        READY.set(not health.reasons())
        return Answer(200, CONTENT_TYPE_LATEST, generate_latest(REGISTRY))

    return {
        "/healthz": lambda *_: json_answer(200, {"alive": True}),
        "/readyz": readyz,
        "/metrics": metrics,
    }


def _nothing(_path: str, _authorization: str) -> Answer:
    return json_answer(404, {"error": "try /healthz, /readyz or /metrics"})


def json_answer(
    status: int, body: object, headers: Mapping[str, str] | None = None
) -> Answer:
    """An answer for programs."""
    return Answer(status, "application/json", json.dumps(body).encode(), headers or {})
