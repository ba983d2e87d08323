"""A live camera is not analysed before people are told: from the topic to the frames."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

import pytest

from tests.ingest_builders import (
    commit_all,
    coverage,
    dropped,
    frames,
    make_camera,
    make_shared,
    make_shot,
    read_all,
    wait_for,
)
from vitrine.bus import Message, Outgoing, Tail, encode
from vitrine.bus.memory import MemoryBus
from vitrine.clock import SystemClock
from vitrine.errors import ConfigurationError, Unavailable
from vitrine.mall import Camera, Mall, Stand
from vitrine.mall.folder import FixedMall, MallSource
from vitrine.schemas import Notice, Recognition
from vitrine.services.ingest import notices as rule
from vitrine.services.ingest import supervisor
from vitrine.services.ingest.app import told
from vitrine.services.ingest.notices import NoticeWatch, ShownNotices
from vitrine.services.ingest.shots import Shots, Source
from vitrine.services.ingest.supervisor import Ingest
from vitrine.topics import FRAMES, NOTICES, TOPICS

CAMERAS = (
    make_camera("0", id="north-1"),
    make_camera("1", id="north-2"),
    make_camera("2", id="south-1", stand="south"),
)


def cam(camera: Camera) -> Source:
    """A camera that gives a picture every hundredth of a second."""

    def shots() -> Shots:
        pause = Event()
        while not pause.wait(0.01):
            shot = make_shot(0)
            at_ns = SystemClock().now().steady_ns
            yield type(shot)(at_ns, shot.read)

    return Source(shots, live=True, synthetic=camera.id == "drawn")


class Site:
    """Ingest at work, with live cameras at the stands `north` and `south`."""

    def __init__(self, bus: MemoryBus) -> None:
        self.bus = bus

    def tell(self, stand_id: str, recognition: Recognition = "none") -> None:
        notice = Notice(
            stand_id=stand_id,
            shown_at_ns=SystemClock().now_ns(),
            recognition=recognition,
        )
        self.publish(encode(Outgoing(NOTICES, stand_id, notice)))

    def publish(self, message: Message) -> None:
        producer = self.bus.producer()
        producer.send(message)
        producer.flush()

    def count(self, camera_id: str) -> int:
        return len([meta for meta in frames(self.bus, camera_id) if not meta.ended])


def mall_of(stands: tuple[Stand, ...], cameras: tuple[Camera, ...] = CAMERAS) -> Mall:
    return Mall(cameras=cameras, stands=stands, campaigns=())


STANDS = (Stand(id="north"), Stand(id="south"))


@contextmanager
def running(mall: MallSource | Mall, bus: MemoryBus | None = None) -> Iterator[Site]:
    source = FixedMall(mall) if isinstance(mall, Mall) else mall
    bus = bus or MemoryBus(TOPICS)
    notices = ShownNotices()
    shared = make_shared(
        bus, finite=False, told=lambda stand_id: told(source, notices, stand_id)
    )
    ingest = Ingest(source, shared, cam, NoticeWatch(bus, notices))
    stop = Event()
    threads = [
        Thread(target=ingest.run, args=(stop,)),
        Thread(target=commit_all, args=(bus, stop)),
    ]
    for thread in threads:
        thread.start()
    try:
        yield Site(bus)
    finally:
        stop.set()
        for thread in threads:
            thread.join(20)
            assert not thread.is_alive()


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "RELOAD_EVERY_S", 0.02)
    monkeypatch.setattr(supervisor, "TICK_S", 0.01)


def test_nothing_of_a_live_camera_is_published_before_people_are_told() -> None:
    before = dropped("north-1", "no-notice")
    with running(mall_of(STANDS)) as site:
        wait_for(
            lambda: dropped("north-1", "no-notice") >= before + 20,
            "pictures that are left out",
        )
        assert read_all(site.bus, FRAMES) == []
    assert read_all(site.bus, FRAMES) == []
    records = [each for each in coverage(site.bus) if each.camera_id == "north-1"]
    assert sum(record.without_notice_ns for record in records) > 0
    assert sum(record.usable_ns for record in records) == 0


def test_with_a_proof_all_cameras_of_the_stand_are_analysed_and_no_other() -> None:
    with running(mall_of(STANDS)) as site:
        site.tell("north")
        wait_for(lambda: site.count("north-1") > 5, "frames of the first camera")
        wait_for(lambda: site.count("north-2") > 5, "frames of the second camera")
        assert site.count("south-1") == 0


def test_a_proof_of_before_the_start_counts_if_it_is_fresh() -> None:
    bus = MemoryBus(TOPICS)
    Site(bus).tell("north")
    with running(mall_of(STANDS), bus) as site:
        wait_for(lambda: site.count("north-1") > 0, "a frame")


def test_when_the_proof_gets_old_people_are_gone_and_nothing_follows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rule, "PROOF_LASTS_S", 1.0)
    with running(mall_of(STANDS)) as site:
        site.tell("north")
        wait_for(lambda: site.count("north-1") > 0, "a frame")
        wait_for(lambda: frames(site.bus)[-1].ended, "the end of the frames")
        count = site.count("north-1")
        before = dropped("north-1", "no-notice")
        wait_for(lambda: dropped("north-1", "no-notice") > before + 10, "more pictures")
        assert site.count("north-1") == count
        site.tell("north")
        wait_for(lambda: site.count("north-1") > count, "frames again")


def test_a_sign_needs_no_page() -> None:
    stands = (Stand(id="north", notice="sign"), Stand(id="south"))
    with running(mall_of(stands)) as site:
        wait_for(lambda: site.count("north-1") > 5, "frames")
        assert site.count("south-1") == 0


def test_words_that_say_less_than_the_stand_does_are_no_notice() -> None:
    stands = (Stand(id="north", recognition="enrolled"), Stand(id="south"))
    before = dropped("north-1", "no-notice")
    with running(mall_of(stands)) as site:
        site.tell("north", "none")
        wait_for(lambda: dropped("north-1", "no-notice") > before + 20, "pictures")
        assert site.count("north-1") == 0
        site.tell("north", "enrolled")
        wait_for(lambda: site.count("north-1") > 0, "a frame")


def test_people_who_do_not_exist_are_told_nothing() -> None:
    synthetic = make_camera("0", id="drawn")
    with running(mall_of(STANDS, (synthetic,))) as site:
        wait_for(lambda: site.count("drawn") > 5, "frames")


def test_a_record_that_is_no_notice_proves_nothing_and_stops_nothing() -> None:
    with running(mall_of(STANDS)) as site:
        site.publish(Message(NOTICES.name, "north", b"{}"))
        site.tell("north")
        wait_for(lambda: site.count("north-1") > 0, "a frame")


class FlakyBus(MemoryBus):
    """A bus whose first tails cannot be had."""

    def __init__(self, error: Exception, times: int) -> None:
        super().__init__(TOPICS)
        self.error = error
        self.left = times

    def tail(self, *args: object, **kwargs: object) -> Tail:  # type: ignore[override]
        if self.left:
            self.left -= 1
            raise self.error
        return super().tail(*args, **kwargs)  # type: ignore[arg-type]


def test_a_bus_that_was_away_is_read_again() -> None:
    bus = FlakyBus(Unavailable("the bus is away"), 2)
    with running(mall_of(STANDS), bus) as site:
        site.tell("north")
        wait_for(lambda: site.count("north-1") > 0, "a frame")


def test_a_topic_that_is_not_there_stops_ingest_with_what_to_do() -> None:
    bus = FlakyBus(ConfigurationError("create it with `vitrine topics apply`"), 1)
    notices = ShownNotices()
    shared = make_shared(bus, finite=False)
    watch = NoticeWatch(bus, notices)
    ingest = Ingest(FixedMall(mall_of(STANDS, ())), shared, cam, watch)
    with pytest.raises(ConfigurationError, match="vitrine topics apply"):
        ingest.run(Event())
