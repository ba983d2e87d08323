"""Expressions measured on faces that are turned by known angles."""

from dataclasses import astuple

import numpy as np
import pytest
from numpy.typing import NDArray

from vitrine.vision.expression import (
    GREATEST,
    ExpressionGeometry,
    frontalised,
    measure,
    measures,
)
from vitrine.vision.pose import (
    HeadPose,
    mean_shape,
    rotation,
)

POSES = [
    HeadPose(0, 0, 0),
    HeadPose(35, 0, 0),
    HeadPose(-35, 10, 20),
    HeadPose(0, -25, 0),
    HeadPose(0, 0, -40),
]


def seen(
    pose: HeadPose,
    mouth_open: float = 0.0,
    smile: float = 0.0,
    brows: float = 0.0,
) -> NDArray[np.float64]:
    """Return the mean face with a change, turned and projected: (68, 2), 120 pixels wide."""
    shape = mean_shape().copy()
    shape[65:68, 1] += mouth_open
    shape[48, 0] -= smile / 2
    shape[54, 0] += smile / 2
    shape[17:27, 1] -= brows
    turned = shape @ rotation(pose.yaw, pose.pitch, pose.roll).T
    return 120 * turned[:, :2] + [300, 200]


def neutral() -> ExpressionGeometry:
    return measure(seen(POSES[0]), POSES[0])


@pytest.mark.parametrize("pose", POSES)
def test_turning_the_head_is_no_expression(pose: HeadPose) -> None:
    found = astuple(measure(seen(pose), pose))
    assert found == pytest.approx(astuple(neutral()), abs=0.01)


@pytest.mark.parametrize("pose", POSES)
def test_each_change_is_measured_in_eye_corner_distances(pose: HeadPose) -> None:
    face = seen(pose, mouth_open=0.2, smile=0.15, brows=0.1)
    changes = np.subtract(astuple(measure(face, pose)), astuple(neutral()))
    np.testing.assert_allclose(changes, [0.2, 0.15, 0.1, 0], atol=0.03)


def test_the_frontal_face_has_its_outer_eye_corners_one_apart() -> None:
    pose = HeadPose(40, -20, 30)
    flat = frontalised(seen(pose), np.array(astuple(pose)))
    assert np.linalg.norm(flat[45] - flat[36]) == pytest.approx(1)


@pytest.mark.parametrize(
    "points", [np.zeros((68, 2)), np.random.default_rng(0).normal(0, 1e4, (68, 2))]
)
@pytest.mark.parametrize("pose", [HeadPose(90, 0, 0), HeadPose(0, 90, 180)])
def test_hopeless_points_stay_within_the_greatest(
    points: NDArray[np.float64], pose: HeadPose
) -> None:
    values = np.array(astuple(measure(points, pose)))
    assert np.abs(values).max() <= GREATEST


def test_many_faces_are_measured_as_each_alone() -> None:
    faces = np.array([seen(pose, mouth_open=0.1, brows=0.05) for pose in POSES])
    turned = np.array([astuple(pose) for pose in POSES])
    alone = []
    for face, pose in zip(faces, POSES, strict=True):
        alone.append(astuple(measure(face, pose)))
    np.testing.assert_array_equal(measures(faces, turned), alone)
    assert measures(np.zeros((0, 68, 2)), np.zeros((0, 3))).shape == (0, 4)
