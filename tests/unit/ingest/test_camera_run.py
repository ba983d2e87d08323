"""One camera of a file from its source to the bus: each policy, each kind of trouble."""

from __future__ import annotations

import json
from pathlib import Path
from threading import Event, Thread

import pytest
from prometheus_client import REGISTRY

from tests.builders import at
from tests.ingest_builders import (
    AbsentBus,
    commit_all,
    coverage,
    cut_off,
    dropped,
    frames,
    from_jpeg,
    make_camera,
    make_run,
    make_shared,
    make_shot,
    make_shots,
    make_source,
    plain_picture,
    read_all,
    seconds_of,
    started,
    wait_for,
    write_images,
)
from vitrine.clock import SECOND_NS
from vitrine.services.ingest import camera as camera_module
from vitrine.services.ingest.camera import CameraRun
from vitrine.services.ingest.pace import FullSpeed
from vitrine.services.ingest.shots import (
    Ended,
    Picture,
    Shot,
    Shots,
    Source,
    Unreadable,
)
from vitrine.services.ingest.sources import source_of
from vitrine.services.ingest.truth import TruthFile
from vitrine.topics import FRAMES

LEFT_HALF = [(0, 0), (0.5, 0), (0.5, 1), (0, 1)]


def test_pictures_become_frames_with_their_capture_times() -> None:
    shared = make_shared()
    make_run(make_source(make_shots(2)), shared).run()
    metas = frames(shared.bus)
    times = [meta.captured_at_ns for meta in metas]
    assert times == [at(0), at(0.1), at(0.2)]
    assert [meta.ended for meta in metas] == [False, False, True]


def test_a_frame_has_its_picture_as_jpeg_and_the_last_record_none() -> None:
    shared = make_shared()
    source = make_source(make_shots(1))
    make_run(source, shared, make_camera(width=64)).run()
    frame, ended = read_all(shared.bus, FRAMES)
    meta = frame.event
    assert (meta.width, meta.height, meta.live) == (64, 48, False)
    assert from_jpeg(frame.body).shape == (48, 64, 3)
    assert ended.body == b""


def test_the_number_of_a_camera_says_which_partition_its_frames_go_to() -> None:
    shared = make_shared()
    make_run(make_source(make_shots(1)), shared, number=17).run()
    partitions = {
        received.record.partition for received in read_all(shared.bus, FRAMES)
    }
    assert partitions == {17 % FRAMES.partitions}


def test_a_faster_source_is_taken_at_the_cameras_rate() -> None:
    shared = make_shared()
    source = make_source(make_shots(50, fps=50))
    make_run(source, shared, make_camera(fps=10)).run()
    assert seconds_of(frames(shared.bus)) == [n / 10 for n in range(10)]


def test_the_mask_is_black_in_the_frame() -> None:
    shared = make_shared()
    white = plain_picture(255)
    source = make_source([make_shot(0, white)])
    make_run(source, shared, make_camera(mask=LEFT_HALF)).run()
    frame, _ = read_all(shared.bus, FRAMES)
    pixels = from_jpeg(frame.body)
    assert pixels[:, :30].max() < 20
    assert pixels[:, 40:].min() > 235


def test_it_stops_after_so_many_seconds_of_source_time() -> None:
    shared = make_shared(settings={"seconds": 0.3})
    make_run(make_source(make_shots(100)), shared).run()
    assert seconds_of(frames(shared.bus)) == [0, 0.1, 0.2]


# Opening hours


def test_outside_opening_hours_nothing_is_published_and_nothing_is_missing() -> None:
    def is_open(stand_id: str, at_ns: int) -> bool:
        assert stand_id == "north"
        return not at(10) <= at_ns < at(20)

    shared = make_shared(is_open=is_open, in_flight=1_000)
    make_run(make_source(make_shots(300)), shared).run()
    metas = frames(shared.bus)
    published = [meta for meta in metas if not meta.ended]
    assert len(published) == 200
    # Who was there is gone when the stand closes, and at the end of the source.
    ends = [meta.captured_at_ns for meta in metas if meta.ended]
    assert ends == [at(10), at(30)]
    spans = [(each.start_ns, each.end_ns) for each in coverage(shared.bus)]
    assert spans == [(at(0), at(10)), (at(20), at(30))]
    assert all(each.usable_ns >= 9 * 10**9 for each in coverage(shared.bus))


@pytest.mark.parametrize("seconds", [0.5, 0.4])
def test_a_recording_is_looped_where_that_is_asked_for(seconds: float) -> None:
    shared = make_shared(settings={"seconds": seconds})
    source = make_source(make_shots(2))
    make_run(source, shared, make_camera(loop=True)).run()
    expected = [n / 10 for n in range(round(10 * seconds))]
    assert seconds_of(frames(shared.bus)) == expected


def test_a_live_source_that_ends_without_an_error_is_not_played_again() -> None:
    shared = make_shared(finite=False)
    source = make_source(make_shots(3), live=True)
    make_run(source, shared).run()
    metas = frames(shared.bus)
    assert metas[-1].ended
    assert len(metas) <= 4


def test_a_recording_that_fails_in_mid_way_is_not_played_again() -> None:
    shared = make_shared(finite=False)
    source = make_source([make_shot(0), Ended("cut off", "damaged")], live=True)
    with pytest.raises(Ended, match="cut off"):
        make_run(source, shared, make_camera(id="cut-in-mid-way")).run()
    labels = {"camera": "cut-in-mid-way", "cause": "damaged"}
    name = "vitrine_camera_failures_total"
    assert REGISTRY.get_sample_value(name, labels) == 1


def test_a_live_camera_that_sends_only_garbage_is_given_up(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(camera_module, "GARBAGE_S", 0.0)
    torn = Unreadable("cut off")
    shots = [make_shot(n / 10, torn) for n in range(5)]
    shared = make_shared(settings={"first_picture_s": 0})
    with pytest.raises(Unreadable, match="nothing that can be decoded"):
        make_run(make_source(shots, live=True), shared).run()


def test_a_thousand_bad_pictures_do_not_fill_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    torn = Unreadable("cut off")
    shots = [make_shot(n / 10, torn) for n in range(1, 1001)]
    source = make_source([make_shot(0), *shots])
    make_run(source, make_shared()).run()
    assert caplog.text.count("picture skipped") == 10


# Pictures that cannot be read


def test_a_picture_that_cannot_be_read_is_skipped_and_counted() -> None:
    shared = make_shared()
    torn = make_shot(0.1, Unreadable("cut off"))
    source = make_source([make_shot(0), torn, make_shot(0.2)])
    make_run(source, shared, make_camera(id="torn")).run()
    assert seconds_of(frames(shared.bus, "torn")) == [0, 0.2]
    assert dropped("torn", "unreadable") == 1
    (record,) = coverage(shared.bus)
    assert (record.frames, record.dropped) == (2, 1)


def test_a_truncated_jpeg_in_a_folder_is_skipped(tmp_path: Path) -> None:
    folder = write_images(tmp_path / "images", 3)
    cut_off(folder / "001.jpg", 600)
    shared = make_shared()
    camera = make_camera(folder, id="folder")
    make_run(source_of(camera), shared, camera).run()
    assert seconds_of(frames(shared.bus, "folder")) == [0, 0.2]
    assert dropped("folder", "unreadable") == 1


def test_a_source_of_which_nothing_can_be_read_is_an_error() -> None:
    torn = Unreadable("cut off")
    shots = [make_shot(0, torn), make_shot(0.1, torn), make_shot(0.2, torn)]
    run = make_run(make_source(shots), make_shared())
    with pytest.raises(Unreadable, match="none of its 3 pictures"):
        run.run()


def test_a_video_that_breaks_off_is_used_so_far_and_then_an_error() -> None:
    shared = make_shared()
    source = make_source([*make_shots(2), Unreadable("damaged")])
    with pytest.raises(Unreadable, match="damaged"):
        make_run(source, shared).run()
    ended = [meta.ended for meta in frames(shared.bus)]
    assert ended == [False, False, True]


def test_a_covered_camera_is_not_usable() -> None:
    shared = make_shared()
    black = plain_picture(0)
    # A camera is looked at once a second.
    shots = [make_shot(n / 10, black) for n in range(10)]
    shots += make_shots(20)[10:]
    make_run(make_source(shots), shared).run()
    (record,) = coverage(shared.bus)
    assert (record.usable_ns, record.frames) == (1_000_000_000, 20)


# A bus that is full or away


def test_a_full_bus_makes_a_camera_that_may_drop_drop_the_newest() -> None:
    shared = make_shared(in_flight=3)
    camera = make_camera(id="busy", overload="drop")
    make_run(make_source(make_shots(10)), shared, camera).run()
    assert seconds_of(frames(shared.bus, "busy")) == [0, 0.1, 0.2]
    assert dropped("busy", "overload") == 7
    (record,) = coverage(shared.bus)
    assert (record.frames, record.dropped) == (3, 7)


def test_a_file_waits_for_slow_workers_and_loses_nothing() -> None:
    shared = make_shared(in_flight=2)
    stop = Event()
    workers = Thread(target=commit_all, args=(shared.bus, stop))
    run = started(make_run(make_source(make_shots(50)), shared))
    workers.start()
    run.join(20)
    stop.set()
    workers.join()
    assert len(seconds_of(frames(shared.bus))) == 50


def test_a_file_that_waited_goes_on_in_the_time_of_the_clock() -> None:
    class Waited(FullSpeed):
        def behind_ns(self, at_ns: int) -> int:
            waited_s = 3 if at_ns == at(0.1) else 0
            return waited_s * SECOND_NS

    shared = make_shared(pace=Waited(), settings={"start_ns": None})
    make_run(make_source(make_shots(4)), shared).run()
    assert seconds_of(frames(shared.bus)) == [0, 3.1, 3.2, 3.3]
    repeatable = make_shared(pace=Waited())
    make_run(make_source(make_shots(4)), repeatable).run()
    assert seconds_of(frames(repeatable.bus)) == [0, 0.1, 0.2, 0.3]


def test_a_picture_of_a_recording_is_decoded_before_it_is_due() -> None:
    steps: list[str] = []

    class Listed(FullSpeed):
        def wait(
            self,
            camera_id: str,
            at_ns: int,
            stop: Event,
        ) -> bool:
            steps.append("due")
            return super().wait(camera_id, at_ns, stop)

    def read() -> Picture:
        steps.append("decoded")
        return plain_picture(90), None

    shots = [Shot(number * SECOND_NS // 10, read) for number in range(3)]
    make_run(make_source(shots), make_shared(pace=Listed())).run()
    # Nothing says before the first one that anybody takes pictures.
    assert steps == ["due", "decoded", "decoded", "due", "decoded", "due"]


def test_a_camera_whose_pictures_are_not_taken_decodes_none() -> None:
    decoded: list[int] = []

    def read() -> Picture:
        decoded.append(1)
        return plain_picture(90), None

    shots = [Shot(number * SECOND_NS // 10, read) for number in range(10)]
    shared = make_shared(in_flight=3)
    camera = make_camera(id="idle", overload="drop")
    make_run(make_source(shots), shared, camera).run()
    assert dropped("idle", "overload") == 7
    # Three are used; before the fourth nothing said that it would not be.
    assert len(decoded) == 4


def test_a_file_that_waits_for_workers_can_be_stopped() -> None:
    shared = make_shared(in_flight=2)
    run = make_run(make_source(make_shots(50)), shared)
    thread = started(run)
    run.stop.set()
    thread.join(10)
    assert not thread.is_alive()
    assert len(frames(shared.bus)) <= 2, "no `ended`: the camera may come back"


def test_a_camera_drops_while_the_bus_is_away_and_recovers() -> None:
    bus = AbsentBus()

    def shots() -> Shots:
        yield make_shot(0.0)
        bus.away = True
        yield make_shot(0.1)
        bus.away = False
        yield make_shot(0.2)

    shared = make_shared(bus)
    camera = make_camera(id="offline", overload="drop")
    make_run(Source(shots), shared, camera).run()
    assert seconds_of(frames(bus, "offline")) == [0, 0.2]
    assert dropped("offline", "bus") == 1
    assert shared.health.reasons() == {}


def test_a_file_waits_while_the_bus_is_away_and_loses_nothing() -> None:
    bus = AbsentBus()
    bus.away = True
    thread = started(make_run(make_source(make_shots(2)), make_shared(bus)))
    assert bus.refused.wait(10)
    bus.away = False
    thread.join(10)
    assert seconds_of(frames(bus)) == [0, 0.1]


# The end, and the truth


@pytest.mark.parametrize(
    ("retired", "expected"),
    [
        (True, [False, True]),
        (False, [False]),
    ],
)
def test_only_a_camera_that_will_not_come_back_says_that_it_ended(
    retired: bool, expected: list[bool]
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
    assert [meta.ended for meta in frames(shared.bus)] == expected


def synthetic_run(truth: TruthFile) -> CameraRun:
    truth.open()
    camera = make_camera("synthetic:?people=1&seconds=0.3", width=160)
    return make_run(source_of(camera), make_shared(truth=truth), camera)


def test_the_truth_has_a_line_for_each_synthetic_frame(tmp_path: Path) -> None:
    truth = TruthFile(tmp_path / "truth.jsonl")
    synthetic_run(truth).run()
    truth.close()
    text = truth.path.read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    times = [line["captured_at_ns"] for line in lines]
    assert times == [at(0), at(0.1), at(0.2)]
    sizes = {(line["width"], line["height"]) for line in lines}
    assert sizes == {(160, 90)}


def test_a_full_disk_ends_the_truth_and_not_the_camera() -> None:
    truth = TruthFile(Path("/dev/full"))
    run = synthetic_run(truth)
    run.run()
    assert truth.error is not None
    assert run.latest_ns == at(0.3)
