import cv2
import numpy as np
from numpy.random import default_rng
from numpy.testing import assert_array_equal

from tests.builders import face_points
from training.landmarks.bending import bent
from vitrine.vision.crop import crop_of_points
from vitrine.vision.shape import (
    EYE_OUTER_LEFT,
    EYE_OUTER_RIGHT,
    MOUTH_LEFT,
    NOSE_TIP,
    outer_eye_distance,
)

SIZE = 112
DOTS = [EYE_OUTER_LEFT, EYE_OUTER_RIGHT, NOSE_TIP, MOUTH_LEFT]


def test_points_follow_the_bent_picture_which_gets_other_proportions() -> None:
    points = face_points(yaw=10, x=104, y=90, eyes=60)
    image = np.full((208, 208, 3), 60, np.uint8)
    for x, y in points[DOTS]:
        cv2.circle(image, (round(x), round(y)), 5, (255, 255, 255), -1)
    crop = crop_of_points(points, SIZE)
    ratios = []
    for seed in range(12):
        picture, moved = bent(image, points, crop, SIZE, default_rng(seed))
        inside = moved @ crop[:, :2].T + crop[:, 2]
        assert all(picture[round(y), round(x), 0] > 180 for x, y in inside[DOTS])
        ratios.append(outer_eye_distance(moved) / np.ptp(moved[:, 1]))
    assert np.std(ratios) / np.mean(ratios) > 0.02


def test_the_generator_alone_decides_how_a_face_is_bent() -> None:
    points = face_points(x=104, y=90, eyes=60)
    image = np.zeros((208, 208, 3), np.uint8)
    crop = crop_of_points(points, SIZE)
    one, other = (bent(image, points, crop, SIZE, default_rng(4))[1] for _ in range(2))
    assert_array_equal(one, other)
