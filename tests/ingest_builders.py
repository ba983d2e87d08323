"""Pictures, videos and cameras for the tests of ingest."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from itertools import count
from pathlib import Path
from threading import Event
from typing import Any

import cv2
import numpy as np

from tests.builders import T0_NS
from vitrine.bus import Bus, Commit, Received, decode
from vitrine.bus.memory import MemoryBus
from vitrine.mall import Camera
from vitrine.schemas import Coverage, FrameMeta
from vitrine.services.ingest.camera import CameraRun
from vitrine.services.ingest.in_flight import InFlight
from vitrine.services.ingest.pace import FullSpeed
from vitrine.services.ingest.pictures import Pictures
from vitrine.services.ingest.settings import IngestSettings
from vitrine.services.ingest.shared import Shared
from vitrine.services.ingest.shots import Picture, Pixels, Shot, Shots, Source
from vitrine.telemetry.health import Health
from vitrine.topics import COVERAGE, FRAMES, TOPICS, Topic

_readers = count()


def make_picture(seed: int = 0, *, width: int = 64, height: int = 48) -> Pixels:
    """Noise, different for each seed."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def write_video(
    path: Path, pictures: int = 20, *, fps: float = 25.0, codec: str = "mp4v"
) -> Path:
    """A video of noise."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*codec), fps, (64, 48))
    for number in range(pictures):
        writer.write(make_picture(number))
    writer.release()
    return path


def write_images(folder: Path, pictures: int = 3) -> Path:
    """A folder of JPEG files."""
    folder.mkdir()
    for number in range(pictures):
        cv2.imwrite(str(folder / f"{number:03}.jpg"), make_picture(number))
    return folder


def make_camera(uri: str | Path = "test", **fields: Any) -> Camera:
    """A camera of the stand `north`."""
    return Camera(
        **{"id": "north-1", "uri": str(uri), "stand": "north", "fps": 10} | fields
    )


def make_shot(seconds: float = 0.0, pixels: Pixels | Exception | None = None) -> Shot:
    """A picture `seconds` after the first one; an exception is what reading it raises."""

    def read() -> Picture:
        if isinstance(pixels, Exception):
            raise pixels
        return make_picture(
            round(seconds * 1000)
        ) if pixels is None else pixels.copy(), None

    return Shot(round(seconds * 1e9), read)


def make_source(
    *scripts: Iterable[Shot | Exception | Event], live: bool = False
) -> Source:
    """A source that follows a script at each opening, then the last one again and again.

    An exception in it is raised, an event waited for.
    """
    openings = iter(scripts)
    last: list[list[Shot | Exception | Event]] = []

    def shots() -> Shots:
        last[:] = [
            list(script) for script in [next(openings, None)] if script is not None
        ] or last
        for step in last[0]:
            match step:
                case Exception():
                    raise step
                case Event():
                    assert step.wait(20), "the test never went on"
                case _:
                    yield step

    return Source(shots, live=live)


def make_shared(
    bus: Bus | None = None, *, finite: bool = True, in_flight: int = 100, **fields: Any
) -> Shared:
    """What the cameras share, at full speed."""
    bus = bus or MemoryBus(TOPICS)
    settings = fields.pop("settings", {})
    values: dict[str, Any] = {
        "settings": IngestSettings(speed="max", start_ns=T0_NS, **settings),
        "bus": bus,
        "health": Health(),
        "in_flight": InFlight(bus, in_flight, look_every_s=0.001),
        "pace": FullSpeed(),
        "pictures": Pictures(None, time.monotonic),
        "truth": None,
        "finite": finite,
        "startup_limit_s": 60.0,
        "wall_ns": time.time_ns,
    }
    return Shared(**values | fields)


def make_run(
    source: Source, shared: Shared, camera: Camera | None = None, number: int = 0
) -> CameraRun:
    """A camera on that source, from T0_NS on."""
    return CameraRun(camera or make_camera(), number, source, shared, T0_NS)


def read_all(bus: Bus, topic: Topic) -> list[Received[Any]]:
    """Everything on a topic, in order within each partition."""
    consumer = bus.consumer(f"reader-{next(_readers)}", [topic])
    records = consumer.poll(0, 100_000)
    consumer.close()
    return [decode(record) for record in records]


def frames(bus: Bus, camera_id: str = "north-1") -> list[FrameMeta]:
    """The frames of a camera, `ended` among them."""
    return [r.event for r in read_all(bus, FRAMES) if r.event.camera_id == camera_id]


def seconds_of(metas: Iterable[FrameMeta]) -> list[float]:
    """Capture times in seconds after T0_NS, those of pictures only."""
    return [(meta.captured_at_ns - T0_NS) / 1e9 for meta in metas if not meta.ended]


def coverage(bus: Bus) -> list[Coverage]:
    """The coverage records."""
    return [r.event for r in read_all(bus, COVERAGE)]


def commit_all(bus: Bus, stop: Event) -> None:
    """Be the workers: read frames and commit them, until `stop`."""
    consumer = bus.consumer("landmarks", [FRAMES])
    while not stop.is_set():
        records = consumer.poll(0.05, 100)
        consumer.commit(
            {record.source: Commit(record.offset + 1) for record in records}
        )
    consumer.close()


def wait_for(condition: Callable[[], bool], what: str, limit_s: float = 20.0) -> None:
    """Wait until `condition` holds; fails after the limit."""
    deadline = time.monotonic() + limit_s
    pause = Event()
    while not condition():
        assert time.monotonic() < deadline, f"waited {limit_s:g} s for {what}"
        pause.wait(0.01)
