"""The stand with its web server, a real Redis-compatible server, and players that speak HTTP."""

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
import pytest

from services.stand.virtual_player import VirtualPlayer, server_sent_events
from tests.builders import T0_NS, at, make_engagement, make_identity, make_person
from tests.stand_builders import (
    ENGAGED,
    TILL_TOKEN,
    Running,
    make_campaign,
    make_offer,
    running_stand,
    write_creatives,
)
from vitrine.clock import EventClock
from vitrine.stores.embedded import embedded_redis
from vitrine.topics import ENGAGEMENT, IDENTITIES, INTERACTIONS, PLAYS

SPRING = make_campaign(
    "spring",
    {"id": "shoe", "file": "shoe.html", "seconds": 8},
    {"id": "shoe-more", "file": "shoe-more.html", "seconds": 6, "when": ENGAGED},
    offers=[make_offer()],
)


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    with embedded_redis() as url:
        yield url


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_creatives(tmp_path, SPRING)
    (tmp_path / "codes").mkdir()
    return tmp_path


def until(condition: Callable[[], Any], what: str, limit_s: float = 15.0) -> Any:
    """Poll a condition until it is true."""
    deadline, pause = time.monotonic() + limit_s, Event()
    while not (result := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {limit_s} s for {what}")
        pause.wait(0.01)
    return result


class Listener:
    """A player's event stream, read in a thread."""

    def __init__(self, stand: Running, player_id: str, player: str) -> None:
        self.events: Queue[tuple[str, Any]] = Queue()
        self.stand, self.player_id = stand, player_id
        self._path = f"/stands/north/events?player={player}&player_id={player_id}"
        self._closed = Event()
        self._thread = Thread(target=self._read)

    def _read(self) -> None:
        with httpx.stream("GET", f"{self.stand.address}{self._path}", timeout=5) as response:
            for name, data in server_sent_events(response.iter_lines()):
                self.events.put((name, json.loads(data)))
                if self._closed.is_set():
                    return
        self.events.put(("end", None))

    def next(self, name: str) -> Any:
        """The data of the next event of this name."""
        while True:
            found, data = self.events.get(timeout=10)
            if found == name:
                return data

    @contextmanager
    def open(self) -> Iterator[Listener]:
        """Listen during the block."""
        self._thread.start()
        try:
            yield self
        finally:
            self._closed.set()
            self._thread.join(10)


def test_a_virtual_player_plays_the_rotation_and_the_plays_are_on_the_bus(
    folder: Path, redis_url: str
) -> None:
    with running_stand(folder, redis_url, SPRING) as stand:
        stop = Event()
        player = VirtualPlayer(stand.address, ["north"], stand.clock)
        thread = Thread(target=player.run, args=(stop,))
        thread.start()
        second = 0.0
        while len(stand.read(PLAYS)) < 2:
            second += 0.25
            assert second < 600
            stand.publish(ENGAGEMENT, make_engagement(second))
            until(lambda s=second: stand.clock.now_ns() >= at(s), "the event to be taken in")
        stop.set()
        thread.join(10)
        plays = stand.read(PLAYS)
    assert [(p.creative_id, p.completed, p.player) for p in plays[:2]] == [("shoe", True, "virtual")] * 2
    assert plays[0].end_ns - plays[0].start_ns == 8 * 10**9
    assert not plays[-1].completed
    assert len({p.play_id for p in plays}) == len(plays)
