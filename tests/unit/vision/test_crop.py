"""Crops: where they lie, what is cut, and the way back to the frame."""

import numpy as np
import pytest

from tests.builders import face_points
from vitrine.vision.crop import (
    INPUT_SIZE,
    MARGIN,
    Crop,
    crop_of_box,
    crop_of_points,
    cut,
    network_input,
    to_frame,
    to_network,
)
from vitrine.vision.shape import five_points


def side_of(crop: Crop) -> float:
    return INPUT_SIZE / float(np.hypot(crop[0, 0], crop[0, 1]))


def centre_of(crop: Crop) -> np.ndarray:
    return np.asarray(to_frame(np.zeros((1, 136)), [crop])[0, 0])


def yunet_box(points: np.ndarray) -> tuple[float, float, float, float]:
    """Return a box as YuNet draws it around an upright face.

    It reaches from forehead to chin and is a little narrower than the jaw.
    """
    low = points.min(axis=0)
    high = points.max(axis=0)
    side = float((high - low).max())
    x, y = (low + high) / 2
    left = float(x - 0.47 * side)
    top = float(y - 0.79 * side)
    return left, top, 0.94 * side, 1.24 * side


@pytest.mark.parametrize("roll", [0, 40, -90, 170])
def test_a_crop_turns_the_face_upright_and_leaves_the_margin(roll: float) -> None:
    upright = to_network(face_points(), crop_of_points(face_points()))
    turned = to_network(
        face_points(roll=roll),
        crop_of_points(face_points(roll=roll)),
    )
    np.testing.assert_allclose(turned, upright, atol=1e-9)
    assert np.abs(upright).max() == pytest.approx(1 / MARGIN)


def test_points_return_to_the_frame() -> None:
    faces = [face_points(yaw=20, roll=15), face_points(pitch=-10, x=90, eyes=200)]
    crops = [crop_of_points(points) for points in faces]
    outputs = np.zeros((2, 136))
    for row, points in enumerate(faces):
        outputs[row] = to_network(points, crops[row]).reshape(136)
    np.testing.assert_allclose(to_frame(outputs, crops), faces, rtol=1e-5)


def test_many_faces_have_the_crops_of_each_alone() -> None:
    flat = np.full((68, 2), 20.0)
    faces = np.array([face_points(yaw=20, roll=15), face_points(roll=-100), flat])
    alone = [crop_of_points(points) for points in faces]
    np.testing.assert_allclose(crop_of_points(faces), alone, rtol=1e-12)


def test_no_faces_give_no_points() -> None:
    assert to_frame(np.zeros((0, 136)), []).shape == (0, 68, 2)


def test_the_picture_is_cut_where_the_points_say() -> None:
    points = face_points(roll=25)
    frame = np.zeros((360, 640, 3), np.uint8)
    column, row = np.round(points[30]).astype(int)
    frame[row - 1 : row + 2, column - 1 : column + 2] = 255
    crop = crop_of_points(points)
    bright = np.argwhere(cut(frame, crop)[..., 0] > 200)
    row, column = bright.mean(axis=0)
    expected = crop[:, :2] @ points[30] + crop[:, 2]
    np.testing.assert_allclose([column, row], expected, atol=0.6)


@pytest.mark.parametrize(("yaw", "roll"), [(0, 0), (0, 30), (35, 0), (-35, -30)])
def test_a_detection_lands_on_the_crop_of_its_points(yaw: float, roll: float) -> None:
    points = face_points(yaw=yaw, roll=roll)
    expected = crop_of_points(points)
    found = crop_of_box(yunet_box(face_points(yaw=yaw)), five_points(points))
    assert side_of(found) == pytest.approx(side_of(expected), rel=0.12)
    off = np.linalg.norm(centre_of(found) - centre_of(expected))
    assert off < 0.1 * side_of(expected)


def test_a_box_alone_gives_an_upright_crop_of_the_same_size() -> None:
    expected = crop_of_points(face_points())
    found = crop_of_box(yunet_box(face_points()))
    assert side_of(found) == pytest.approx(side_of(expected), rel=0.05)
    farthest = 0.05 * side_of(expected)
    np.testing.assert_allclose(
        centre_of(found),
        centre_of(expected),
        atol=farthest,
    )
    assert found[0, 1] == 0


def test_a_tighter_box_does_not_change_the_scale_when_five_points_are_known() -> None:
    points = face_points()
    five = five_points(points)
    x, y, width, height = yunet_box(points)
    tight = (x + 0.1 * width, y + 0.1 * height, 0.8 * width, 0.8 * height)
    loose = crop_of_box((x, y, width, height), five)
    np.testing.assert_allclose(crop_of_box(tight, five), loose, atol=1e-9)


def test_outside_the_frame_the_cut_is_black() -> None:
    points = face_points(x=0)
    picture = cut(np.full((360, 640, 3), 200, np.uint8), crop_of_points(points))
    assert picture[:, :40].max() == 0
    assert picture[:, 90:].min() == 200


def test_five_points_in_one_place_still_give_a_finite_crop() -> None:
    assert np.isfinite(crop_of_box((10, 10, 20, 20), np.full((5, 2), 15.0))).all()


def test_the_network_sees_rgb_between_minus_one_and_one() -> None:
    blue = np.zeros((INPUT_SIZE, INPUT_SIZE, 3), np.uint8)
    blue[..., 0] = 255
    batch = network_input([blue, blue])
    assert batch.shape == (2, 3, INPUT_SIZE, INPUT_SIZE)
    assert batch.dtype == np.float32
    assert batch[0].mean(axis=(1, 2)).tolist() == pytest.approx([-1, -1, 1])


@pytest.mark.parametrize("size", [112, 128])
def test_a_network_of_any_input_size_answers_in_pixels_of_the_frame(size: int) -> None:
    points = face_points(roll=20)
    by_points = crop_of_points(points, size)
    by_box = crop_of_box(yunet_box(points), five_points(points), size)
    for crop in (by_points, by_box):
        answer = to_network(points, crop, size).reshape(1, 136)
        (found,) = to_frame(answer, [crop], size)
        np.testing.assert_allclose(found, points, rtol=1e-5)
