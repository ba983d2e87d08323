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

from tests.builders import at, make_engagement, make_person
from tests.stand_builders import ENGAGED, Running, make_campaign, make_offer
from vitrine.services.stand.virtual_player import VirtualPlayer, server_sent_events
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
    """A player's event stream, read in a thread."""

    def __init__(
        self,
        address: str,
        player_id: str,
        player: str,
        token: str = "",
    ) -> None:
        self._url = (
            f"{address}/stands/north/events?player={player}&player_id={player_id}"
        )
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._events: Queue[tuple[str, Any]] = Queue()
        self._closed = Event()
        self.names: list[str] = []
        """Of all events so far."""

    def read(self) -> None:
        """Put events into the queue until the stream ends, or one arrives after the block."""
        with httpx.stream(
            "GET",
            self._url,
            headers=self._headers,
            timeout=10,
        ) as response:
            response.raise_for_status()
            for name, data in server_sent_events(response.iter_lines()):
                self.names.append(name)
                self._events.put((name, json.loads(data)))
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
) -> Iterator[Listener]:
    """A player that is connected during the block."""
    until(lambda: not stand.health.reasons(), "the stand to be ready")
    listener = Listener(stand.address, player_id, player, token)
    thread = Thread(target=listener.read)
    thread.start()
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


def post(stand: Running, *reports: dict[str, Any]) -> httpx.Response:
    return stand.http.post("/stands/north/plays", json={"plays": reports})


def live(stand: Running) -> Any:
    """The next figures of the operator's console."""
    with httpx.stream(
        "GET",
        f"{stand.address}/live/events",
        timeout=10,
    ) as response:
        return json.loads(next(server_sent_events(response.iter_lines()))[1])


def concerns(stand: Running) -> list[Any]:
    """What needs somebody at the first stand."""
    found: list[Any] = live(stand)["stands"][0]["concerns"]
    return found
