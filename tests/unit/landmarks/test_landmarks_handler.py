"""Frames in, faces out: order, batches, what is refused, what is forgotten."""

from collections.abc import Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from prometheus_client import REGISTRY

from tests.builders import at, make_mall
from tests.unit.landmarks.toy_vision import (
    LessAndLessNeutral,
    Square,
    SquareDetector,
    SquareLandmarks,
    frame,
    jpeg,
    picture,
    toy_models,
)
from vitrine.bus import Received, TopicPartition
from vitrine.clock import EventClock
from vitrine.errors import Invalid
from vitrine.faces.analysis import Analyser, Frame
from vitrine.faces.describing import DescribedFace
from vitrine.faces.models import FaceModels
from vitrine.faces.tracks import MOST_FACES
from vitrine.mall import Stand
from vitrine.mall.folder import FixedMall
from vitrine.runtime import Outputs
from vitrine.schemas import (
    Face,
    FrameFaces,
    FrameMeta,
    SealedVector,
)
from vitrine.sealing import Sealer, view_reference
from vitrine.services.landmarks.handler import LandmarksHandler
from vitrine.telemetry import metrics
from vitrine.vision.quality import GOOD_VIEW

FACE: Square = (160, 120, 60)
SEALER = Sealer({"k1": bytes(32)}, "k1")


def make_handler(
    models: FaceModels | None = None,
    recognition: str = "none",
    clock: EventClock | None = None,
    sealer: Sealer | None = SEALER,
    reactions: str = "off",
    groups_sealer: Sealer | None = None,
    helper: Executor | None = None,
) -> LandmarksHandler:
    stand = Stand.model_validate(
        {"id": "north", "recognition": recognition, "reactions": reactions}
    )
    return LandmarksHandler(
        Analyser(models or toy_models(), helper),
        FixedMall(make_mall(stand)),
        clock or EventClock(),
        detect_every=3,
        sealer=sealer,
        groups_sealer=groups_sealer,
    )


def events_of(outputs: Outputs) -> list[FrameFaces]:
    events = []
    for message in outputs.messages:
        assert isinstance(message.event, FrameFaces)
        events.append(message.event)
    return events


def faces_of(
    handler: LandmarksHandler, *records: Received[FrameMeta], batch: int = 8
) -> list[FrameFaces]:
    """Return what the handler publishes for the records, none of which it may refuse."""
    events = []
    for start in range(0, len(records), batch):
        outputs = handler.handle(records[start : start + batch])
        assert outputs.rejected == []
        events += events_of(outputs)
    return events


def only_face(handler: LandmarksHandler, record: Received[FrameMeta]) -> Face:
    (event,) = faces_of(handler, record)
    (face,) = event.faces
    return face


def reasons(outputs: Outputs) -> list[str]:
    return [reason for _, reason in outputs.rejected]


def walk(
    camera: str,
    steps: int = 12,
    speed: float = 6,
) -> list[Received[FrameMeta]]:
    """Return two people who walk towards each other, one below the other."""
    frames = []
    for n in range(steps):
        upper = (80 + speed * n, 60, 50)
        lower = (240 - speed * n, 160, 60)
        frames.append(frame(n / 10, upper, lower, camera=camera))
    return frames


def test_a_face_is_published_with_its_points_box_and_pose() -> None:
    (seen,) = faces_of(make_handler(), frame(0, FACE))
    (face,) = seen.faces
    assert seen.camera_id == "north-1"
    assert seen.stand_id == "north"
    assert seen.captured_at_ns == at(0)
    np.testing.assert_allclose(face.box, [130, 90, 61, 61], atol=1)
    points = np.array(face.points)
    middle = (points.max(axis=0) + points.min(axis=0)) / 2
    np.testing.assert_allclose(middle, [160, 120], atol=1.5)
    np.testing.assert_array_equal(points, points.round(2))
    np.testing.assert_allclose([face.yaw, face.pitch, face.roll], 0, atol=5)
    assert face.quality == 0.9


class Watched(Analyser):
    """Note which frames may be asked for clothes."""

    asked: list[bool]

    def step(self, frames: Sequence[Frame]) -> list[list[DescribedFace]]:
        self.asked = [frame.clothed_image is not None for frame in frames]
        return super().step(frames)


@pytest.mark.parametrize("clothes", [True, False])
def test_a_stand_may_say_that_clothes_are_not_looked_at(clothes: bool) -> None:
    analyser = Watched(toy_models())
    stand = Stand(id="north", clothes=clothes)
    handler = LandmarksHandler(
        analyser,
        FixedMall(make_mall(stand)),
        EventClock(),
        detect_every=3,
    )
    faces_of(handler, frame(0, FACE))
    assert analyser.asked == [clothes]


def shown_over(
    seconds: Sequence[float], network: LessAndLessNeutral | None
) -> list[float | None]:
    """Return what is said to be shown by one face at these times."""
    handler = make_handler(toy_models(expressions=network))
    frames = [frame(second, FACE) for second in seconds]
    seen = faces_of(handler, *frames)
    return [event.faces[0].expression.shown for event in seen]


def test_an_expression_is_judged_ten_times_a_second_and_holds_between() -> None:
    ten = [0, 0.1, 0.2]
    assert shown_over(ten, LessAndLessNeutral()) == [0, 0.1, 0.2]
    thirty = [0, 0.033, 0.067, 0.1, 0.133, 0.167, 0.2]
    shown = shown_over(thirty, LessAndLessNeutral())
    assert shown == [0, 0, 0, 0.1, 0.1, 0.1, 0.2]


def test_without_an_expression_network_nothing_is_said_to_be_shown() -> None:
    assert shown_over([0, 0.1], None) == [None, None]


def test_it_is_counted_what_was_computed_in_the_frame_it_is_reported_for() -> None:
    before = parts_of("north-1")
    models = toy_models(expressions=LessAndLessNeutral())
    faces_of(make_handler(models, "enrolled"), *[frame(n / 30, FACE) for n in range(6)])
    counted = {}
    for key, value in parts_of("north-1").items():
        counted[key] = value - before.get(key, 0)
    assert counted["points", "now"] == 6
    # Judged every 0.09 s, embedded three times at once.
    assert counted["expression", "now"] == 2
    assert counted["expression", "earlier"] == 4
    assert counted["embedding", "now"] == 3
    assert counted["embedding", "none"] == 3


def parts_of(camera: str) -> dict[tuple[str, str], float]:
    """Return the counts by part and `computed`."""
    counts = {}
    for metric in metrics.FACE_PARTS.collect():
        for sample in metric.samples:
            labels = sample.labels
            if labels["camera"] == camera and sample.name.endswith("_total"):
                counts[labels["part"], labels["computed"]] = sample.value
    return counts


def test_every_frame_gives_a_record_also_without_a_face() -> None:
    seen = faces_of(make_handler(), frame(0, FACE), frame(0.1), frame(0.4))
    assert [event.captured_at_ns for event in seen] == [at(0), at(0.1), at(0.4)]
    assert [len(event.faces) for event in seen] == [1, 0, 0]


def test_people_are_followed_between_detections_under_one_id_each() -> None:
    detector = SquareDetector()
    handler = make_handler(toy_models(detector))
    seen = faces_of(handler, *walk("north-1", steps=12))
    assert detector.calls == 5  # the second one shows how new faces move
    assert [len(event.faces) for event in seen] == [2] * 12
    faces = [face for event in seen for face in event.faces]
    assert len({face.track_id for face in faces}) == 2
    upper = [face.box[0] for face in faces if face.box[1] < 100]
    np.testing.assert_allclose(upper, [55 + 6 * n for n in range(12)], atol=2)


def test_the_result_does_not_depend_on_batches_or_on_other_cameras() -> None:
    north = walk("north-1")
    south = walk("south-1", speed=3)
    alone = faces_of(make_handler(), *north, batch=1)
    mixed: list[Received[FrameMeta]] = []
    for pair in zip(north, south, strict=True):
        mixed += pair
    together = faces_of(make_handler(), *mixed, batch=7)
    assert [event for event in together if event.camera_id == "north-1"] == alone


def test_the_result_does_not_depend_on_detections_ahead() -> None:
    records = [*walk("north-1", steps=12), frame(1.3), frame(1.4), frame(1.5, FACE)]
    alone = faces_of(make_handler(), *records, batch=8)
    with ThreadPoolExecutor(1) as helper:
        handler = make_handler(helper=helper)
        assert faces_of(handler, *records, batch=8) == alone


def test_cameras_of_5_and_of_60_frames_a_second_get_all_of_theirs() -> None:
    """Who enters is found within a tenth of a second, or in the slow camera's next frame."""
    records = []
    for number in range(90):
        shown = [FACE] if number >= 37 else []
        records.append(frame(number / 60, *shown, camera="fast"))
        if number % 12 == 0:
            records.append(frame(number / 60, *shown, camera="slow"))
    seen = faces_of(make_handler(), *records, batch=8)
    for camera, count, first in (("fast", 90, 37 / 60 + 0.1), ("slow", 8, 0.8)):
        frames = [event for event in seen if event.camera_id == camera]
        assert len(frames) == count
        found = next(event for event in frames if event.faces)
        assert found.captured_at_ns <= at(first)
        assert all(event.faces for event in frames[frames.index(found) :])


def test_of_300_faces_the_most_that_are_followed_are_published() -> None:
    """The rest is left out: it bounds the time of a frame, and the record stays valid."""
    squares = []
    for row in range(15):
        squares += [(20.0 + 40 * column, 20.0 + 40 * row, 24.0) for column in range(20)]
    size = (800, 600)
    records = [frame(n / 10, *squares, size=size) for n in range(3)]
    seen = faces_of(make_handler(), *records)
    assert [len(event.faces) for event in seen] == [MOST_FACES] * 3


def test_the_faces_of_different_cameras_share_a_network_run() -> None:
    landmarks = SquareLandmarks()
    handler = make_handler(toy_models(landmarks=landmarks))
    other = frame(0, FACE, camera="north-2")
    faces_of(handler, frame(0, FACE), other, frame(0.1, FACE))
    assert landmarks.batches == [2, 1]


def test_sixty_faces_are_all_seen_in_bounded_runs() -> None:
    squares = [(30 + 60 * (n % 10), 30 + 60 * (n // 10), 36.0) for n in range(60)]
    landmarks = SquareLandmarks()
    handler = make_handler(toy_models(landmarks=landmarks))
    (seen,) = faces_of(handler, frame(0, *squares, size=(640, 360)))
    assert len({face.track_id for face in seen.faces}) == 60
    assert landmarks.batches == [32, 28]


def test_a_face_half_outside_is_seen_with_less_quality() -> None:
    whole = only_face(make_handler(), frame(0, FACE))
    half = only_face(make_handler(), frame(0, (300.0, 120.0, 60.0)))
    assert half.quality < whole.quality


def test_a_face_too_small_for_landmarks_is_left_out() -> None:
    small = (100, 100, 6)
    (seen,) = faces_of(make_handler(), frame(0, small, FACE, size=(640, 360)))
    assert len(seen.faces) == 1


def test_a_large_picture_gives_coordinates_of_its_own_pixels() -> None:
    face = only_face(
        make_handler(),
        frame(0, (1000, 700, 300), size=(2000, 1400)),
    )
    np.testing.assert_allclose(face.box, [850, 550, 300, 300], atol=5)


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
    bad = frame(0.1, body=body)
    outputs = make_handler().handle([frame(0, FACE), bad, frame(0.2, FACE)])
    ((refused, given),) = outputs.rejected
    assert refused is bad
    assert reason in given
    assert [len(event.faces) for event in events_of(outputs)] == [1, 1]


def test_a_frame_from_before_the_last_one_is_refused() -> None:
    frames = [frame(1.0, FACE), frame(0.9, FACE), frame(1.1, FACE)]
    outputs = make_handler().handle(frames)
    assert reasons(outputs) == ["not captured after the camera's frame before"]
    assert len(outputs.messages) == 2


@pytest.mark.parametrize("sizes", [[2, 1], [1, 2], [3]])
def test_a_frame_that_ingest_sent_again_is_skipped_and_counted(
    sizes: list[int],
) -> None:
    frames = [frame(1.0, FACE), frame(1.0, FACE), frame(1.1, FACE)]
    handler = make_handler()
    before = dropped("repeated")
    seen = []
    for size in sizes:
        seen += faces_of(handler, *frames[:size])
        del frames[:size]
    assert [event.captured_at_ns for event in seen] == [at(1.0), at(1.1)]
    assert dropped("repeated") == before + 1


def test_a_camera_whose_clock_was_set_back_is_accepted_again_after_a_while() -> None:
    handler = make_handler()
    faces_of(handler, appended(frame(1000, FACE), 1000))
    soon = appended(frame(700, FACE), 1300)
    later = appended(frame(701, FACE), 1301)
    assert len(handler.handle([soon]).rejected) == 1
    (seen,) = faces_of(handler, later)
    assert seen.captured_at_ns == at(701)


def appended(received: Received[FrameMeta], seconds: float) -> Received[FrameMeta]:
    """Return the record as if the log had taken it at that time."""
    record = replace(received.record, appended_at_ns=at(seconds))
    return replace(received, record=record)


def dropped(reason: str) -> float:
    return counted("frames_dropped", reason=reason)


def counted(name: str, **labels: str) -> float:
    full = f"vitrine_{name}_total"
    return REGISTRY.get_sample_value(full, {"camera": "north-1", **labels}) or 0


def test_a_late_frame_of_a_live_camera_is_skipped_and_counted() -> None:
    clock = EventClock()
    clock.observe(at(1.0))
    handler = make_handler(clock=clock)
    late_before = dropped("late")
    analysed_before = counted("frames_analysed")
    seen = faces_of(
        handler,
        frame(0.4, FACE, live=True),
        frame(0.6, FACE, live=True),
    )
    assert [event.captured_at_ns for event in seen] == [at(0.6)]
    assert dropped("late") == late_before + 1
    assert counted("frames_analysed") == analysed_before + 1


def test_a_late_frame_of_a_file_is_analysed() -> None:
    clock = EventClock()
    clock.observe(at(1.0))
    seen = faces_of(make_handler(clock=clock), frame(0.4, FACE, live=False))
    assert len(seen) == 1


def test_the_end_of_a_source_is_passed_on_in_order_and_forgets_the_camera() -> None:
    end = frame(5, ended=True, body=b"")
    seen = faces_of(make_handler(), frame(5, FACE), end, frame(0, FACE))
    assert [event.ended for event in seen] == [False, True, False]
    assert [len(event.faces) for event in seen] == [1, 0, 1]
    assert seen[0].faces[0].track_id != seen[2].faces[0].track_id


def test_partitions_that_move_take_their_cameras_along() -> None:
    handler = make_handler()
    moved = frame(5, FACE, partition=1)
    stayed = frame(5, FACE, camera="north-2", partition=2)
    faces_of(handler, moved, stayed)
    handler.revoked([TopicPartition("frames", 1)])
    moved = frame(1, FACE, partition=1)
    stayed = frame(1, FACE, camera="north-2", partition=2)
    ((refused, _),) = handler.handle([moved, stayed]).rejected
    assert refused is stayed


def embeddings(
    recognition: str,
    count: int,
    quality: float = 0.9,
    sealer: Sealer | None = SEALER,
) -> list[SealedVector | None]:
    """Return those of one face in so many frames, ten a second."""
    handler = make_handler(
        toy_models(quality=quality),
        recognition,
        sealer=sealer,
    )
    frames = [frame(n / 10, FACE) for n in range(count)]
    return [event.faces[0].embedding for event in faces_of(handler, *frames)]


def test_three_good_views_and_then_a_few_a_second_are_embedded_where_recognition_is_on() -> (
    None
):
    found = embeddings("enrolled", 11)
    assert [n for n, sealed in enumerate(found) if sealed] == [0, 1, 2, 6, 10]


def test_an_embedding_is_sealed_for_its_track() -> None:
    picture = frame(0, FACE)
    face = only_face(make_handler(recognition="enrolled"), picture)
    assert face.embedding is not None
    assert face.embedding.model == "toy"
    vector = SEALER.open(
        face.embedding,
        view_reference(picture.event, face.track_id),
    )
    assert np.linalg.norm(vector) == pytest.approx(1)


def test_nothing_is_embedded_where_recognition_is_off() -> None:
    assert embeddings("none", 6) == [None] * 6


def test_nothing_is_embedded_where_nothing_can_be_sealed() -> None:
    assert embeddings("enrolled", 6, sealer=None) == [None] * 6


def test_poor_views_are_not_embedded() -> None:
    assert embeddings("enrolled", 6, quality=GOOD_VIEW - 0.01) == [None] * 6


GROUPS_SEALER = Sealer({"r1": bytes(range(32))}, "r1")


def groups(
    reactions: str,
    seconds: Sequence[float],
    sealer: Sealer | None = GROUPS_SEALER,
) -> list[SealedVector | None]:
    """Return the sealed groups of one face at these times."""
    handler = make_handler(
        toy_models(expressions=LessAndLessNeutral()),
        reactions=reactions,
        groups_sealer=sealer,
    )
    frames = [frame(second, FACE) for second in seconds]
    return [event.faces[0].groups for event in faces_of(handler, *frames)]


def test_groups_of_expressions_are_sealed_for_their_track_with_a_key_of_their_own() -> (
    None
):
    handler = make_handler(
        toy_models(expressions=LessAndLessNeutral()),
        reactions="expression",
        groups_sealer=GROUPS_SEALER,
    )
    picture = frame(0, FACE)
    face = only_face(handler, picture)
    assert face.groups is not None
    about = view_reference(picture.event, face.track_id)
    vector = GROUPS_SEALER.open(face.groups, about)
    np.testing.assert_allclose(vector, [0, 0, 0, 1], atol=1e-6)
    with pytest.raises(Invalid):
        SEALER.open(face.groups, about)


def test_groups_are_told_of_views_that_were_judged() -> None:
    told = groups("expression", [0, 0.033, 0.067, 0.1])
    assert [sealed is not None for sealed in told] == [True, False, False, True]


def test_no_groups_are_told_unless_the_stand_asks() -> None:
    assert groups("off", [0, 0.1]) == [None, None]


def test_no_groups_are_told_where_nothing_can_be_sealed() -> None:
    assert groups("expression", [0, 0.1], sealer=None) == [None, None]
