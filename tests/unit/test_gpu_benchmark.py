"""The benchmark of a GPU with a small load, by networks that see bright squares."""

import numpy as np

from benchmarks.gpu import (
    difference,
    faces_of,
    mean_seconds,
    run_cameras,
    step_records,
)
from tests.unit.landmarks.toy_vision import (
    SquareDetector,
    SquareLandmarks,
    jpeg,
    picture,
    toy_models,
)

SIZE = (320, 240)
JPEGS = [jpeg(picture((160, 120 + n, 60))) for n in range(4)]


def test_each_step_shows_a_frame_of_each_camera_from_another_place() -> None:
    first = step_records(JPEGS, SIZE, 2, number=0)
    assert [record.event.camera_id for record in first] == ["camera-0", "camera-1"]
    assert [record.record.value for record in first] == [JPEGS[0], JPEGS[2]]
    later = step_records(JPEGS, SIZE, 2, number=3)
    assert later[0].event.captured_at_ns > first[0].event.captured_at_ns


def test_a_part_ends_after_the_step_in_hand() -> None:
    detector = SquareDetector()
    run = run_cameras(toy_models(detector), JPEGS, SIZE, 3, seconds=0)
    assert len(run.steps_s) == 2
    assert detector.calls == 6
    assert run.cpu_s > 0


def test_a_network_is_run_once_more_than_it_is_timed() -> None:
    landmarks = SquareLandmarks()
    batch = np.zeros((2, 3, 112, 112), np.float32)
    assert mean_seconds(landmarks, batch, limit_s=0) > 0
    assert landmarks.batches == [2, 2]


def test_the_same_networks_give_the_same_faces() -> None:
    found = faces_of(toy_models(), JPEGS, SIZE)
    assert [len(event.faces) for event in found] == [1] * 4
    moved = found[0].faces[0].model_copy(update={"yaw": found[0].faces[0].yaw + 2})
    other = [found[0].model_copy(update={"faces": (moved,)}), *found[1:]]
    assert "pitch at most 0.00°, 0 faces" in difference(found, found)
    assert "pitch at most 2.00°, 0 faces" in difference(found, other)
