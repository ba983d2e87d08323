"""Pictures, videos and cameras for the tests of ingest."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from itertools import count
from pathlib import Path
from threading import Event, Thread
from typing import Any, TypeAlias

import cv2
import numpy as np
from prometheus_client import REGISTRY

from tests.builders import T0_NS
from vitrine.bus import Bus, Commit, Message, Received, decode
from vitrine.bus.memory import MemoryBus, MemoryProducer
from vitrine.errors import Unavailable
from vitrine.mall import Camera
from vitrine.schemas import Coverage, FrameMeta
from vitrine.services.ingest.camera import CameraRun
from vitrine.services.ingest.in_flight import InFlight
from vitrine.services.ingest.pace import FullSpeed
from vitrine.services.ingest.settings import IngestSettings
from vitrine.services.ingest.shared import Shared
from vitrine.services.ingest.shots import (
    Picture,
    Pixels,
    Shot,
    Shots,
    Source,
)
from vitrine.telemetry.health import Health
from vitrine.topics import COVERAGE, FRAMES, TOPICS, Topic

VIDEO_SIZE = (64, 48)

Step: TypeAlias = Shot | Exception | Event

_readers = count()


def make_picture(
    seed: int = 0,
    *,
    width: int = 64,
    height: int = 48,
) -> Pixels:
    """Return noise, different for each seed."""
    random = np.random.default_rng(seed)
    shape = (height, width, 3)
    return random.integers(0, 256, shape, np.uint8)


def plain_picture(
    level: int,
    *,
    width: int = 64,
    height: int = 48,
) -> Pixels:
    """Return a picture that is grey all over; 0 is black."""
    shape = (height, width, 3)
    return np.full(shape, level, np.uint8)


def from_jpeg(jpeg: bytes) -> Pixels:
    """Return the picture of a JPEG."""
    data = np.frombuffer(jpeg, np.uint8)
    pixels = cv2.imdecode(data, cv2.IMREAD_COLOR)
    return np.asarray(pixels, np.uint8)


def write_video(
    path: Path,
    pictures: int = 20,
    *,
    fps: float = 25.0,
    codec: str = "mp4v",
) -> Path:
    """Write a video of noise."""
    fourcc = cv2.VideoWriter.fourcc(*codec)
    writer = cv2.VideoWriter(str(path), fourcc, fps, VIDEO_SIZE)
    for number in range(pictures):
        writer.write(make_picture(number))
    writer.release()
    return path


def write_images(folder: Path, pictures: int = 3) -> Path:
    """Write a folder of JPEG files."""
    folder.mkdir()
    for number in range(pictures):
        path = folder / f"{number:03}.jpg"
        cv2.imwrite(str(path), make_picture(number))
    return folder


def cut_off(path: Path, size: int) -> Path:
    """Leave only the first bytes of a file."""
    content = path.read_bytes()
    path.write_bytes(content[:size])
    return path


def make_camera(uri: str | Path = "test", **fields: Any) -> Camera:
    """Return a camera of the stand `north`."""
    values: dict[str, Any] = {
        "id": "north-1",
        "uri": str(uri),
        "stand": "north",
        "fps": 10,
    }
    values.update(fields)
    return Camera(**values)


def make_shot(seconds: float = 0.0, pixels: Pixels | Exception | None = None) -> Shot:
    """Return a picture `seconds` after the first one; reading it raises a given exception."""

    def read() -> Picture:
        if isinstance(pixels, Exception):
            raise pixels
        if pixels is None:
            number = round(seconds * 1000)
            return make_picture(number), None
        return pixels.copy(), None

    return Shot(round(seconds * 1e9), read)


def make_shots(number: int, *, fps: int = 10) -> list[Shot]:
    """Return so many pictures at this rate."""
    return [make_shot(n / fps) for n in range(number)]


def make_source(*scripts: Iterable[Step], live: bool = False) -> Source:
    """Return a source that follows a script at each opening, then the last one again and again.

    An exception in it is raised, an event waited for.
    """
    openings = [list(script) for script in scripts]

    def shots() -> Shots:
        script = openings[0]
        if len(openings) > 1:
            openings.pop(0)
        for step in script:
            match step:
                case Exception():
                    raise step
                case Event():
                    assert step.wait(20), "the test never went on"
                case _:
                    yield step

    return Source(shots, live=live)


def make_shared(
    bus: Bus | None = None,
    *,
    finite: bool = True,
    in_flight: int = 100,
    settings: dict[str, Any] | None = None,
    **fields: Any,
) -> Shared:
    """Return what the cameras share, at full speed."""
    bus = bus or MemoryBus(TOPICS)
    own: dict[str, Any] = {
        "speed": "max",
        "start_ns": T0_NS,
        **(settings or {}),
    }
    values: dict[str, Any] = {
        "settings": IngestSettings(**own),
        "bus": bus,
        "health": Health(),
        "in_flight": InFlight(bus, in_flight, look_every_s=0.001),
        "pace": FullSpeed(),
        "truth": None,
        "finite": finite,
        "startup_limit_s": 60.0,
        "is_open": lambda stand_id, at_ns: True,
        "told": lambda stand_id: True,
        "wall_ns": time.time_ns,
    }
    values.update(fields)
    return Shared(**values)


def make_run(
    source: Source,
    shared: Shared,
    camera: Camera | None = None,
    number: int = 0,
) -> CameraRun:
    """Return a camera on that source, from T0_NS on."""
    return CameraRun(
        camera or make_camera(),
        number,
        source,
        shared,
        T0_NS,
    )


def read_all(bus: Bus, topic: Topic) -> list[Received[Any]]:
    """Return everything on a topic, in order within each partition."""
    group = f"reader-{next(_readers)}"
    consumer = bus.consumer(group, [topic])
    records = consumer.poll(0, 100_000)
    consumer.close()
    return [decode(record) for record in records]


def frames(bus: Bus, camera_id: str = "north-1") -> list[FrameMeta]:
    """Return the frames of a camera, `ended` among them."""
    events = [received.event for received in read_all(bus, FRAMES)]
    return [event for event in events if event.camera_id == camera_id]


def seconds_of(metas: Iterable[FrameMeta]) -> list[float]:
    """Return capture times in seconds after T0_NS, those of pictures only."""
    seconds = []
    for meta in metas:
        if not meta.ended:
            since_ns = meta.captured_at_ns - T0_NS
            seconds.append(since_ns / 1e9)
    return seconds


def coverage(bus: Bus) -> list[Coverage]:
    """Return the coverage records."""
    return [received.event for received in read_all(bus, COVERAGE)]


def commit_all(bus: Bus, stop: Event) -> None:
    """Be the workers: read frames and commit them, until `stop`."""
    consumer = bus.consumer("landmarks", [FRAMES])
    while not stop.is_set():
        commits = {}
        for record in consumer.poll(0.05, 100):
            commits[record.source] = Commit(record.offset + 1)
        consumer.commit(commits)
    consumer.close()


class AbsentBus(MemoryBus):
    """Store nothing while `away`; no worker is ever behind."""

    def __init__(self) -> None:
        super().__init__(TOPICS)
        self.away = False
        self.refused = Event()

    def producer(self) -> AbsentProducer:
        """Return a producer of this bus."""
        return AbsentProducer(super().producer(), self)

    def backlog(self, group: str, topic: Topic) -> Mapping[int, int]:
        """Return that all was read."""
        return dict.fromkeys(range(topic.partitions), 0)


class AbsentProducer(MemoryProducer):
    """Refuse what is sent while the bus is away."""

    def __init__(self, producer: MemoryProducer, bus: AbsentBus) -> None:
        self._producer = producer
        self._bus = bus

    def send(self, message: Message) -> None:
        """Send, or raise Unavailable."""
        if self._bus.away:
            self._bus.refused.set()
            raise Unavailable("the bus is away")
        self._producer.send(message)

    def flush(self, timeout_s: float = 30.0) -> None:
        """Wait until all is stored."""
        self._producer.flush(timeout_s)


def dropped(camera: str, reason: str) -> float:
    """Return how many pictures a camera dropped for a reason."""
    labels = {"camera": camera, "reason": reason}
    return REGISTRY.get_sample_value("vitrine_frames_dropped_total", labels) or 0.0


def started(run: CameraRun) -> Thread:
    """Start a camera in a thread."""
    thread = Thread(target=run.run)
    thread.start()
    return thread


def wait_for(
    condition: Callable[[], bool],
    what: str,
    limit_s: float = 20.0,
) -> None:
    """Wait until `condition` holds; fails after the limit."""
    deadline = time.monotonic() + limit_s
    pause = Event()
    while not condition():
        assert time.monotonic() < deadline, f"waited {limit_s:g} s for {what}"
        pause.wait(0.01)
