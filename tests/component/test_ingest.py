"""The whole service over the memory bus: cameras that come, go, break and wait."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest

from tests.builders import T0_NS, at, make_mall
from tests.ingest_builders import (
    commit_all,
    coverage,
    cut_off,
    frames,
    make_camera,
    make_shared,
    make_shot,
    make_source,
    read_all,
    seconds_of,
    wait_for,
    write_images,
    write_video,
)
from vitrine.bus import Producer
from vitrine.bus.memory import MemoryBus
from vitrine.clock import SECOND_NS
from vitrine.errors import ConfigurationError, Unavailable
from vitrine.mall import Camera, Mall
from vitrine.mall.folder import FixedMall
from vitrine.runtime import Context
from vitrine.services.ingest import camera_thread, supervisor
from vitrine.services.ingest.app import build
from vitrine.services.ingest.pace import Realtime
from vitrine.services.ingest.settings import IngestSettings
from vitrine.services.ingest.shared import Shared
from vitrine.services.ingest.shots import Shots, Source, Unreadable
from vitrine.services.ingest.sources import source_of
from vitrine.services.ingest.supervisor import Ingest
from vitrine.services.ingest.truth import TruthFile
from vitrine.settings import Settings
from vitrine.stores.redis import connect
from vitrine.telemetry.health import Health
from vitrine.topics import FRAMES, TOPICS


class ChangingMall(FixedMall):
    """A configuration that a test changes."""

    def __init__(self, *cameras: Camera) -> None:
        super().__init__(make_mall(cameras=cameras))
        self.cameras = cameras

    def current(self) -> Mall:
        return make_mall(cameras=self.cameras)


def endless(hold: Event) -> Source:
    """A picture, and then nothing more until `hold`."""
    return make_source([make_shot(0), hold])


def repeating(hold: Event) -> Source:
    """A picture again and again, until `hold`."""

    def shots() -> Shots:
        yield make_shot(0)
        while not hold.wait(0.01):
            yield make_shot(0)

    return Source(shots)


@contextmanager
def running(ingest: Ingest) -> Iterator[None]:
    stop = Event()
    thread = Thread(target=ingest.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(20)
        assert not thread.is_alive()


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "RELOAD_EVERY_S", 0.02)
    monkeypatch.setattr(supervisor, "TICK_S", 0.01)


def test_the_service_as_built_publishes_every_picture_of_its_files(
    tmp_path: Path,
) -> None:
    bus = MemoryBus(TOPICS)
    stop = Event()
    cameras = [
        make_camera(write_video(tmp_path / "a.mp4", 50), id="video", fps=25),
        make_camera(write_images(tmp_path / "images", 20), id="images", fps=10),
        make_camera("synthetic:?people=1&seconds=1", id="synthetic", width=160),
    ]
    context = Context(
        settings=Settings(bus="memory"),
        bus=bus,
        mall=FixedMall(make_mall(cameras=cameras)),
        health=Health(),
        redis=lambda: connect("redis://127.0.0.1:1"),
        finite=True,
        defaults={IngestSettings: {"speed": "max", "start_ns": T0_NS}},
    )
    workers = Thread(target=commit_all, args=(bus, stop))
    workers.start()
    build(context).run(Event())
    stop.set()
    workers.join()
    published = {}
    for camera in cameras:
        published[camera.id] = len(seconds_of(frames(bus, camera.id)))
    assert published == {"video": 50, "images": 20, "synthetic": 10}
    partitions = {received.record.partition for received in read_all(bus, FRAMES)}
    assert partitions == {0, 1, 2}
    usable_ns = {}
    for record in coverage(bus):
        assert record.start_ns == at(0)
        assert record.usable_ns == record.end_ns - at(0)
        usable_ns[record.camera_id] = record.usable_ns
    assert usable_ns == {
        "video": 2 * SECOND_NS,
        "images": 2 * SECOND_NS,
        "synthetic": SECOND_NS,
    }


def test_one_broken_camera_never_touches_another(tmp_path: Path) -> None:
    hangs = Event()
    cut = write_video(tmp_path / "cut.avi", 20, codec="MJPG")
    cut_off(cut, cut.stat().st_size // 2)

    def open_source(camera: Camera) -> Source:
        if camera.id == "hangs":
            return make_source([hangs], live=True)
        return source_of(camera)

    cameras = [
        make_camera("hangs", id="hangs"),
        make_camera(tmp_path / "missing.mp4", id="missing"),
        make_camera(cut, id="cut", fps=25),
        make_camera(write_video(tmp_path / "good.mp4", 60), id="good", fps=25),
    ]
    shared = make_shared(settings={"seconds": 2})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(camera_thread, "HANG_LIMIT_S", 0.1)
        with pytest.raises(ConfigurationError) as error:
            Ingest(ChangingMall(*cameras), shared, open_source).run(Event())
    hangs.set()
    assert seconds_of(frames(shared.bus, "good")) == [n / 25 for n in range(50)]
    assert 0 < len(seconds_of(frames(shared.bus, "cut"))) < 20
    missing, damaged = str(error.value).splitlines()
    assert missing.startswith("camera missing: ")
    assert "no such file; give a device index" in missing
    assert damaged.startswith("camera cut: ")
    assert "is damaged" in damaged


def test_without_an_end_a_missing_file_does_not_stop_the_service(
    tmp_path: Path,
) -> None:
    hold = Event()
    shared = make_shared(finite=False)
    good = make_camera("good", id="good")
    missing = make_camera(tmp_path / "missing", id="missing")
    mall = ChangingMall(good, missing)

    def open_source(camera: Camera) -> Source:
        if camera.id == "good":
            return endless(hold)
        return source_of(camera)

    with running(Ingest(mall, shared, open_source)):
        wait_for(lambda: len(frames(shared.bus, "good")) == 1, "the good camera")
        hold.set()
    assert frames(shared.bus, "missing") == []


def test_cameras_come_and_go_while_the_others_keep_their_numbers() -> None:
    hold = Event()
    shared = make_shared(finite=False)
    a = make_camera("a", id="a")
    b = make_camera("b", id="b")
    c = make_camera("c", id="c")
    d = make_camera("d", id="d")
    mall = ChangingMall(a, b)

    def partitions() -> dict[str, int]:
        found = {}
        for received in read_all(shared.bus, FRAMES):
            found[received.event.camera_id] = received.record.partition
        return found

    with running(Ingest(mall, shared, lambda _: repeating(hold))):
        wait_for(lambda: partitions() == {"a": 0, "b": 1}, "the first two")
        mall.cameras = (a, b, c)
        wait_for(lambda: partitions().get("c") == 2, "the third")
        mall.cameras = (b, c)
        wait_for(lambda: frames(shared.bus, "a")[-1].ended, "the first to end")
        mall.cameras = (d, b, c)
        wait_for(lambda: partitions().get("d") == 0, "the fourth with the free number")
        assert not frames(shared.bus, "b")[-1].ended
        hold.set()


def test_a_changed_camera_is_opened_anew_and_its_time_goes_on() -> None:
    hold = Event()
    shared = make_shared(finite=False)
    mall = ChangingMall(make_camera("one"))

    def last_two_ended() -> list[bool]:
        return [meta.ended for meta in frames(shared.bus)][-2:]

    with running(Ingest(mall, shared, lambda _: repeating(hold))):
        wait_for(lambda: len(frames(shared.bus)) >= 1, "the camera as it was")
        mall.cameras = (make_camera("two", stand="north"),)
        wait_for(lambda: last_two_ended() == [True, False], "the changed one")
        hold.set()
    times = [meta.captured_at_ns for meta in frames(shared.bus)]
    assert times == sorted(set(times))


def test_coverage_is_told_while_a_live_camera_is_down() -> None:
    walls = iter(range(60))
    shared = make_shared(finite=False, wall_ns=lambda: at(next(walls, 60)))
    source = make_source([Unreadable("no such device")], live=True)
    with running(Ingest(ChangingMall(make_camera()), shared, lambda _: source)):
        wait_for(lambda: len(coverage(shared.bus)) >= 3, "three spans")
    _, second, third, *_ = coverage(shared.bus)
    assert (second.start_ns, second.end_ns) == (at(10), at(20))
    assert (third.start_ns, third.end_ns) == (at(20), at(30))
    assert second.usable_ns == third.usable_ns == 0


def test_pictures_of_a_source_that_is_slow_to_make_have_the_time_at_which_they_are_shown() -> (
    None
):
    shared = make_shared(
        pace=Realtime(),
        settings={"speed": "realtime", "start_ns": None},
        wall_ns=lambda: T0_NS,
    )

    def open_source(_: Camera) -> Source:
        time.sleep(0.3)
        return make_source([make_shot(0)])

    Ingest(ChangingMall(make_camera()), shared, open_source).run(Event())
    (first_s,) = seconds_of(frames(shared.bus))
    assert first_s >= 0.3


def test_a_full_disk_for_the_truth_ends_in_an_error_after_all_frames() -> None:
    shared = make_shared(truth=TruthFile(Path("/dev/full")))
    camera = make_camera("synthetic:?people=1&seconds=0.5", width=160)
    with pytest.raises(
        ConfigurationError,
        match=r"truth in /dev/full is incomplete: .*No space left.*; free",
    ):
        Ingest(ChangingMall(camera), shared, source_of).run(Event())
    assert len(seconds_of(frames(shared.bus))) == 5


def test_a_bus_that_is_not_there_at_start_is_an_error_after_the_limit() -> None:
    class NoBus(MemoryBus):
        def producer(self) -> Producer:  # type: ignore[override]
            raise Unavailable("no broker at localhost:1")

    shared: Shared = make_shared(NoBus(TOPICS), startup_limit_s=0.0)
    with pytest.raises(Unavailable, match="no broker at"):
        Ingest(ChangingMall(make_camera()), shared, source_of).run(Event())


def test_a_fault_of_the_program_stops_the_service() -> None:
    def open_source(_: Camera) -> Source:
        return make_source([ZeroDivisionError("a fault")])

    with pytest.raises(ZeroDivisionError):
        Ingest(ChangingMall(make_camera()), make_shared(), open_source).run(Event())


def test_a_camera_that_cannot_be_prepared_fails_alone() -> None:
    secret = make_camera("rtsp://me:geheim@10.0.0.7/x", id="secret")

    def open_source(camera: Camera) -> Source:
        if camera == secret:
            raise ZeroDivisionError(camera.uri.text)
        return make_source([make_shot(0)])

    shared = make_shared()
    mall = ChangingMall(secret, make_camera(id="good"))
    with pytest.raises(
        ConfigurationError,
        match=r"^camera secret: rtsp://10\.0\.0\.7 cannot be prepared "
        r"\(ZeroDivisionError\)$",
    ):
        Ingest(mall, shared, open_source).run(Event())
    assert seconds_of(frames(shared.bus, "good")) == [0]
