"""Network cameras over HTTP on free loopback ports, each answer as a test wants it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

BOUNDARY = b"--next"
NONCE = "n0nce"
REALM = "cam"


@dataclass
class Request:
    """Hold what a camera was asked."""

    path: str
    headers: Mapping[str, str]


@dataclass
class Answer:
    """Hold what a camera answers."""

    body: bytes = b""
    status: int = 200
    content_type: str = "application/octet-stream"
    headers: dict[str, str] = field(default_factory=dict)
    chunks: Callable[[Event], Iterator[bytes]] | None = None
    """Instead of the body: sent as they come, without a length."""


Site = Callable[[Request], Answer]


def mjpeg(
    jpegs: list[bytes], *, boundary: bytes = BOUNDARY, length: bool = True
) -> bytes:
    """Return pictures as the body of an answer of several parts."""
    body = b""
    for jpeg in jpegs:
        head = boundary + b"\r\nContent-Type: image/jpeg\r\n"
        if length:
            head += b"Content-Length: %d\r\n" % len(jpeg)
        body += head + b"\r\n" + jpeg + b"\r\n"
    return body


def ranged(request: Request, content: bytes, content_type: str = "video/mp4") -> Answer:
    """Return a file, or the part of it that is asked for."""
    asked = request.headers.get("Range")
    if asked is None:
        return Answer(content, 200, content_type, {"Accept-Ranges": "bytes"})
    first = int(asked.removeprefix("bytes=").split("-")[0])
    headers = {
        "Accept-Ranges": "bytes",
        "Content-Range": f"bytes {first}-{len(content) - 1}/{len(content)}",
    }
    return Answer(content[first:], 206, content_type, headers)


def digest_is_right(request: Request, user: str, password: str) -> bool:
    """Return True for a login by digest (RFC 7616) with this password."""
    method, _, text = request.headers.get("Authorization", "").partition(" ")
    if method != "Digest":
        return False
    fields = {}
    for pair in text.split(","):
        name, _, value = pair.strip().partition("=")
        fields[name] = value.strip('"')
    parts = [
        _md5(f"{user}:{REALM}:{password}"),
        NONCE,
        fields["nc"],
        fields["cnonce"],
        "auth",
        _md5(f"GET:{fields['uri']}"),
    ]
    return fields["response"] == _md5(":".join(parts))


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()  # noqa: S324 - what cameras use


@contextmanager
def http_camera(site: Site, host: str = "127.0.0.1") -> Iterator[str]:
    """Serve a camera; yields host and port."""
    over = Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = site(Request(self.path, dict(self.headers)))
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.content_type)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if answer.chunks is None and not answer.content_type.startswith(
                "multipart"
            ):
                self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            try:
                self._send(answer)
            except OSError:
                self.close_connection = True

        def _send(self, answer: Answer) -> None:
            if answer.chunks is None:
                self.wfile.write(answer.body)
                return
            for chunk in answer.chunks(over):
                self.wfile.write(chunk)
                self.wfile.flush()

        def log_message(
            self,
            format: str,  # noqa: A002 - the name in the base class
            *args: object,
        ) -> None:
            """Not of interest."""

    server = ThreadingHTTPServer((host, 0), Handler)
    server.daemon_threads = True
    thread = Thread(
        target=server.serve_forever,
        kwargs={"poll_interval": 0.01},
    )
    thread.start()
    try:
        yield f"{host}:{server.server_port}"
    finally:
        over.set()
        server.shutdown()
        server.server_close()
        thread.join()
