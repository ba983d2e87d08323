"""How much waits for the workers, and how often the bus is asked."""

from __future__ import annotations

import time
from collections.abc import Mapping

import pytest

from vitrine.bus.memory import MemoryBus
from vitrine.errors import Unavailable
from vitrine.services.ingest.in_flight import InFlight
from vitrine.topics import TOPICS, Topic


class CountingBus(MemoryBus):
    def __init__(self) -> None:
        super().__init__(TOPICS)
        self.waiting = 0
        self.looks = 0
        self.away = False

    def backlog(self, group: str, topic: Topic) -> Mapping[int, int]:
        self.looks += 1
        if self.away:
            raise Unavailable("away")
        return dict.fromkeys(range(topic.partitions), self.waiting)


def test_there_is_room_up_to_the_bound() -> None:
    bus = CountingBus()
    in_flight = InFlight(bus, bound=3, look_every_s=60)
    room = []
    for _ in range(4):
        room.append(in_flight.has_room(0))
        in_flight.sent(0)
    assert room == [True, True, True, False]
    assert in_flight.has_room(1)


def test_the_bus_is_asked_at_half_of_the_bound_after_a_frame_and_not_before_the_next() -> (
    None
):
    bus = CountingBus()
    in_flight = InFlight(bus, bound=8, look_every_s=0)
    before = []
    after = []
    for _ in range(10):
        in_flight.has_room(0)
        before.append(bus.looks)
        in_flight.sent(0)
        after.append(bus.looks)
    assert before == [1, 1, 1, 1, 2, 2, 2, 2, 3, 3]
    assert after == [1, 1, 1, 2, 2, 2, 2, 3, 3, 3]


def test_the_bus_is_asked_no_more_often_than_allowed() -> None:
    bus = CountingBus()
    bus.waiting = 8
    in_flight = InFlight(bus, bound=8, look_every_s=60)
    assert [in_flight.has_room(0) for _ in range(100)] == [False] * 100
    assert bus.looks == 1


def test_what_the_workers_committed_gives_room_again() -> None:
    bus = CountingBus()
    bus.waiting = 8
    in_flight = InFlight(bus, bound=8, look_every_s=0)
    before = in_flight.has_room(0)
    bus.waiting = 7
    assert (before, in_flight.has_room(0)) == (False, True)


def test_a_bus_that_does_not_answer_is_asked_once_a_second() -> None:
    bus = CountingBus()
    bus.away = True
    in_flight = InFlight(bus, bound=8, look_every_s=0)
    for _ in range(10):
        with pytest.raises(Unavailable, match="away"):
            in_flight.has_room(0)
    assert bus.looks == 1


def test_slow_workers_get_less_so_that_nothing_waits_longer_than_allowed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now_s = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now_s)
    bus = CountingBus()
    in_flight = InFlight(bus, bound=16, look_every_s=0, longest_wait_s=1.0)
    rooms = []
    for _ in range(8):
        if in_flight.has_room(0):
            bus.waiting += 1
            in_flight.sent(0)
        rooms.append(bus.waiting)
        now_s += 0.3
    assert rooms == [1, 2, 3, 4, 4, 4, 4, 4], "the first waits longer than a second"
    bus.waiting = 1
    assert not in_flight.has_room(0), "the last waits longer too"
    bus.waiting = 0
    assert in_flight.has_room(0)


def test_what_waits_from_before_a_restart_has_no_age() -> None:
    bus = CountingBus()
    bus.waiting = 5
    in_flight = InFlight(bus, bound=8, look_every_s=0, longest_wait_s=0.0)
    assert in_flight.has_room(0)
