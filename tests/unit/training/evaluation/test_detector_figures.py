import numpy as np
import pytest

from tests.builders import face_points
from tests.unit.training.evaluation.builders import (
    HELD_OUT,
    TRAINED,
    Finding,
    detections,
    face,
    picture,
)
from training.datasets.pictures import Picture
from training.evaluation.detector import measure_faces, measure_negatives
from training.evaluation.framing import scaled
from training.evaluation.matching import matching
from training.evaluation.subgroups import face_size
from vitrine.vision.crop import Image
from vitrine.vision.detectors import Detections
from vitrine.vision.shape import Points

FRONTAL = face_points()


@pytest.mark.parametrize(
    ("found", "matches"),
    [
        (FRONTAL, True),
        (face_points(x=340), True),
        (face_points(x=420), False),  # the centre is outside
        (face_points(eyes=26), True),
        (face_points(eyes=24), False),  # less than half as large
        (face_points(eyes=99), True),
        (face_points(eyes=101), False),
    ],
)
def test_a_detection_matches_around_the_centre_at_half_to_twice_the_size(
    found: Points, matches: bool
) -> None:
    assert matching(detections((found, 0.9)), FRONTAL).tolist() == [matches]


def test_recall_is_the_share_of_faces_found_at_the_operating_threshold() -> None:
    faces = [face(TRAINED, FRONTAL), face(HELD_OUT, face_points(x=100), "test")]
    figures = measure_faces(
        faces, Finding(detections((FRONTAL, 0.6), (face_points(x=100), 0.45)))
    )
    assert (figures["n"], figures["recall"], figures["false_per_image"]) == (
        2,
        0.5,
        None,
    )
    assert figures["sets"]["held-out"]["recall"] == 0
    curve = dict(
        zip(figures["curves"]["threshold"], figures["curves"]["recall"], strict=True)
    )
    assert [curve[t] for t in (0.4, 0.5, 0.7)] == [1, 0.5, 0]
    assert figures["milliseconds"] > 0
    assert figures["milliseconds_640x360"] > 0


def test_false_alarms_are_counted_for_each_picture() -> None:
    pictures = [Picture(f"{i}.png", picture()) for i in range(4)]
    figures = measure_negatives(
        pictures, Finding(detections((FRONTAL, 0.6), (face_points(x=100), 0.45)))
    )
    assert (figures["n"], figures["recall"], figures["false_per_image"]) == (4, None, 1)
    assert figures["pictures_with_false"] == 1


def test_no_false_alarm_in_fifty_pictures_still_allows_six_in_a_hundred() -> None:
    pictures = [Picture(f"{i}.png", picture(64, 36)) for i in range(50)]
    figures = measure_negatives(pictures, Finding(detections()))
    assert figures["false_per_image"] == 0
    assert figures["interval"]["false_per_image"] == (0, 0.06)


def test_pictures_without_a_face_can_be_framed_as_if_they_had_one() -> None:
    seen: list[tuple[int, ...]] = []

    class Looking(Finding):
        def detect(self, image: Image) -> Detections:
            seen.append((*image.shape, int((image != 127).any(axis=2).sum())))
            return super().detect(image)

    pictures = [Picture("0.png", picture(200, 100))]
    figures = measure_negatives(pictures, Looking(detections((FRONTAL, 0.6))), 24)
    assert seen[0] == (
        360,
        640,
        3,
        96 * 48,
    )  # the shorter side is twice as long as the face would be
    assert (figures["face_size"], figures["pictures_with_false"]) == (24, 1)
    assert figures["protocol"].startswith(
        "Every detection is a false alarm: no picture shows a face. A control"
    )


def test_a_scaled_face_has_the_size_asked_for_in_a_frame_of_640_by_360() -> None:
    image = np.zeros((300, 200, 3), np.uint8)
    points = face_points(x=100, y=150)
    small, moved = scaled(image, points, 24)
    assert small.shape == (360, 640, 3)
    assert face_size(moved) == pytest.approx(24, rel=0.02)
    assert moved.mean(axis=0) == pytest.approx([320, 180], abs=8)


def test_faces_that_are_smaller_are_left_out() -> None:
    faces = [face(TRAINED, FRONTAL), face(HELD_OUT, face_points(eyes=8))]
    figures = measure_faces(faces, Finding(detections()), 32)
    assert (figures["n"], figures["recall"], figures["face_size"]) == (1, 0, 32)
    assert list(figures["subgroups"]["face_size"]) == ["32–48 px"]
