"""One camera from its source to the bus: each policy, each kind of trouble."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from threading import Event, Thread

import cv2
import numpy as np
import pytest
from prometheus_client import REGISTRY

from tests.builders import T0_NS, at
from tests.ingest_builders import (
    commit_all,
    coverage,
    frames,
    make_camera,
    make_run,
    make_shared,
    make_shot,
    make_source,
    read_all,
    seconds_of,
    wait_for,
    write_images,
)
from vitrine.bus import Message
from vitrine.bus.memory import MemoryBus, MemoryProducer
from vitrine.errors import Unavailable
from vitrine.services.ingest.camera import CameraRun
from vitrine.services.ingest.shots import Shots, Source, Unreadable
from vitrine.services.ingest.sources import source_of
from vitrine.services.ingest.truth import TruthFile
from vitrine.topics import FRAMES, TOPICS, Topic


class AbsentBus(MemoryBus):
    """Stores nothing while `away`."""

    def __init__(self) -> None:
        super().__init__(TOPICS)
        self.away = False
        self.refused = Event()

    def producer(self) -> AbsentProducer:
        return AbsentProducer(super().producer(), self)

    def backlog(self, group: str, topic: Topic) -> Mapping[int, int]:
        return dict.fromkeys(range(topic.partitions), 0)


class AbsentProducer(MemoryProducer):
    def __init__(self, producer: MemoryProducer, bus: AbsentBus) -> None:
        self.inner = producer
        self.bus = bus

    def send(self, message: Message) -> None:
        if self.bus.away:
            self.bus.refused.set()
            raise Unavailable("the bus is away")
        self.inner.send(message)

    def flush(self, timeout_s: float = 30.0) -> None:
        self.inner.flush(timeout_s)


def dropped(camera: str, reason: str) -> float:
    labels = {"camera": camera, "reason": reason}
    return REGISTRY.get_sample_value("vitrine_frames_dropped_total", labels) or 0.0


def started(run: CameraRun) -> Thread:
    thread = Thread(target=run.run)
    thread.start()
    return thread


def test_pictures_become_jpeg_frames_with_their_capture_times() -> None:
    shared = make_shared()
    make_run(
        make_source([make_shot(0), make_shot(0.1)]),
        shared,
        make_camera(width=64),
        number=17,
    ).run()
    first, second, ended = read_all(shared.bus, FRAMES)
    assert [r.event.captured_at_ns for r in (first, second, ended)] == [
        at(0),
        at(0.1),
        at(0.2),
    ]
    assert [r.event.ended for r in (first, second, ended)] == [False, False, True]
    assert (first.event.width, first.event.height, first.event.live) == (64, 48, False)
    assert first.record.partition == 1
    assert np.asarray(cv2.imdecode(np.frombuffer(first.body, np.uint8), 1)).shape == (
        48,
        64,
        3,
    )
    assert ended.body == b""


def test_a_faster_source_is_taken_at_the_cameras_rate() -> None:
    shared = make_shared()
    make_run(
        make_source([make_shot(n / 50) for n in range(50)]), shared, make_camera(fps=10)
    ).run()
    assert seconds_of(frames(shared.bus)) == [n / 10 for n in range(10)]


def test_the_mask_is_black_in_the_frame() -> None:
    white = np.full((48, 64, 3), 255, np.uint8)
    camera = make_camera(mask=[(0, 0), (0.5, 0), (0.5, 1), (0, 1)])
    shared = make_shared()
    make_run(make_source([make_shot(0, white)]), shared, camera).run()
    pixels = np.asarray(
        cv2.imdecode(np.frombuffer(read_all(shared.bus, FRAMES)[0].body, np.uint8), 1)
    )
    assert pixels[:, :30].max() < 20
    assert pixels[:, 40:].min() > 235


def test_it_stops_after_so_many_seconds_of_source_time() -> None:
    shared = make_shared(settings={"seconds": 0.3})
    make_run(make_source([make_shot(n / 10) for n in range(100)]), shared).run()
    assert seconds_of(frames(shared.bus)) == [0, 0.1, 0.2]


def test_a_picture_that_cannot_be_read_is_skipped_and_counted() -> None:
    shared = make_shared()
    shots = [make_shot(0), make_shot(0.1, Unreadable("cut off")), make_shot(0.2)]
    make_run(make_source(shots), shared, make_camera(id="torn")).run()
    assert seconds_of(frames(shared.bus, "torn")) == [0, 0.2]
    assert dropped("torn", "unreadable") == 1
    assert [(r.frames, r.dropped) for r in coverage(shared.bus)] == [(2, 1)]


def test_a_truncated_jpeg_in_a_folder_is_skipped(tmp_path: Path) -> None:
    folder = write_images(tmp_path / "images", 3)
    (folder / "001.jpg").write_bytes((folder / "001.jpg").read_bytes()[:600])
    shared = make_shared()
    camera = make_camera(folder, id="folder")
    make_run(source_of(camera), shared, camera).run()
    assert seconds_of(frames(shared.bus, "folder")) == [0, 0.2]
    assert dropped("folder", "unreadable") == 1


def test_a_source_of_which_nothing_can_be_read_is_an_error() -> None:
    shots = [make_shot(n / 10, Unreadable("cut off")) for n in range(3)]
    with pytest.raises(Unreadable, match="none of its 3 pictures"):
        make_run(make_source(shots), make_shared()).run()


def test_a_video_that_breaks_off_is_used_so_far_and_then_an_error() -> None:
    shared = make_shared()
    with pytest.raises(Unreadable, match="damaged"):
        make_run(
            make_source([make_shot(0), make_shot(0.1), Unreadable("damaged")]), shared
        ).run()
    assert [meta.ended for meta in frames(shared.bus)] == [False, False, True]


def test_a_full_bus_makes_a_live_camera_drop_the_newest() -> None:
    shared = make_shared(in_flight=3)
    camera = make_camera(id="busy", overload="drop")
    make_run(make_source([make_shot(n / 10) for n in range(10)]), shared, camera).run()
    assert seconds_of(frames(shared.bus, "busy")) == [0, 0.1, 0.2]
    assert dropped("busy", "overload") == 7
    assert [(r.frames, r.dropped) for r in coverage(shared.bus)] == [(3, 7)]


def test_a_file_waits_for_slow_workers_and_loses_nothing() -> None:
    shared = make_shared(in_flight=2)
    stop = Event()
    workers = Thread(target=commit_all, args=(shared.bus, stop))
    run = started(make_run(make_source([make_shot(n / 10) for n in range(50)]), shared))
    workers.start()
    run.join(20)
    stop.set()
    workers.join()
    assert len(seconds_of(frames(shared.bus))) == 50


def test_a_file_that_waits_for_workers_can_be_stopped() -> None:
    shared = make_shared(in_flight=2)
    run = make_run(make_source([make_shot(n / 10) for n in range(50)]), shared)
    thread = started(run)
    run.stop.set()
    thread.join(10)
    assert not thread.is_alive()
    assert len(frames(shared.bus)) <= 2, "no `ended`: the camera may come back"


def test_a_live_camera_drops_while_the_bus_is_away_and_recovers() -> None:
    bus = AbsentBus()

    def shots() -> Shots:
        for seconds, away in [(0.0, False), (0.1, True), (0.2, False)]:
            bus.away = away
            yield make_shot(seconds)

    shared = make_shared(bus)
    camera = make_camera(id="offline", overload="drop")
    make_run(Source(shots), shared, camera).run()
    assert seconds_of(frames(bus, "offline")) == [0, 0.2]
    assert dropped("offline", "bus") == 1
    assert shared.health.reasons() == {}


def test_a_file_waits_while_the_bus_is_away_and_loses_nothing() -> None:
    bus = AbsentBus()
    bus.away = True
    thread = started(
        make_run(make_source([make_shot(0), make_shot(0.1)]), make_shared(bus))
    )
    assert bus.refused.wait(10)
    bus.away = False
    thread.join(10)
    assert seconds_of(frames(bus)) == [0, 0.1]


def test_a_live_camera_is_opened_again_when_it_is_unplugged() -> None:
    hold = Event()
    source = make_source(
        [Unreadable("no such device")],
        [make_shot(0), Unreadable("unplugged")],
        [make_shot(1), hold],
        live=True,
    )
    walls = count(T0_NS)
    shared = make_shared(finite=False, wall_ns=lambda: next(walls))
    run = make_run(source, shared, make_camera(id="loose"))
    thread = started(run)
    wait_for(lambda: len(frames(shared.bus, "loose")) == 2, "two frames")
    assert REGISTRY.get_sample_value("vitrine_camera_up", {"camera": "loose"}) == 1
    run.stop.set()
    hold.set()
    thread.join(10)
    assert (
        REGISTRY.get_sample_value(
            "vitrine_camera_reconnects_total", {"camera": "loose"}
        )
        == 2
    )
    assert REGISTRY.get_sample_value("vitrine_camera_up", {"camera": "loose"}) == 0


def test_a_live_camera_that_never_works_is_an_error_of_a_finite_run() -> None:
    shared = make_shared(settings={"first_picture_s": 0})
    with pytest.raises(Unreadable, match="no such device"):
        make_run(make_source([Unreadable("no such device")], live=True), shared).run()


def test_a_live_cameras_clock_that_goes_back_gives_increasing_times() -> None:
    hold = Event()
    walls = iter([at(10), at(10), at(4), at(4), at(5), at(5)])
    shared = make_shared(finite=False, wall_ns=lambda: next(walls, at(20)))
    run = make_run(
        make_source([make_shot(0), make_shot(1), make_shot(2), hold], live=True), shared
    )
    thread = started(run)
    wait_for(lambda: len(frames(shared.bus)) == 3, "three frames")
    run.stop.set()
    hold.set()
    thread.join(10)
    assert [meta.captured_at_ns - at(10) for meta in frames(shared.bus)] == [0, 1, 2]


@pytest.mark.parametrize("retired", [True, False])
def test_only_a_camera_that_will_not_come_back_says_that_it_ended(
    retired: bool,
) -> None:
    shared = make_shared()
    hold = Event()
    run = make_run(make_source([make_shot(0), hold]), shared)
    thread = started(run)
    wait_for(lambda: len(frames(shared.bus)) == 1, "the first frame")
    run.retired = retired
    run.stop.set()
    hold.set()
    thread.join(10)
    assert [meta.ended for meta in frames(shared.bus)] == [False, True][: 1 + retired]


def synthetic_run(path: Path) -> tuple[CameraRun, TruthFile]:
    truth = TruthFile(path)
    truth.open()
    camera = make_camera("synthetic:?people=1&seconds=0.3", width=160)
    return make_run(source_of(camera), make_shared(truth=truth), camera), truth


def test_the_truth_has_a_line_for_each_synthetic_frame(tmp_path: Path) -> None:
    run, truth = synthetic_run(tmp_path / "truth.jsonl")
    run.run()
    truth.close()
    lines = [json.loads(line) for line in truth.path.read_text().splitlines()]
    assert [line["captured_at_ns"] for line in lines] == [at(0), at(0.1), at(0.2)]
    assert [(line["width"], line["height"]) for line in lines] == [(160, 90)] * 3


def test_a_full_disk_ends_the_truth_and_not_the_camera() -> None:
    run, truth = synthetic_run(Path("/dev/full"))
    run.run()
    assert truth.error is not None
    assert run.latest_ns == at(0.3)


def test_a_covered_camera_is_not_usable() -> None:
    shared = make_shared()
    black = np.zeros((48, 64, 3), np.uint8)
    shots = [make_shot(n / 10, black if n < 5 else None) for n in range(10)]
    make_run(make_source(shots), shared).run()
    assert [(r.usable_ns, r.frames) for r in coverage(shared.bus)] == [
        (500_000_000, 10)
    ]
