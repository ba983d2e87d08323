"""Poses of heads that are turned by known angles."""

from dataclasses import astuple
from itertools import product

import numpy as np
import pytest

from tests.builders import face_points
from vitrine.vision.pose import (
    HeadPose,
    angles,
    head_pose,
    head_poses,
    mean_shape,
    rotation,
)
from vitrine.vision.shape import (
    MIRROR,
    NOSE_TIP,
    mirrored,
)

GRID = list(product((-60, -30, 0, 30, 60), (-25, 0, 25), (-30, 0, 30)))


def projected(
    yaw: float,
    pitch: float,
    roll: float,
    *,
    distance: float = 8.0,
    noise: float = 0.0,
) -> np.ndarray:
    """Return the mean face through a pinhole camera; distance and noise in eye distances."""
    seen = mean_shape() @ rotation(yaw, pitch, roll).T + (0, 0, distance)
    points = seen[:, :2] / seen[:, 2:]
    points += np.random.default_rng(0).normal(0, noise / distance, (68, 2))
    return points * 640 + (320, 180)


def difference(
    found: HeadPose,
    yaw: float,
    pitch: float,
    roll: float,
) -> float:
    return max(
        abs(found.yaw - yaw),
        abs(found.pitch - pitch),
        abs(found.roll - roll),
    )


@pytest.mark.parametrize(("yaw", "pitch", "roll"), GRID)
def test_a_known_turn_is_recovered(
    yaw: float,
    pitch: float,
    roll: float,
) -> None:
    clean = head_pose(projected(yaw, pitch, roll), 640, 360)
    assert difference(clean, yaw, pitch, roll) < 1
    noisy = head_pose(projected(yaw, pitch, roll, noise=0.01), 640, 360)
    assert difference(noisy, yaw, pitch, roll) < 4


def test_nothing_flips_under_strong_noise() -> None:
    for turn in GRID:
        pose = head_pose(projected(*turn, noise=0.04), 640, 360)
        assert difference(pose, *turn) < 20


def test_the_signs_are_those_of_the_image() -> None:
    frontal = face_points()
    assert face_points(yaw=30)[NOSE_TIP, 0] > frontal[NOSE_TIP, 0]
    assert face_points(pitch=20)[NOSE_TIP, 1] < frontal[NOSE_TIP, 1]
    right_eye_when_tilted_clockwise = face_points(roll=20)[45]
    assert right_eye_when_tilted_clockwise[1] > frontal[45, 1]


def test_a_mirrored_face_has_mirrored_yaw_and_roll() -> None:
    points = face_points(yaw=25, pitch=10, roll=15)
    pose = head_pose(points, 640, 360)
    flipped = head_pose(mirrored(points, 640), 640, 360)
    assert difference(flipped, -pose.yaw, pose.pitch, -pose.roll) < 1e-3


def test_where_a_face_stands_in_the_frame_and_its_size_do_not_matter() -> None:
    here = head_pose(face_points(yaw=15, pitch=5), 640, 360)
    there = head_pose(face_points(yaw=15, pitch=5, x=40, y=300), 640, 360)
    assert difference(there, here.yaw, here.pitch, here.roll) < 1e-3
    small = head_pose(face_points(yaw=15, eyes=12), 640, 360)
    assert difference(small, 15, 0, 0) < 2


@pytest.mark.parametrize("turn", GRID)
def test_angles_inverts_rotation(turn: tuple[float, float, float]) -> None:
    assert difference(angles(rotation(*turn)), *turn) < 1e-9


@pytest.mark.parametrize(
    "points",
    [np.full((68, 2), np.nan), np.zeros((68, 2)), np.arange(136.0).reshape(68, 2)],
)
def test_points_without_area_are_refused(points: np.ndarray) -> None:
    with pytest.raises(ValueError, match="span an area"):
        head_pose(points, 640, 360)


def test_the_mean_shape_is_symmetric_frontal_and_one_eye_distance_wide() -> None:
    shape = mean_shape()
    np.testing.assert_allclose(shape, shape[MIRROR] * (-1, 1, 1), atol=2e-5)
    np.testing.assert_allclose(shape[45] - shape[36], (1, 0, 0), atol=1e-5)
    assert shape[NOSE_TIP, 2] == shape[:, 2].min()
    assert shape[NOSE_TIP, 2] < 0


def test_many_faces_have_the_poses_of_each_alone() -> None:
    faces = np.array([projected(*turn, noise=0.02) for turn in GRID])
    wide = np.arange(len(GRID)) % 2 == 0
    longer = np.where(wide, 1280, 640)
    alone = []
    for face, width in zip(faces, longer.tolist(), strict=True):
        alone.append(astuple(head_pose(face, width, 360)))
    np.testing.assert_array_equal(head_poses(faces, longer), alone)
    assert head_poses(faces[:0], longer[:0]).shape == (0, 3)


def test_one_face_without_area_refuses_all() -> None:
    faces = np.array([projected(0, 0, 0), np.zeros((68, 2))])
    with pytest.raises(ValueError, match="span an area"):
        head_poses(faces, np.array([640, 640]))
