from dataclasses import dataclass, field

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
from training.evaluation.framing import GREY, scaled
from training.evaluation.matching import matching
from training.evaluation.subgroups import face_size
from vitrine.vision.crop import Image
from vitrine.vision.detectors import Detections
from vitrine.vision.shape import Points

FRONTAL = face_points()
ELSEWHERE = face_points(x=100)
# One above the operating threshold of 0.5, one below.
TWO = Finding(detections((FRONTAL, 0.6), (ELSEWHERE, 0.45)))
NOTHING = Finding(detections())


def black_pictures(count: int) -> list[Picture]:
    return [Picture(f"{number}.png", picture(64, 36)) for number in range(count)]


@dataclass
class Looking(Finding):
    """Keep what it was given."""

    seen: list[Image] = field(default_factory=list)

    def detect(self, image: Image) -> Detections:
        self.seen.append(image)
        return self.found


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
    answer = matching(detections((found, 0.9)), FRONTAL)
    assert answer.tolist() == [matches]


def test_recall_is_the_share_of_faces_found_at_the_operating_threshold() -> None:
    faces = [face(TRAINED, FRONTAL), face(HELD_OUT, ELSEWHERE, "test")]

    figures = measure_faces(faces, TWO)

    assert figures["n"] == 2
    assert figures["recall"] == 0.5
    assert figures["sets"]["held-out"]["recall"] == 0
    assert figures["false_per_image"] is None


@pytest.mark.parametrize(
    ("threshold", "recall"),
    [(0.4, 1), (0.5, 0.5), (0.7, 0)],
)
def test_recall_falls_with_the_threshold(threshold: float, recall: float) -> None:
    faces = [face(TRAINED, FRONTAL), face(HELD_OUT, ELSEWHERE, "test")]
    curves = measure_faces(faces, TWO)["curves"]
    place = curves["threshold"].tolist().index(threshold)
    assert curves["recall"][place] == recall


def test_pictures_are_timed() -> None:
    figures = measure_faces([face(TRAINED, FRONTAL)], TWO)
    assert figures["milliseconds"] > 0
    assert figures["milliseconds_640x360"] > 0


def test_false_alarms_are_counted_for_each_picture() -> None:
    figures = measure_negatives(black_pictures(4), TWO)
    assert figures["n"] == 4
    assert figures["recall"] is None
    assert figures["false_per_image"] == 1
    assert figures["pictures_with_false"] == 1


def test_no_false_alarm_in_fifty_pictures_still_allows_six_in_a_hundred() -> None:
    figures = measure_negatives(black_pictures(50), NOTHING)
    assert figures["false_per_image"] == 0
    assert figures["interval"]["false_per_image"] == (0, 0.06)


def test_pictures_without_a_face_can_be_framed_as_if_they_had_one() -> None:
    detector = Looking(detections((FRONTAL, 0.6)))
    pictures = [Picture("0.png", picture(200, 100))]

    figures = measure_negatives(pictures, detector, 24)

    image = detector.seen[0]
    inside = (image != GREY).any(axis=2)
    assert image.shape == (360, 640, 3)
    # The shorter side is twice as long as the face would be.
    assert inside.sum() == 96 * 48
    assert figures["face_size"] == 24
    assert figures["pictures_with_false"] == 1
    assert "shows a face. A control: " in figures["protocol"]


def test_a_scaled_face_has_the_size_asked_for_in_a_frame_of_640_by_360() -> None:
    image = np.zeros((300, 200, 3), np.uint8)
    points = face_points(x=100, y=150)

    small, moved = scaled(image, points, 24)

    assert small.shape == (360, 640, 3)
    assert face_size(moved) == pytest.approx(24, rel=0.02)
    assert moved.mean(axis=0) == pytest.approx([320, 180], abs=8)


def test_faces_that_are_smaller_are_left_out() -> None:
    faces = [face(TRAINED, FRONTAL), face(HELD_OUT, face_points(eyes=8))]

    figures = measure_faces(faces, NOTHING, 32)

    assert figures["n"] == 1
    assert figures["recall"] == 0
    assert figures["face_size"] == 32
    assert list(figures["subgroups"]["face_size"]) == ["32–48 px"]
