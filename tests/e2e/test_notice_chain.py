"""From a live camera to its frames: nothing before a browser shows the notice, nothing after."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.pages import BASE, LIMIT_MS, wait_until
from tests.http_cameras import Answer, Request, http_camera, mjpeg
from tests.ingest_builders import commit_all, dropped, frames, make_picture
from tests.stand_builders import make_campaign, running_stand, write_creatives
from vitrine.bus.memory import MemoryBus
from vitrine.clock import SystemClock
from vitrine.mall import Camera, Mall, Stand
from vitrine.mall.folder import FixedMall
from vitrine.runtime import Context
from vitrine.services.ingest import notices
from vitrine.services.ingest.app import build
from vitrine.services.ingest.frames import to_jpeg
from vitrine.settings import Settings
from vitrine.stores.redis import connect
from vitrine.telemetry.health import Health
from vitrine.topics import FRAMES, NOTICES, TOPICS

pytestmark = pytest.mark.browser

MULTIPART = "multipart/x-mixed-replace; boundary=next"
# Above the ten seconds after which a page tells again.
PROOF_LASTS_S = 12.0
CREATIVE = {"id": "one", "file": "one.html", "seconds": 2}


def answer(_request: Request) -> Answer:
    """Twenty pictures a second, as long as somebody takes them."""

    def chunks(over: Event) -> Iterator[bytes]:
        number = 0
        while not over.wait(0.05):
            picture = make_picture(number)
            yield mjpeg([to_jpeg(picture, 85)])
            number += 1

    return Answer(content_type=MULTIPART, chunks=chunks)


@contextmanager
def ingest(bus: MemoryBus, mall: Mall, redis_url: str) -> Iterator[None]:
    """The service that reads the cameras, with somebody who takes its frames."""
    context = Context(
        settings=Settings(bus="memory"),
        bus=bus,
        mall=FixedMall(mall),
        health=Health(),
        redis=lambda: connect(redis_url),
    )
    stop = Event()
    threads = [
        Thread(target=build(context).run, args=(stop,)),
        Thread(target=commit_all, args=(bus, stop)),
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(20)
            assert not thread.is_alive()


def test_frames_of_a_live_camera_begin_and_end_with_the_notice(
    page: Page,
    tmp_path: Path,
    store_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(notices, "PROOF_LASTS_S", PROOF_LASTS_S)
    bus = MemoryBus(TOPICS)
    campaign = make_campaign("spring", CREATIVE, **BASE)
    write_creatives(tmp_path, campaign)
    with ExitStack() as stack:
        place = stack.enter_context(http_camera(answer))
        camera = Camera(id="north-1", uri=f"http://{place}/mjpeg", stand="north")
        mall = Mall(
            cameras=(camera,), stands=(Stand(id="north"),), campaigns=(campaign,)
        )
        before = dropped("north-1", "no-notice")
        stack.enter_context(ingest(bus, mall, store_url))
        stand = stack.enter_context(
            running_stand(tmp_path, store_url, mall=mall, bus=bus, clock=SystemClock())
        )

        def left_out() -> float:
            return dropped("north-1", "no-notice") - before

        wait_until(page, lambda: left_out() > 20, "pictures without a notice")
        assert stand.read(FRAMES) == []

        page.goto(f"{stand.address}/stands/north")
        expect(page.locator("#privacy")).to_be_visible(timeout=LIMIT_MS)
        wait_until(page, lambda: stand.read(NOTICES), "the proof")
        wait_until(page, lambda: len(frames(bus)) > 20, "frames")
        assert not frames(bus)[-1].ended

        page.goto("about:blank")
        wait_until(page, lambda: frames(bus)[-1].ended, "the end", 3 * LIMIT_MS)
        count = len(frames(bus))
        already = left_out()
        wait_until(page, lambda: left_out() > already + 20, "pictures left out again")
        assert len(frames(bus)) == count
