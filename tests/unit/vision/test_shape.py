"""The order of the 68 points."""

import numpy as np

from tests.builders import face_points
from vitrine.vision.shape import (
    EYE_LEFT,
    MIRROR,
    NOSE_TIP,
    five_points,
    mirrored,
    outer_eye_distance,
)


def test_mirroring_twice_gives_the_same_points() -> None:
    points = face_points(yaw=20)
    assert MIRROR[MIRROR].tolist() == list(range(68))
    np.testing.assert_allclose(mirrored(mirrored(points, 640), 640), points)


def test_a_mirrored_face_still_has_its_first_eye_on_the_left() -> None:
    flipped = mirrored(face_points(yaw=30, x=100), 640)
    np.testing.assert_allclose(flipped, face_points(yaw=-30, x=539))
    assert flipped[EYE_LEFT, 0].mean() < flipped[NOSE_TIP, 0]


def test_five_points_come_in_the_order_of_detectors() -> None:
    left_eye, right_eye, nose, left_mouth, right_mouth = five_points(face_points())
    assert left_eye[0] < nose[0] < right_eye[0]
    assert left_mouth[0] < nose[0] < right_mouth[0]
    assert left_eye[1] < nose[1] < left_mouth[1]


def test_outer_eye_distance_takes_one_face_or_many() -> None:
    assert outer_eye_distance(face_points(eyes=50)) == 50
    both = np.stack([face_points(eyes=50), face_points(eyes=20)])
    assert outer_eye_distance(both).tolist() == [50, 20]
