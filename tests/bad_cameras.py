"""Cameras that misbehave, as MJPEG over HTTP on a free loopback port."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

from tests.ingest_builders import make_picture
from vitrine.services.ingest.frames import to_jpeg

BOUNDARY = "picture"
Send = Callable[[bytes], None]
Behaviour = Callable[[Send, Event], None]
"""Sends parts until it has enough or the event says that the test is over."""


def jpeg(number: int) -> bytes:
    """A good picture."""
    picture = make_picture(number, width=320, height=240)
    return to_jpeg(picture, 95)


def stops(send: Send, over: Event) -> None:
    """Some pictures, and then nothing more on the open connection."""
    for number in range(10):
        send(jpeg(number))
    over.wait()


def breaks_off(send: Send, over: Event) -> None:
    """Two pictures on each connection, the second cut in half."""
    send(jpeg(0))
    send(jpeg(1)[:2_000])


def floods(send: Send, over: Event) -> None:
    """Twenty times as many pictures as it should send."""
    pictures = [jpeg(number) for number in range(20)]
    number = 0
    while not over.wait(0.01):
        send(pictures[number % len(pictures)])
        number += 1


def sends_garbage(send: Send, over: Event) -> None:
    """Bytes that are no pictures, among a few that begin like one."""
    chance = random.Random(1)
    while not over.wait(0.05):
        send(
            chance.choice([b"", b"\xff\xd8\xff"])
            + chance.randbytes(chance.randrange(1, 20_000))
        )


BEHAVIOURS: Mapping[str, Behaviour] = {
    "stops": stops,
    "breaks-off": breaks_off,
    "floods": floods,
    "sends-garbage": sends_garbage,
}


@contextmanager
def bad_cameras() -> Iterator[tuple[str, dict[str, int]]]:
    """Serves each behaviour at /NAME; yields the address and how many parts were sent of each."""
    over = Event()
    sent = dict.fromkeys(BEHAVIOURS, 0)

    class Camera(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.strip("/")
            self.send_response(200)
            self.send_header(
                "Content-Type", f"multipart/x-mixed-replace; boundary={BOUNDARY}"
            )
            self.end_headers()

            def send(part: bytes) -> None:
                lines = [
                    f"--{BOUNDARY}",
                    "Content-Type: image/jpeg",
                    f"Content-Length: {len(part)}",
                    "",
                    "",
                ]
                head = "\r\n".join(lines)
                self.wfile.write(head.encode() + part + b"\r\n")
                sent[name] += 1

            try:
                BEHAVIOURS[name](send, over)
            except OSError:
                self.close_connection = True

        def log_message(
            self,
            format: str,  # noqa: A002 - the name in the base class
            *args: object,
        ) -> None:
            """They say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Camera)
    server.daemon_threads = True
    thread = Thread(
        target=server.serve_forever,
        kwargs={"poll_interval": 0.05},
    )
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", sent
    finally:
        over.set()
        server.shutdown()
        server.server_close()
        thread.join()
