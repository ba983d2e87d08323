"""Tell over HTTP whether a process lives and is ready."""

from __future__ import annotations

import json
from collections import ChainMap
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import TypeAlias, cast

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest

from vitrine.errors import ConfigurationError
from vitrine.telemetry.listening import at_port, listen_on
from vitrine.telemetry.metrics import READY


class Health:
    """Keep what stops a process from being ready, by component; thread-safe."""

    def __init__(self) -> None:
        self._reasons: dict[str, str] = {}
        self._lock = Lock()

    def unready(self, component: str, reason: str) -> None:
        """Note why `component` cannot work now."""
        with self._lock:
            self._reasons[component] = reason

    def ready(self, component: str) -> None:
        """Note that `component` works again."""
        with self._lock:
            self._reasons.pop(component, None)

    def reasons(self) -> dict[str, str]:
        """Return why the process is not ready, by component; empty when it is."""
        with self._lock:
            return dict(self._reasons)


@dataclass(frozen=True, slots=True)
class Answer:
    """Hold what a page answers."""

    status: int
    content_type: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


Page: TypeAlias = Callable[[str, str], Answer]
"""Takes the path without its query, and the `Authorization` header or an empty text."""

# How often the server looks whether it shall stop: a process ends without a noticeable delay.
STOP_CHECK_S = 0.1
# Chosen, not measured: an orchestrator, Prometheus and somebody who looks.
WAITING_CONNECTIONS = 16


@contextmanager
def health_server(
    health: Health,
    host: str,
    port: int,
    pages: Mapping[str, Page] | None = None,
) -> Iterator[int]:
    """Serve /healthz, /readyz and /metrics while the block runs; yield the port.

    Port 0 asks for a free one. `pages` are further ones, by the first part of their path.
    Raises ConfigurationError when the port is taken.
    """
    # Looked up at each request: a service that is made anew brings its pages with it.
    served = ChainMap(_usual_pages(health))
    if pages is not None:
        served.maps.append(cast("MutableMapping[str, Page]", pages))
    server = _listen(host, port, served)
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


def _listen(
    host: str,
    port: int,
    pages: Mapping[str, Page],
) -> ThreadingHTTPServer:
    """Return a server of these pages. Raises ConfigurationError when the port is taken."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, _, _ = self.path.partition("?")
            first, _, _ = path.strip("/").partition("/")
            page = pages.get(f"/{first}", _nothing)
            authorization = self.headers.get("Authorization", "")
            answer = page(path, authorization)
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Log nothing: orchestrator and Prometheus ask every few seconds."""

    try:
        listener = listen_on(host, port, WAITING_CONNECTIONS)
    except OSError as error:
        raise ConfigurationError(
            f"health and metrics cannot listen on {at_port(host, port)} "
            f"({error.strerror}); set VITRINE_HEALTH_PORT or VITRINE_HTTP_HOST"
        ) from error
    server = ThreadingHTTPServer((host, port), Handler, bind_and_activate=False)
    # Its own is of IPv4.
    server.socket.close()
    server.socket = listener
    server.server_port = listener.getsockname()[1]
    # A client that keeps its connection open must not keep the process alive.
    server.daemon_threads = True
    return server


def _usual_pages(health: Health) -> dict[str, Page]:
    """Return the pages that every process has, by the first part of their path."""

    def healthz(_path: str, _authorization: str) -> Answer:
        return json_answer(200, {"alive": True})

    def readyz(_path: str, _authorization: str) -> Answer:
        reasons = health.reasons()
        status = 503 if reasons else 200
        return json_answer(status, {"ready": not reasons, "reasons": reasons})

    def metrics(_path: str, _authorization: str) -> Answer:
        READY.set(not health.reasons())
        content = generate_latest(REGISTRY)
        return Answer(200, CONTENT_TYPE_LATEST, content)

    return {
        "/healthz": healthz,
        "/readyz": readyz,
        "/metrics": metrics,
    }


def _nothing(_path: str, _authorization: str) -> Answer:
    return json_answer(404, {"error": "try /healthz, /readyz or /metrics"})


def json_answer(
    status: int,
    body: object,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Return an answer for programs: `body` as JSON."""
    content = json.dumps(body).encode()
    return Answer(status, "application/json", content, headers or {})
