from collections.abc import Iterator

import cv2
import numpy as np
import pytest
from numpy.random import default_rng
from threadpoolctl import threadpool_limits

from tests.builders import face_points
from training.pictures.cuts import CACHE_SIZE, CachedFace
from training.pictures.turning import FARTHEST, turned
from vitrine.vision.pose import head_pose
from vitrine.vision.shape import EYE_OUTER_RIGHT, JAW, MOUTH_LEFT, NOSE_TIP


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """As in training: small products wait long for threads of a busy machine."""
    with threadpool_limits(1, "blas"):
        yield


def dotted(yaw: float = 0.0) -> CachedFace:
    """A grey picture with a white dot on the points that are looked at."""
    points = face_points(yaw=yaw, x=104, y=90, eyes=60).astype(np.float32)
    image = np.full((CACHE_SIZE, CACHE_SIZE, 3), 60, np.uint8)
    for x, y in points[[EYE_OUTER_RIGHT, NOSE_TIP, MOUTH_LEFT]]:
        cv2.circle(image, (round(float(x)), round(float(y))), 4, (255, 255, 255), -1)
    return CachedFace(image, points)


def views(face: CachedFace, count: int = 24) -> list[CachedFace]:
    found = [turned(face, default_rng(seed)) for seed in range(count)]
    return [view for view in found if view is not None]


def test_a_turned_face_has_the_pose_of_its_turn_and_keeps_its_place() -> None:
    away = []
    for view in views(dotted()):
        pose = head_pose(view.points, CACHE_SIZE, CACHE_SIZE)
        away.append(max(abs(pose.yaw), abs(pose.pitch)))
        assert (
            np.abs(view.points.mean(axis=0) - dotted().points.mean(axis=0)).max() < 40
        )
    assert min(away) > 10
    assert max(away) == pytest.approx(33, abs=5)


def test_the_picture_follows_its_points_unless_something_hides_them() -> None:
    there = [
        view.image[round(float(y)), round(float(x)), 0] > 180
        for view in views(dotted(10))
        for x, y in view.points[[EYE_OUTER_RIGHT, NOSE_TIP, MOUTH_LEFT]]
    ]
    assert np.mean(there) > 0.9


def test_a_face_is_turned_to_the_side_it_looks_to() -> None:
    yaws = [
        head_pose(view.points, CACHE_SIZE, CACHE_SIZE).yaw for view in views(dotted(30))
    ]
    assert min(yaws) > 15
    assert max(yaws) > 38


def test_the_jaw_of_a_turned_face_is_not_learnt() -> None:
    view = views(dotted())[0]
    assert view.certain is not None
    assert not view.certain[JAW].any()
    assert view.certain[17:].all()


def test_nobody_is_turned_too_far() -> None:
    for view in views(dotted(30)):
        pose = head_pose(view.points, CACHE_SIZE, CACHE_SIZE)
        assert max(abs(pose.yaw), abs(pose.pitch)) < FARTHEST + 5
