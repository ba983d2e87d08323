"""Crashes and restarts of engagement: the exposures are those of a run without them."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any
from unittest.mock import Mock

import pytest

from tests.builders import (
    make_face,
    make_frame_faces,
    make_mall,
    make_track_id,
    received,
)
from vitrine.bus import Commit, Message, Outgoing, Received, TopicPartition, encode
from vitrine.bus.memory import MemoryBus
from vitrine.clock import EventClock
from vitrine.mall import Stand
from vitrine.mall.folder import FixedMall
from vitrine.runtime import Context, Handler, Outputs, ServiceLoop
from vitrine.runtime.stop import DrainingStop
from vitrine.schemas import Exposure, Face, FrameFaces
from vitrine.services.engagement.app import build
from vitrine.services.engagement.handler import EngagementHandler
from vitrine.services.engagement.settings import EngagementSettings
from vitrine.settings import Settings
from vitrine.telemetry.health import Health
from vitrine.topics import EXPOSURES, FACES, TOPICS

MALL = FixedMall(make_mall(Stand(id="north"), Stand(id="south")))
PERIOD_S = 0.4


class Crash(Exception):
    """A scripted end of the process."""


def scenario() -> list[FrameFaces]:
    """Two stands, three cameras, 150 s: a presence of more than two minutes, broken tracks, passers-by,
    an unsteady camera clock, a camera that ends, and a stand that nobody configured."""
    noise = random.Random(3)
    frames = []
    for step in range(round(150 / PERIOD_S)):
        second = step * PERIOD_S
        frames.append(
            make_frame_faces(
                second, [*stayer(second, noise), *passers_by(second, 100, noise)]
            )
        )
        if 20 < second < 80 or second > 110:
            others = passers_by(second + 7, 400, noise)
            frames.append(make_frame_faces(second - 0.05, others, camera="north-2"))
        if 55 <= second < 64:
            south = passers_by(second + 3, 200, noise)
            frames.append(
                make_frame_faces(second + 0.1, south, camera="south-1", stand="south")
            )
    frames.append(make_frame_faces(64.2, camera="south-1", stand="south", ended=True))
    frames.insert(100, make_frame_faces(1.0, [make_face("late")]))
    frames.insert(200, make_frame_faces(75.0, [make_face("lost")], stand="attic"))
    return frames


def stayer(second: float, noise: random.Random) -> Iterator[Face]:
    """Somebody who stays from second 5 to 145, looks to and fro, and is now and then not found."""
    if 5 <= second <= 145 and second % 21 > 1:
        yaw = noise.gauss(0, 8) + (50 if second % 13 > 8 else 0)
        smile = 0.25 if second % 40 > 35 else 0.0
        track = make_track_id(second // 21 * 21)
        yield make_face(track, x=300 + noise.gauss(0, 3), yaw=yaw, smile=smile)


def passers_by(second: float, x: float, noise: random.Random) -> list[Face]:
    """A new person every ten seconds, who stays for five."""
    track = make_track_id(second // 10 * 10, number=round(x))
    return (
        [make_face(track, x=x + noise.gauss(0, 3), size=60)] if second % 10 < 5 else []
    )


def filled_bus(frames: Sequence[FrameFaces]) -> MemoryBus:
    """The frames on the bus, with something in between that is none."""
    bus = MemoryBus(TOPICS)
    producer = bus.producer()
    for number, frame in enumerate(frames):
        producer.send(encode(Outgoing(FACES, frame.stand_id, frame)))
        if number % 50 == 10:
            producer.send(Message("faces", "north", b"{}", {"schema": b"faces/1"}))
    producer.flush()
    return bus


def run_once(bus: MemoryBus, handler: Handler, batch: int) -> None:
    """One process, until it has handled what is on the bus."""
    stop = DrainingStop()
    stop.set()
    loop = ServiceLoop(
        "engagement", bus, [FACES], handler, Health(), max_records=batch, idle_s=0.0
    )
    loop.run(stop)


def engagement() -> EngagementHandler:
    return EngagementHandler(MALL, EngagementSettings(), EventClock(), finite=True)


def published(bus: MemoryBus) -> dict[str, set[bytes]]:
    """Every content that was published for each exposure."""
    found: dict[str, set[bytes]] = {}
    consumer = bus.consumer("test", [EXPOSURES])
    while records := consumer.poll(0.0, 1000):
        for record in records:
            exposure = Exposure.model_validate_json(record.value)
            found.setdefault(exposure.exposure_id, set()).add(record.value)
    consumer.close()
    return found


class Crashing(Handler):
    """Engagement in a process that crashes once at each record."""

    def __init__(
        self, place: str, crashed: set[tuple[TopicPartition, int]], every: int = 1
    ) -> None:
        self.inner = engagement()
        self.place = place
        self.crashed = crashed
        self.every = every
        self.last: Sequence[Received[Any]] = ()

    def assigned(self, commits: Any) -> Any:
        return self.inner.assigned(commits)

    def revoked(self, partitions: Any) -> None:
        self.inner.revoked(partitions)

    def stopped(self) -> Outputs:
        return self.inner.stopped()

    def handle(self, batch: Sequence[Received[Any]]) -> Outputs:
        self.last = batch
        if self.place == "between batches":
            self.crash(batch[:1])
        if self.place == "in the handler":
            for number, record in enumerate(batch):
                if self.is_due(record):
                    self.inner.handle(batch[:number])
                    self.crash([record])
        return self.inner.handle(batch)

    def published(self, outputs: Outputs) -> None:
        if self.place == "after publish, before commit":
            self.crash(self.last[-1:])

    def is_due(self, record: Received[Any]) -> bool:
        place = record.source, record.record.offset
        return record.record.offset % self.every == 0 and place not in self.crashed

    def crash(self, records: Sequence[Received[Any]]) -> None:
        for record in records:
            if self.is_due(record):
                self.crashed.add((record.source, record.record.offset))
                raise Crash


def run_with_crashes(bus: MemoryBus, place: str, batch: int, every: int = 1) -> int:
    """Restart after each crash until all is done; returns how many there were."""
    crashed: set[tuple[TopicPartition, int]] = set()
    while True:
        try:
            run_once(bus, Crashing(place, crashed, every), batch)
        except Crash:
            continue
        return len(crashed)


@pytest.fixture(scope="module")
def frames() -> list[FrameFaces]:
    return scenario()


@pytest.fixture(scope="module")
def undisturbed(frames: list[FrameFaces]) -> dict[str, set[bytes]]:
    bus = filled_bus(frames)
    run_once(bus, engagement(), 500)
    return published(bus)


def test_the_service_as_built_gives_the_same(
    frames: list[FrameFaces], undisturbed: dict[str, set[bytes]]
) -> None:
    bus = filled_bus(frames)
    stop = DrainingStop()
    stop.set()
    build(
        Context(
            Settings(),
            bus,
            MALL,
            Health(),
            redis=Mock(),
            clock=EventClock(),
            finite=True,
        )
    ).run(stop)
    assert published(bus) == undisturbed


def test_the_scenario_holds_what_it_is_for(undisturbed: dict[str, set[bytes]]) -> None:
    parts = [
        Exposure.model_validate_json(value)
        for values in undisturbed.values()
        for value in values
    ]
    (stay,) = {part.presence_id for part in parts if part.part == 2}
    long = sorted(
        (part for part in parts if part.presence_id == stay), key=lambda part: part.part
    )
    assert [part.final for part in long] == [False, False, True]
    assert long[-1].end_ns - long[0].start_ns > 120e9
    assert len(long[-1].track_ids) >= 5
    assert any(a.attention[-1][1] == b.attention[0][0] for a, b in pairwise(long))
    assert any(part.response_max > 0.5 for part in long)
    assert {part.stand_id for part in parts} == {"north", "south"}
    assert len(parts) > 25


@pytest.mark.parametrize("batch", [1, 7, 25])
@pytest.mark.parametrize(
    "place", ["in the handler", "after publish, before commit", "between batches"]
)
def test_crashes_at_every_record_change_no_exposure(
    place: str, batch: int, frames: list[FrameFaces], undisturbed: dict[str, set[bytes]]
) -> None:
    bus = filled_bus(frames)
    crashes = run_with_crashes(bus, place, batch)
    assert crashes >= len(frames) / batch / 2
    assert published(bus) == undisturbed


def test_what_does_not_fit_into_a_note_is_read_again(
    frames: list[FrameFaces],
    undisturbed: dict[str, set[bytes]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("vitrine.services.engagement.handler.NOTE_LIMIT", 900)
    bus = filled_bus(frames)
    run_with_crashes(bus, "in the handler", batch=7, every=10)
    assert published(bus) == undisturbed


def test_a_restart_goes_on_where_it_stood(frames: list[FrameFaces]) -> None:
    source = TopicPartition("faces", 0)
    records = [
        received(frame, offset=offset, partition=0)
        for offset, frame in enumerate(frames)
    ]
    whole = exposures(engagement(), records)
    notes: list[Commit] = []
    handler = engagement()
    before = []
    for record in records:
        outputs = handler.handle([record])
        before.append(len(exposure_events(outputs)))
        notes.append(outputs.resume[source])
    for number in range(0, len(records), 17):
        successor = engagement()
        successor.assigned({source: notes[number]})
        rest = exposures(successor, records[notes[number].offset :])
        assert rest == whole[sum(before[: number + 1]) :]


def test_a_crowd_of_sixty_holds_the_offset_for_a_bounded_time_only() -> None:
    noise = random.Random(5)
    tracks = [make_track_id(-noise.random(), number=i) for i in range(60)]
    handler = engagement()
    source = TopicPartition("faces", 0)
    waits = []
    for offset in range(300):
        faces = [
            make_face(
                track,
                x=10 * i + noise.random(),
                size=90 + noise.random(),
                smile=noise.gauss(0, 0.02),
            )
            for i, track in enumerate(tracks)
        ]
        frame = make_frame_faces(offset / 5, faces)
        commit = handler.handle([received(frame, offset=offset, partition=0)]).resume[
            source
        ]
        assert len(commit.note) <= 4000
        waits.append(offset + 1 - commit.offset)
    record_bytes = len(received(frame).record.value)
    assert 2 <= max(waits) <= 16_000_000 / record_bytes + 1


def exposure_events(outputs: Outputs) -> list[Exposure]:
    return [
        message.event
        for message in outputs.messages
        if isinstance(message.event, Exposure)
    ]


def exposures(handler: Handler, records: Sequence[Received[Any]]) -> list[Exposure]:
    """What these records and a stop lead to, in order."""
    return exposure_events(handler.handle(records)) + exposure_events(handler.stopped())
