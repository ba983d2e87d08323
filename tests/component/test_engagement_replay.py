"""Crashes and restarts of engagement: the exposures are those of a run without them.

A new process has nothing but the bus and the store.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any
from unittest.mock import patch

import pytest

from tests.builders import (
    make_face,
    make_frame_faces,
    make_mall,
    make_track_id,
    received,
)
from vitrine.bus import Message, Outgoing, Received, TopicPartition, encode
from vitrine.bus.memory import MemoryBus
from vitrine.clock import EventClock
from vitrine.errors import Unavailable
from vitrine.mall import Stand
from vitrine.mall.folder import FixedMall
from vitrine.runtime import Context, Handler, Outputs, ServiceLoop
from vitrine.runtime.stop import DrainingStop
from vitrine.schemas import Exposure, Face, FrameFaces
from vitrine.services.engagement.app import build
from vitrine.services.engagement.handler import EngagementHandler
from vitrine.services.engagement.settings import EngagementSettings
from vitrine.settings import Settings
from vitrine.stores.presence import Checkpoint, PresenceStore
from vitrine.stores.redis import connect
from vitrine.telemetry.health import Health
from vitrine.topics import EXPOSURES, FACES, TOPICS

MALL = FixedMall(make_mall(Stand(id="north"), Stand(id="south")))
PERIOD_S = 0.4

Contents = dict[str, set[bytes]]
"""Every content that was published for each exposure."""


class Crash(Exception):
    """A scripted end of the process."""


def scenario(start: float, end: float) -> list[FrameFaces]:
    """Two stands and three cameras between two seconds.

    In all, from 0 to 150: a presence of more than two minutes, broken tracks, passers-by,
    an unsteady camera clock, a camera that ends, and a stand that nobody configured.
    """
    noise = random.Random(3)
    frames = []
    first = round(start / PERIOD_S)
    last = round(end / PERIOD_S)
    for step in range(first, last):
        second = step * PERIOD_S
        faces = stayer(second, noise) + passers_by(second, 100, noise)
        frames.append(make_frame_faces(second, faces))
        if 20 < second < 80 or second > 110:
            faces = passers_by(second + 7, 400, noise)
            frames.append(make_frame_faces(second - 0.05, faces, camera="north-2"))
        if 55 <= second < 64:
            faces = passers_by(second + 3, 200, noise)
            frames.append(make_south(second + 0.1, faces))
    frames.append(make_south(64.2, ended=True))
    late = make_frame_faces(start - 20, [make_face("late")])
    lost = make_frame_faces(start, [make_face("lost")], stand="attic")
    frames.insert(len(frames) // 5, late)
    frames.insert(len(frames) // 3, lost)
    return frames


def make_south(
    second: float,
    faces: Sequence[Face] = (),
    *,
    ended: bool = False,
) -> FrameFaces:
    """A frame of the camera that ends."""
    return make_frame_faces(
        second,
        faces,
        camera="south-1",
        stand="south",
        ended=ended,
    )


def stayer(second: float, noise: random.Random) -> list[Face]:
    """Somebody who stays from second 5 to 145, and looks to and fro.

    Now and then nobody finds the face, and its next track is another one.
    """
    if not 5 <= second <= 145 or second % 21 <= 1:
        return []
    yaw = noise.gauss(0, 8)
    if second % 13 > 8:
        yaw += 50
    smile = 0.0
    if second % 40 > 35:
        smile = 0.25
    face = make_face(
        make_track_id(second // 21 * 21),
        x=300 + noise.gauss(0, 3),
        yaw=yaw,
        smile=smile,
    )
    return [face]


def passers_by(second: float, x: float, noise: random.Random) -> list[Face]:
    """A new person every ten seconds, who stays for five."""
    if second % 10 >= 5:
        return []
    track = make_track_id(second // 10 * 10, number=round(x))
    face = make_face(track, x=x + noise.gauss(0, 3), size=60)
    return [face]


def filled_bus(frames: Sequence[FrameFaces]) -> MemoryBus:
    """The frames on the bus, as if in real time, with something in between that is none."""
    bus = MemoryBus(TOPICS)
    producer = bus.producer()
    log_ns = 0
    for number, frame in enumerate(frames):
        log_ns = max(log_ns, frame.captured_at_ns)
        with patch("time.time_ns", return_value=log_ns):
            message = encode(Outgoing(FACES, frame.stand_id, frame))
            producer.send(message)
            if number % 50 == 10:
                invalid = Message("faces", "north", b"{}", {"schema": b"faces/1"})
                producer.send(invalid)
    producer.flush()
    return bus


def run_once(bus: MemoryBus, handler: Handler, batch: int) -> None:
    """One process, until it has handled what is on the bus."""
    stop = DrainingStop()
    stop.set()
    loop = ServiceLoop(
        service="engagement",
        bus=bus,
        topics=[FACES],
        handler=handler,
        health=Health(),
        max_records=batch,
        idle_s=0.0,
    )
    loop.run(stop)


def engagement(url: str, store: PresenceStore | None = None) -> EngagementHandler:
    return EngagementHandler(
        MALL,
        EngagementSettings(),
        store or PresenceStore(lambda: connect(url)),
        EventClock(),
        finite=True,
    )


def published(bus: MemoryBus) -> dict[str, set[bytes]]:
    """Every content that was published for each exposure."""
    found: dict[str, set[bytes]] = {}
    consumer = bus.consumer("test", [EXPOSURES])
    while records := consumer.poll(0.0, 1000):
        for record in records:
            exposure = Exposure.model_validate_json(record.value)
            contents = found.setdefault(exposure.exposure_id, set())
            contents.add(record.value)
    consumer.close()
    return found


class Outage:
    """Let so many attempts to store work, then so many fail, and so on."""

    def __init__(self, works: int, fails: int) -> None:
        self.works = works
        self.fails = fails
        self.attempts = 0

    def next(self) -> None:
        self.attempts += 1
        period = self.works + self.fails
        if self.attempts % period >= self.works:
            raise Unavailable("Redis is away")


class ScriptedStore(PresenceStore):
    """A store that is away now and then."""

    def __init__(self, url: str, outage: Outage) -> None:
        super().__init__(lambda: connect(url))
        self.outage = outage

    def save(self, checkpoints: Mapping[int, Checkpoint]) -> None:
        self.outage.next()
        super().save(checkpoints)


@dataclass
class Script:
    """Crash once at each record whose offset is a multiple of `every`, in one place."""

    place: str
    every: int = 1
    outage: Outage = field(default_factory=lambda: Outage(works=1, fails=0))
    crashed: set[tuple[TopicPartition, int]] = field(default_factory=set)

    def is_due(self, record: Received[Any]) -> bool:
        offset = record.record.offset
        place = (record.source, offset)
        return offset % self.every == 0 and place not in self.crashed

    def crash(self, records: Sequence[Received[Any]]) -> None:
        for record in records:
            if self.is_due(record):
                self.crashed.add((record.source, record.record.offset))
                raise Crash


class Crashing(Handler):
    """Engagement in a process that crashes as its script says."""

    def __init__(self, url: str, script: Script) -> None:
        self.inner = engagement(url, ScriptedStore(url, script.outage))
        self.script = script
        self.last: Sequence[Received[Any]] = ()

    def assigned(self, commits: Any) -> Any:
        return self.inner.assigned(commits)

    def revoked(self, partitions: Any) -> None:
        self.inner.revoked(partitions)

    def stopped(self) -> Outputs:
        return self.inner.stopped()

    def handle(self, batch: Sequence[Received[Any]]) -> Outputs:
        self.last = batch
        if self.script.place == "between batches":
            self.script.crash(batch[:1])
        if self.script.place == "in the handler":
            for number, record in enumerate(batch):
                if self.script.is_due(record):
                    self.inner.handle(batch[:number])
                    self.script.crash([record])
        return self.inner.handle(batch)

    def published(self, outputs: Outputs) -> None:
        if self.script.place == "after publish, before store":
            self.script.crash(self.last[-1:])
        self.inner.published(outputs)
        if self.script.place == "after store, before commit":
            self.script.crash(self.last[-1:])


def run_with_crashes(bus: MemoryBus, url: str, script: Script, batch: int) -> int:
    """Restart after each crash until all is done; returns how many there were."""
    while True:
        try:
            run_once(bus, Crashing(url, script), batch)
        except Crash:
            continue
        return len(script.crashed)


@pytest.fixture(scope="module")
def frames() -> list[FrameFaces]:
    """All of the scenario, 150 s."""
    return scenario(0, 150)


@pytest.fixture(scope="module")
def excerpt() -> list[FrameFaces]:
    """Fourteen seconds of it, around a whole minute."""
    return scenario(52, 66)


@pytest.fixture(scope="module")
def undisturbed(frames: list[FrameFaces], redis_server: str) -> Contents:
    return without_crashes(frames, redis_server)


@pytest.fixture(scope="module")
def undisturbed_excerpt(excerpt: list[FrameFaces], redis_server: str) -> Contents:
    return without_crashes(excerpt, redis_server)


def without_crashes(frames: Sequence[FrameFaces], url: str) -> Contents:
    """Return what one process publishes of these frames."""
    clear(url)
    bus = filled_bus(frames)
    run_once(bus, engagement(url), 500)
    return published(bus)


def clear(url: str) -> None:
    with closing(connect(url)) as client:
        client.flushall()


def test_the_service_as_built_gives_the_same(
    frames: list[FrameFaces], undisturbed: Contents, redis_url: str
) -> None:
    bus = filled_bus(frames)
    stop = DrainingStop()
    stop.set()
    context = Context(
        Settings(),
        bus,
        MALL,
        Health(),
        redis=lambda: connect(redis_url),
        clock=EventClock(),
        finite=True,
    )
    build(context).run(stop)
    assert published(bus) == undisturbed


def parts_in(contents: Contents) -> list[Exposure]:
    """Return all published parts of exposures."""
    parts = []
    for values in contents.values():
        parts += [Exposure.model_validate_json(value) for value in values]
    return parts


def longest_stay(parts: Sequence[Exposure]) -> list[Exposure]:
    """Return the parts, in order, of the one stay that has three of them."""
    (presence_id,) = {part.presence_id for part in parts if part.part == 2}
    stay = [part for part in parts if part.presence_id == presence_id]
    stay.sort(key=lambda part: part.part)
    return stay


def is_attention_cut(stay: Sequence[Exposure]) -> bool:
    """Return whether attention goes on from one part to the next."""
    for earlier, later in pairwise(stay):
        _, last_ns = earlier.attention[-1]
        first_ns, _ = later.attention[0]
        if first_ns == last_ns:
            return True
    return False


def test_the_scenario_holds_what_it_is_for(undisturbed: Contents) -> None:
    parts = parts_in(undisturbed)
    stands = {part.stand_id for part in parts}
    assert stands == {"north", "south"}
    assert len(parts) > 25


def test_the_scenario_holds_a_long_stay_with_many_tracks(undisturbed: Contents) -> None:
    stay = longest_stay(parts_in(undisturbed))
    first = stay[0]
    last = stay[-1]
    responses = [part.response_max for part in stay]
    assert [part.final for part in stay] == [False, False, True]
    assert last.end_ns - first.start_ns > 120e9
    assert len(last.track_ids) >= 5
    assert is_attention_cut(stay)
    assert max(responses) > 0.5


PLACES = [
    "between batches",
    "in the handler",
    "after publish, before store",
    "after store, before commit",
]


def test_the_excerpt_holds_a_cut_and_both_stands(undisturbed_excerpt: Contents) -> None:
    parts = parts_in(undisturbed_excerpt)
    stands = {part.stand_id for part in parts}
    numbers = {(part.part, part.final) for part in parts}
    assert stands == {"north", "south"}
    assert numbers == {(0, False), (0, True), (1, True)}
    assert len(parts) >= 6


@pytest.mark.parametrize("batch", [1, 7, 25])
@pytest.mark.parametrize("place", PLACES)
def test_a_crash_at_every_record_changes_no_exposure(
    place: str,
    batch: int,
    excerpt: list[FrameFaces],
    undisturbed_excerpt: Contents,
    redis_url: str,
) -> None:
    bus = filled_bus(excerpt)
    crashes = run_with_crashes(bus, redis_url, Script(place), batch)
    assert crashes >= len(excerpt) // batch
    assert published(bus) == undisturbed_excerpt


@pytest.mark.parametrize("batch", [1, 25])
@pytest.mark.parametrize("place", PLACES)
def test_crashes_all_along_change_no_exposure(
    place: str,
    batch: int,
    frames: list[FrameFaces],
    undisturbed: Contents,
    redis_url: str,
) -> None:
    # The excerpt is for every record; 29 meets a store in each of its phases, and 3 the
    # last record of some batches.
    every = 29
    if batch > 1 and place != "in the handler":
        every = 3
    bus = filled_bus(frames)
    crashes = run_with_crashes(bus, redis_url, Script(place, every), batch)
    assert crashes >= 5
    assert published(bus) == undisturbed


@pytest.mark.parametrize("place", PLACES)
def test_crashes_while_redis_is_away_for_a_while_change_no_exposure(
    place: str,
    frames: list[FrameFaces],
    undisturbed: Contents,
    redis_url: str,
) -> None:
    bus = filled_bus(frames)
    outage = Outage(works=4, fails=5)
    script = Script(place, every=20, outage=outage)
    run_with_crashes(bus, redis_url, script, batch=7)
    assert outage.attempts > 20
    assert published(bus) == undisturbed


def crowd() -> list[FrameFaces]:
    """Sixty people at once for a dozen seconds, who look to and fro."""
    noise = random.Random(5)
    tracks = []
    for number in range(60):
        track = make_track_id(-noise.random(), number=number)
        tracks.append(track)
    frames = []
    for step in range(30):
        faces = []
        for number, track in enumerate(tracks):
            yaw = 0.0
            if (step + number) % 30 > 20:
                yaw = 60.0
            face = make_face(
                track,
                x=10 * number + noise.random(),
                size=90 + noise.random(),
                yaw=yaw,
                smile=noise.gauss(0, 0.02),
            )
            faces.append(face)
        frames.append(make_frame_faces(step * PERIOD_S, faces))
    return frames


@pytest.fixture(scope="module")
def undisturbed_crowd(redis_server: str) -> Contents:
    return without_crashes(crowd(), redis_server)


@pytest.mark.parametrize("place", PLACES)
def test_crashes_amid_sixty_people_change_no_exposure(
    place: str, undisturbed_crowd: Contents, redis_url: str
) -> None:
    assert len(undisturbed_crowd) == 60
    bus = filled_bus(crowd())
    script = Script(place, every=2)
    crashes = run_with_crashes(bus, redis_url, script, batch=5)
    assert crashes >= 3
    assert published(bus) == undisturbed_crowd


def test_a_restart_goes_on_where_it_stood(
    excerpt: list[FrameFaces], redis_url: str
) -> None:
    source = TopicPartition("faces", 0)
    records = []
    for offset, frame in enumerate(excerpt):
        records.append(received(frame, offset=offset, partition=0))
    whole = exposures(engagement(redis_url), records)
    handler = engagement(redis_url)
    handler.assigned({source: None})
    before = 0
    restarts = 0
    for number, record in enumerate(records):
        outputs = handler.handle([record])
        handler.published(outputs)
        before += len(exposure_events(outputs))
        if source not in outputs.staged:
            continue
        restarts += 1
        successor = engagement(redis_url)
        start = successor.assigned({source: None})[source]
        assert start == number + 1
        assert exposures(successor, records[start:]) == whole[before:]
        # The successor has taken the partition; it is given back.
        handler.assigned({source: None})
    assert restarts >= 10


def exposure_events(outputs: Outputs) -> list[Exposure]:
    events = [message.event for message in outputs.messages]
    return [event for event in events if isinstance(event, Exposure)]


def exposures(handler: Handler, records: Sequence[Received[Any]]) -> list[Exposure]:
    """Return what these records and a stop lead to, in order."""
    outputs = handler.handle(records)
    rest = handler.stopped()
    return exposure_events(outputs) + exposure_events(rest)
