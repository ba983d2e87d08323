"""Players for the tests of the stand, and what they play."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from threading import Event, Thread
from typing import Any

import httpx
from websockets.sync.client import connect

from tests.builders import at, make_engagement, make_person
from tests.stand_builders import ENGAGED, Running, make_campaign, make_offer
from vitrine.services.stand.protocol import Frame
from vitrine.services.stand.virtual_player import VirtualPlayer
from vitrine.topics import ENGAGEMENT

SPRING = make_campaign(
    "spring",
    {"id": "shoe", "name": "Der Schuh", "file": "shoe.html", "seconds": 8},
    {"id": "shoe-more", "file": "shoe-more.html", "seconds": 6, "when": ENGAGED},
    offers=[make_offer(text="10 % off")],
)
"""A plain creative, one for engaged people, and an offer."""


def until(
    condition: Callable[[], Any],
    what: str,
    limit_s: float = 15.0,
) -> Any:
    """Poll a condition until it is true."""
    deadline = time.monotonic() + limit_s
    pause = Event()
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {limit_s} s for {what}")
        pause.wait(0.01)


def look(stand: Running, start: float, end: float, **person: Any) -> float:
    """Publish snapshots four times a second, and return `end`.

    They show one person with these fields, or nobody.
    """
    people = [make_person(**person)] if person else []
    for n in range(round((end - start) * 4) + 1):
        second = start + n / 4
        stand.publish(ENGAGEMENT, make_engagement(second, *people))
        until(
            lambda s=second: stand.clock.now_ns() >= at(s),  # type: ignore[misc]
            "the snapshot to be taken in",
        )
    return end


class Listener:
    """A player's events, read in a thread."""

    def __init__(
        self,
        address: str,
        player_id: str,
        player: str,
        token: str = "",
        window: str = "",
    ) -> None:
        query = f"player={player}&player_id={player_id}{window}"
        self._url = f"{address.replace('http', 'ws', 1)}/stands/north/events?{query}"
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._events: Queue[tuple[str, Any]] = Queue()
        self._closed = Event()
        self.names: list[str] = []
        """Of all events so far."""

    def read(self) -> None:
        """Put events into the queue until there are no more, or one arrives after the block."""
        with connect(self._url, additional_headers=self._headers) as socket:
            for text in socket:
                frame = Frame.model_validate_json(text)
                self.names.append(frame.event)
                self._events.put((frame.event, frame.data))
                if self._closed.is_set():
                    return
        self._events.put(("end", None))

    def next(self, name: str) -> Any:
        """The data of the next event of this name."""
        while True:
            found, data = self._events.get(timeout=10)
            if found == name:
                return data

    def close(self) -> None:
        self._closed.set()


@contextmanager
def listening(
    stand: Running,
    player_id: str = "page-1",
    player: str = "page",
    token: str = "",
    window: str = "",
) -> Iterator[Listener]:
    """A player that is connected during the block; `window` is its size, as in the address."""
    until(lambda: not stand.health.reasons(), "the stand to be ready")
    listener = Listener(stand.address, player_id, player, token, window)
    thread = Thread(target=listener.read)
    thread.start()
    # Who comes first is in charge.
    until(lambda: listener.names, f"{player_id} to be connected")
    try:
        yield listener
    finally:
        listener.close()
        thread.join(10)


@contextmanager
def virtual_player(stand: Running, keep: Path | None = None) -> Iterator[None]:
    """A virtual player at work during the block."""
    stop = Event()
    thread = Thread(
        target=VirtualPlayer(stand.address, ["north"], stand.clock, keep).run,
        args=(stop,),
    )
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(30)


def report_of(
    event: Any, start: float, end: float, *, completed: bool = True
) -> dict[str, Any]:
    """The report of a play command."""
    command = event["command"]
    return {
        "play_id": f"{command['player_id']}.{command['command_id']}",
        "token": event["token"],
        "start_ns": at(start),
        "end_ns": at(end),
        "completed": completed,
    }


HANDSHAKE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
}
"""Headers with which a `GET` asks for a WebSocket; the key is that of RFC 6455, 1.3."""


def post(stand: Running, *reports: dict[str, Any]) -> httpx.Response:
    return stand.http.post("/stands/north/plays", json={"plays": reports})


def live(stand: Running) -> Any:
    """The next figures of the operator's console."""
    with httpx.stream(
        "GET",
        f"{stand.address}/live/events",
        timeout=10,
    ) as response:
        return next(sent_events(response))[1]


def sent_events(response: httpx.Response) -> Iterator[tuple[str, Any]]:
    """Names and data of server-sent events, as they come."""
    name = ""
    for line in response.iter_lines():
        if line.startswith("event:"):
            name = line.removeprefix("event:").strip()
        if line.startswith("data:"):
            yield name, json.loads(line.removeprefix("data:"))


def concerns(stand: Running) -> list[Any]:
    """What needs somebody at the first stand."""
    found: list[Any] = live(stand)["stands"][0]["concerns"]
    return found
