"""Run the console in the test's process, read its answers, and turn its clock."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import Any

import httpx
from pydantic import SecretStr

from vitrine.bus import Bus, Outgoing, encode
from vitrine.bus.memory import MemoryBus, MemoryTail
from vitrine.mall import Mall
from vitrine.mall.folder import FixedMall
from vitrine.runtime import Context
from vitrine.schemas import Event as BusEvent
from vitrine.schemas import FrameFaces, FrameMeta
from vitrine.services.console.app import ConsoleService
from vitrine.services.console.settings import ConsoleSettings
from vitrine.settings import Settings
from vitrine.stores.redis import connect
from vitrine.telemetry.health import Health
from vitrine.topics import FACES, FRAMES, TOPICS, Topic

VIEWER = "0123456789abcdef"


def make_jpeg(content: bytes = b"") -> bytes:
    """Return a JPEG of 640 x 360 pixels, as its header says, with this content."""
    frame = b"\xff\xc0\x00\x0b\x08\x01\x68\x02\x80\x01\x01\x11\x00"
    return b"\xff\xd8" + frame + content + b"\xff\xd9"


class HandClock:
    """Tell the seconds that a test sets."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def opened(answer: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """Return the JSON of an answer of `/cameras/news`, and the JPEG of each view."""
    length = int.from_bytes(answer[:4], "big")
    head: dict[str, Any] = json.loads(answer[4 : 4 + length])
    start = 4 + length
    jpegs = []
    for view in head["views"]:
        end = start + view["jpeg_bytes"]
        jpegs.append(answer[start:end])
        start = end
    assert start == len(answer)
    return head, jpegs


class WatchedBus(MemoryBus):
    """Count the tails that are open."""

    def __init__(self) -> None:
        super().__init__(TOPICS)
        self.tails = 0

    def tail(self, topics: Mapping[Topic, int]) -> MemoryTail:
        tail = super().tail(topics)
        close = tail.close

        def counted() -> None:
            self.tails -= 1
            close()

        tail.close = counted  # type: ignore[method-assign]
        self.tails += 1
        return tail


@dataclass(frozen=True)
class RunningConsole:
    """Hold a console at work."""

    service: ConsoleService
    bus: Bus
    http: httpx.Client
    health: Health

    def sign_in(self) -> None:
        """Open the live view with an address that works once."""
        answer = self.http.get(self.service.entrance(), follow_redirects=True)
        answer.raise_for_status()

    def ask(
        self,
        after: int = 0,
        viewer: str = VIEWER,
    ) -> tuple[dict[str, Any], list[bytes]]:
        """Return what the page gets when it asks once."""
        answer = self.http.get(
            "/cameras/news",
            params={"viewer": viewer, "after": after},
        )
        answer.raise_for_status()
        return opened(answer.content)

    @property
    def watched(self) -> WatchedBus:
        """Return the bus in memory."""
        assert isinstance(self.bus, WatchedBus)
        return self.bus

    def publish(self, topic: Topic, *events: BusEvent) -> None:
        """Put events of a stand on the bus."""
        producer = self.bus.producer()
        for event in events:
            stand_id: str = event.stand_id  # type: ignore[attr-defined]
            producer.send(encode(Outgoing(topic, stand_id, event)))
        producer.flush()

    def show(self, found: FrameFaces, jpeg: bytes) -> None:
        """Put a frame on the bus, and what was found in it."""
        meta = FrameMeta(
            camera_id=found.camera_id,
            stand_id=found.stand_id,
            captured_at_ns=found.captured_at_ns,
            width=found.width,
            height=found.height,
            synthetic=found.synthetic,
        )
        producer = self.bus.producer()
        frame = Outgoing(FRAMES, meta.camera_id, meta, jpeg, 0)
        producer.send(encode(frame))
        producer.flush()
        self.publish(FACES, found)


@contextmanager
def running_console(
    mall: Mall,
    *,
    bus: Bus | None = None,
    operator_token: str | None = None,
    services_token: str | None = None,
    users: Path | None = None,
    audit_file: Path | None = None,
    **settings: Any,
) -> Iterator[RunningConsole]:
    """Run a console of this mall at a free port, on a bus in memory unless given one."""
    bus = bus or WatchedBus()
    health = Health()
    stop = Event()
    token = None
    if operator_token is not None:
        token = SecretStr(operator_token)
    context = Context(
        settings=Settings(
            bus="memory",
            operator_token=token,
            services_token=SecretStr(services_token) if services_token else None,
            users=users,
            audit_file=audit_file,
        ),
        bus=bus,
        mall=FixedMall(mall),
        health=health,
        redis=lambda: connect("redis://127.0.0.1:1"),
    )
    service = ConsoleService(context, ConsoleSettings(port=0, **settings))
    failures: list[BaseException] = []

    def run() -> None:
        try:
            service.run(stop)
        except BaseException as error:  # noqa: BLE001 - raised again by the test's thread
            failures.append(error)
            service.listening.set()

    thread = Thread(target=run)
    thread.start()
    with ExitStack() as stack:
        stack.callback(lambda: thread.join(20))
        stack.callback(stop.set)
        assert service.listening.wait(20)
        if not failures:
            http = httpx.Client(base_url=service.address, timeout=20)
            stack.enter_context(http)
            yield RunningConsole(service, bus, http, health)
    if failures:
        raise failures[0]
    assert not thread.is_alive()
