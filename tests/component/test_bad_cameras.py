"""A camera that stops, floods, sends garbage or jumps in time harms no other at its stand."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Event, Thread
from typing import Any

import pytest

from tests.bad_cameras import BEHAVIOURS, bad_cameras, jpeg
from tests.builders import T0_NS, at, make_mall
from tests.ingest_builders import make_camera, read_all
from tests.recordings import close_to
from vitrine.bus import Outgoing, encode
from vitrine.bus.memory import MemoryBus
from vitrine.mall import Camera, Stand
from vitrine.mall.folder import FixedMall
from vitrine.runtime import Context, Service
from vitrine.runtime.stop import DrainingStop
from vitrine.schemas import FrameMeta
from vitrine.services.engagement.app import build as build_engagement
from vitrine.services.ingest.app import build as build_ingest
from vitrine.services.landmarks.app import build as build_landmarks
from vitrine.settings import Settings
from vitrine.stores.redis import connect
from vitrine.telemetry.health import Health
from vitrine.topics import EXPOSURES, FACES, FRAMES, TOPICS

pytestmark = pytest.mark.timeout(120)

SECONDS = 8
FPS = 5
GOOD = make_camera(
    f"synthetic:?people=3&seed=5&seconds={SECONDS}",
    id="good",
    fps=FPS,
    overload="wait",
)
HOUR_S = 3600.0
JUMPS_S = (
    0.0,
    0.2,
    HOUR_S,
    HOUR_S + 0.2,
    0.4,
    -HOUR_S,
    0.6,
    100 * HOUR_S,
    0.8,
)


def jumping_frames() -> list[Outgoing]:
    """Of a camera whose ingest has a mad clock, on the partition of the good one."""
    body = jpeg(0)
    meta = FrameMeta(
        camera_id="jumps",
        stand_id="north",
        captured_at_ns=T0_NS,
        width=320,
        height=240,
        synthetic=True,
    )
    metas = [
        meta.model_copy(update={"captured_at_ns": at(seconds)}) for seconds in JUMPS_S
    ]
    return [Outgoing(FRAMES, "jumps", each, body, partition=0) for each in metas]


def work(
    bus: MemoryBus,
    redis_url: str,
    cameras: Sequence[Camera],
    others: Sequence[Outgoing] = (),
) -> None:
    """Ingest, landmarks and engagement until the good camera has ended and all is handled."""
    told = Stand(id="north", notice="sign")
    mall = FixedMall(make_mall(told, cameras=tuple(cameras)))

    def context(*, finite: bool) -> Context:
        settings = Settings(bus="memory")
        return Context(
            settings,
            bus,
            mall,
            Health(),
            lambda: connect(redis_url),
            finite=finite,
        )

    finite = context(finite=True)
    workers = [Worker(build(finite)) for build in (build_landmarks, build_engagement)]
    ingest = Worker(build_ingest(context(finite=False)))
    producer = bus.producer()
    pause = Event()
    for outgoing in others:
        producer.send(encode(outgoing))
        producer.flush()
        pause.wait(0.1)
    for worker in (ingest, *workers):
        worker.join(drain=worker is not ingest)


class Worker:
    """A service in a thread."""

    def __init__(self, service: Service) -> None:
        self._stop = DrainingStop()
        self._error: Exception | None = None
        self._thread = Thread(
            target=self._work,
            args=(service,),
            daemon=True,
        )
        self._thread.start()

    def _work(self, service: Service) -> None:
        try:
            service.run(self._stop)
        except Exception as error:  # noqa: BLE001 - raised again by join
            self._error = error

    def join(self, *, drain: bool) -> None:
        """Wait for its end, or ask for it; raises what stopped it."""
        if drain:
            self._stop.set()
        self._thread.join(60)
        assert not self._thread.is_alive()
        if self._error:
            raise self._error


def of_the_good_camera(
    bus: MemoryBus,
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Its faces, and the exposures of those whom it saw."""
    faces = [
        r.event.model_dump()
        for r in read_all(bus, FACES)
        if r.event.camera_id == "good"
    ]
    exposures = [r.event.model_dump() for r in read_all(bus, EXPOSURES)]
    own = [e for e in exposures if e["track_ids"][0].startswith("good-")]
    return faces, sorted(own, key=lambda e: (e["presence_id"], e["part"]))


def test_what_other_cameras_do_changes_nothing_for_a_good_one(
    monkeypatch: pytest.MonkeyPatch, redis_url: str
) -> None:
    monkeypatch.setenv("VITRINE_INGEST_START_NS", str(T0_NS))
    monkeypatch.setenv("VITRINE_INGEST_SECONDS", str(SECONDS))
    alone = MemoryBus(TOPICS)
    among_others = MemoryBus(TOPICS)
    work(alone, redis_url, [GOOD])
    with bad_cameras() as (address, sent):
        bad = [
            make_camera(f"{address}/{name}", id=name, fps=FPS) for name in BEHAVIOURS
        ]
        work(
            among_others,
            redis_url,
            [GOOD, *bad, make_camera("http://127.0.0.1:9/", id="away")],
            jumping_frames(),
        )
    assert all(sent.values()), f"a camera was never read: {sent}"
    faces, exposures = of_the_good_camera(alone)
    assert len(faces) == SECONDS * FPS + 1
    assert exposures
    now_faces, now_exposures = of_the_good_camera(among_others)
    assert close_to(now_faces, faces)
    assert close_to(now_exposures, exposures, apart_from={"config_version"})
