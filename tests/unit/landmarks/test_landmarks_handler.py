"""Frames in, faces out: order, batches, what is refused, what is forgotten."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from prometheus_client import REGISTRY

from tests.builders import at, make_mall
from tests.unit.landmarks.toy_vision import (
    Judge,
    Square,
    SquareDetector,
    SquareLandmarks,
    frame,
    jpeg,
    picture,
    toy_analyser,
)
from vitrine.bus import Received, TopicPartition
from vitrine.clock import EventClock
from vitrine.faces.analysis import GOOD_VIEW, Recognition
from vitrine.mall import Stand
from vitrine.mall.folder import FixedMall
from vitrine.schemas import FrameFaces, FrameMeta
from vitrine.sealing import Sealer, track_reference
from vitrine.services.landmarks.handler import LandmarksHandler
from vitrine.vision.embedding import Embedder

FACE: Square = (160, 120, 60)
SEALER = Sealer({"k1": bytes(32)}, "k1")


class ConstantNetwork:
    def run(self, batch: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        return [np.tile(np.arange(128, dtype=np.float32), (len(batch), 1))]


def make_handler(
    detector: SquareDetector | None = None,
    recognition: str = "none",
    clock: EventClock | None = None,
    quality: float = 0.9,
) -> LandmarksHandler:
    stand = Stand.model_validate({"id": "north", "recognition": recognition})
    analyser = toy_analyser(
        detector,
        Recognition(Embedder(ConstantNetwork(), "toy"), SEALER),
        quality=quality,
    )
    mall = FixedMall(make_mall(stand))
    return LandmarksHandler(analyser, mall, clock or EventClock(), detect_every=3)


def faces_of(
    handler: LandmarksHandler, *records: Received[FrameMeta], batch: int = 8
) -> list[FrameFaces]:
    """What the handler publishes for the records, none of which it may refuse."""
    events = []
    for start in range(0, len(records), batch):
        outputs = handler.handle(records[start : start + batch])
        assert outputs.rejected == []
        events += [m.event for m in outputs.messages if isinstance(m.event, FrameFaces)]
    return events


def walk(camera: str, steps: int = 12, speed: float = 6) -> list[Received[FrameMeta]]:
    """Two people who walk towards each other, one below the other."""
    return [
        frame(
            n / 10, (80 + speed * n, 60, 50), (240 - speed * n, 160, 60), camera=camera
        )
        for n in range(steps)
    ]


def test_a_face_is_published_with_its_points_box_and_pose() -> None:
    (seen,) = faces_of(make_handler(), frame(0, FACE))
    (face,) = seen.faces
    assert (seen.camera_id, seen.stand_id, seen.captured_at_ns) == (
        "north-1",
        "north",
        at(0),
    )
    np.testing.assert_allclose(face.box, [130, 90, 61, 61], atol=1)
    points = np.array(face.points)
    np.testing.assert_allclose(
        (points.max(axis=0) + points.min(axis=0)) / 2, [160, 120], atol=1.5
    )
    assert max(abs(face.yaw), abs(face.pitch), abs(face.roll)) < 5
    assert face.quality == 0.9
    assert all(round(v, 2) == v for point in face.points for v in point)


def shown_over(seconds: Sequence[float], judge: Judge | None) -> list[float | None]:
    """What is said to be shown by one face at these times."""
    mall = FixedMall(make_mall(Stand(id="north")))
    handler = LandmarksHandler(
        toy_analyser(judge=judge), mall, EventClock(), detect_every=3
    )
    seen = faces_of(handler, *(frame(second, FACE) for second in seconds))
    return [event.faces[0].expression.shown for event in seen]


def test_an_expression_is_judged_ten_times_a_second_and_holds_between() -> None:
    assert shown_over([0, 0.1, 0.2], Judge()) == [0, 0.1, 0.2]
    thirty = [0, 0.033, 0.067, 0.1, 0.133, 0.167, 0.2]
    assert shown_over(thirty, Judge()) == [0, 0, 0, 0.1, 0.1, 0.1, 0.2]


def test_without_an_expression_network_nothing_is_said_to_be_shown() -> None:
    assert shown_over([0, 0.1], None) == [None, None]


def test_every_frame_gives_a_record_also_without_a_face() -> None:
    seen = faces_of(make_handler(), frame(0), frame(0.1, FACE), frame(0.4), frame(0.5))
    assert [event.captured_at_ns for event in seen] == [
        at(0),
        at(0.1),
        at(0.4),
        at(0.5),
    ]
    assert seen[0].faces == seen[-1].faces == ()


def test_people_are_followed_between_detections_under_one_id_each() -> None:
    detector = SquareDetector()
    seen = faces_of(make_handler(detector), *walk("north-1", steps=12))
    assert detector.calls == 5  # the second one shows how new faces move
    assert [len(event.faces) for event in seen] == [2] * 12
    assert len({face.track_id for event in seen for face in event.faces}) == 2
    upper = [face for event in seen for face in event.faces if face.box[1] < 100]
    np.testing.assert_allclose(
        [f.box[0] for f in upper], [55 + 6 * n for n in range(12)], atol=2
    )


def test_the_result_does_not_depend_on_batches_or_on_other_cameras() -> None:
    north = walk("north-1")
    south = walk("south-1", speed=3)
    alone = faces_of(make_handler(), *north, batch=1)
    mixed = [record for pair in zip(north, south, strict=True) for record in pair]
    together = faces_of(make_handler(), *mixed, batch=7)
    assert [event for event in together if event.camera_id == "north-1"] == alone


def test_the_faces_of_different_cameras_share_a_network_run() -> None:
    handler = make_handler()
    network = SquareLandmarks()
    handler._analyser._landmarks = network
    faces_of(
        handler, frame(0, FACE), frame(0, FACE, camera="north-2"), frame(0.1, FACE)
    )
    assert network.batches == [2, 1]


def test_sixty_faces_are_all_seen_in_bounded_runs() -> None:
    squares = [(30 + 60 * (n % 10), 30 + 60 * (n // 10), 36.0) for n in range(60)]
    handler = make_handler()
    network = SquareLandmarks()
    handler._analyser._landmarks = network
    (seen,) = faces_of(handler, frame(0, *squares, size=(640, 360)))
    assert len(seen.faces) == len({face.track_id for face in seen.faces}) == 60
    assert network.batches == [32, 28]


def test_a_face_half_outside_is_seen_with_less_quality() -> None:
    whole, half = (
        faces_of(make_handler(), frame(0, square))[0].faces[0]
        for square in (FACE, (300.0, 120.0, 60.0))
    )
    assert half.quality < whole.quality


def test_a_face_too_small_for_landmarks_is_left_out() -> None:
    (seen,) = faces_of(make_handler(), frame(0, (100, 100, 6), FACE, size=(640, 360)))
    assert len(seen.faces) == 1


def test_a_large_picture_gives_coordinates_of_its_own_pixels() -> None:
    (seen,) = faces_of(make_handler(), frame(0, (1000, 700, 300), size=(2000, 1400)))
    np.testing.assert_allclose(seen.faces[0].box, [850, 550, 300, 300], atol=5)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "holds no picture"),
        (jpeg(picture(FACE))[:-200], "cut off"),
        (jpeg(picture(FACE, width=640)), "announced was"),
    ],
)
def test_a_bad_picture_is_refused_and_the_others_go_on(
    body: bytes, reason: str
) -> None:
    good = [frame(0, FACE), frame(0.2, FACE)]
    outputs = make_handler().handle([good[0], frame(0.1, body=body), good[1]])
    assert [reason in given for _, given in outputs.rejected] == [True]
    assert [
        len(m.event.faces) for m in outputs.messages if isinstance(m.event, FrameFaces)
    ] == [1, 1]


def test_a_frame_from_before_the_last_one_is_refused() -> None:
    outputs = make_handler().handle(
        [frame(1.0, FACE), frame(0.9, FACE), frame(1.1, FACE)]
    )
    assert [reason for _, reason in outputs.rejected] == [
        "not captured after the camera's frame before"
    ]
    assert len(outputs.messages) == 2


@pytest.mark.parametrize("batches", [[2, 1], [1, 2], [3]])
def test_a_frame_that_ingest_sent_again_is_skipped_and_counted(
    batches: list[int],
) -> None:
    frames = [frame(1.0, FACE), frame(1.0, FACE), frame(1.1, FACE)]
    handler = make_handler()
    before = dropped("repeated")
    outputs = [
        handler.handle([frames.pop(0) for _ in range(count)]) for count in batches
    ]
    assert [refused for each in outputs for refused in each.rejected] == []
    times = [
        message.event.occurred_at_ns for each in outputs for message in each.messages
    ]
    assert times == [at(1.0), at(1.1)]
    assert dropped("repeated") == before + 1


def test_a_camera_whose_clock_was_set_back_is_accepted_again_after_a_while() -> None:
    handler = make_handler()
    faces_of(handler, appended(frame(1000, FACE), 1000))
    soon, later = (
        appended(frame(400 + second, FACE), 1000 + second) for second in (300, 301)
    )
    assert len(handler.handle([soon]).rejected) == 1
    (seen,) = faces_of(handler, later)
    assert seen.captured_at_ns == at(701)


def appended(received: Received[FrameMeta], seconds: float) -> Received[FrameMeta]:
    return replace(
        received, record=replace(received.record, appended_at_ns=at(seconds))
    )


def dropped(reason: str) -> float:
    labels = {"camera": "north-1", "reason": reason}
    return REGISTRY.get_sample_value("vitrine_frames_dropped_total", labels) or 0


def analysed() -> float:
    return (
        REGISTRY.get_sample_value(
            "vitrine_frames_analysed_total", {"camera": "north-1"}
        )
        or 0
    )


def test_a_late_frame_of_a_live_camera_is_skipped_and_counted() -> None:
    clock = EventClock()
    before = dropped("late")
    analysed_before = analysed()
    clock.observe(at(1.0))
    handler = make_handler(clock=clock)
    seen = faces_of(handler, frame(0.4, FACE, live=True), frame(0.6, FACE, live=True))
    assert [event.captured_at_ns for event in seen] == [at(0.6)]
    assert dropped("late") == before + 1
    assert analysed() == analysed_before + 1
    assert len(faces_of(handler, frame(0.7, FACE, live=False))) == 1


def test_the_end_of_a_source_is_passed_on_in_order_and_forgets_the_camera() -> None:
    handler = make_handler()
    seen = faces_of(
        handler, frame(5, FACE), frame(5, ended=True, body=b""), frame(0, FACE)
    )
    assert [(event.ended, len(event.faces)) for event in seen] == [
        (False, 1),
        (True, 0),
        (False, 1),
    ]
    assert seen[0].faces[0].track_id != seen[2].faces[0].track_id


def test_partitions_that_move_take_their_cameras_along() -> None:
    handler = make_handler()
    faces_of(
        handler,
        frame(5, FACE, partition=1),
        frame(5, FACE, camera="north-2", partition=2),
    )
    handler.revoked([TopicPartition("frames", 1)])
    outputs = handler.handle(
        [frame(1, FACE, partition=1), frame(1, FACE, camera="north-2", partition=2)]
    )
    assert [record.event.camera_id for record, _ in outputs.rejected] == ["north-2"]


def test_of_very_many_cameras_the_one_silent_for_longest_is_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("vitrine.services.landmarks.handler.MOST_CAMERAS", 2)
    handler = make_handler()
    faces_of(
        handler, *(frame(5, camera=name) for name in ("a", "b")), frame(6, camera="a")
    )
    faces_of(handler, frame(5, camera="c"))
    outputs = handler.handle([frame(1, camera="b"), frame(1, camera="c")])
    assert [record.event.camera_id for record, _ in outputs.rejected] == ["c"]


def embeddings(recognition: str, count: int, quality: float = 0.9) -> list[Any]:
    """Of one face in so many frames, ten a second."""
    handler = make_handler(recognition=recognition, quality=quality)
    seen = faces_of(handler, *(frame(n / 10, FACE) for n in range(count)))
    return [face.embedding for event in seen for face in event.faces]


def test_good_views_are_embedded_a_few_times_a_second_where_recognition_is_on() -> None:
    found = embeddings("enrolled", 11)
    assert [n for n, sealed in enumerate(found) if sealed] == [0, 4, 8]
    (track,) = {f.track_id for f in faces_of(make_handler(), frame(0, FACE))[0].faces}
    vector = SEALER.open(found[0], track_reference("north-1", track))
    assert found[0].model == "toy"
    assert np.linalg.norm(vector) == pytest.approx(1)


def test_nothing_is_embedded_where_recognition_is_off() -> None:
    assert embeddings("none", 6) == [None] * 6


def test_poor_views_are_not_embedded() -> None:
    assert embeddings("enrolled", 6, quality=GOOD_VIEW - 0.01) == [None] * 6
