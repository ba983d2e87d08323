"""Data of the landmark network: cuts, views of them, and how often each is shown."""

import numpy as np
import pytest
from numpy.random import default_rng
from numpy.testing import assert_allclose, assert_array_equal

from tests.builders import face_points
from tests.unit.training.small import drawn_face
from training.datasets.faces import LabelledFace
from training.landmarks.data import rarity
from training.landmarks.views import Views, jittered_crop, view
from training.pictures.cuts import cached
from vitrine.vision.crop import MARGIN, crop_of_points, to_network

CHIN = 8


def labelled(yaw: float = 0.0) -> LabelledFace:
    points = face_points(yaw=yaw, x=60, y=45, eyes=36)
    picture = drawn_face(points)
    return LabelledFace("a.jpg", "training", "a", points.astype(np.float32), picture)


def test_a_cached_face_keeps_its_targets() -> None:
    face = labelled(20)
    kept = cached(face)
    expected = to_network(face.points, crop_of_points(face.points))
    found = to_network(kept.points, crop_of_points(kept.points))
    assert_allclose(found, expected, atol=1e-5)


def test_the_targets_of_a_view_lie_on_its_picture() -> None:
    kept = cached(labelled(20))
    brightness: list[float] = []
    for seed in range(20):
        rng = default_rng(seed)
        picture, points = view(kept, Views(128, 0.5, 0.5), rng, [kept])
        assert picture.shape == (128, 128, 3)
        assert picture.dtype == np.uint8
        column, row = np.round(points[CHIN] * 64 + 63.5).astype(int)
        if 0 <= column < 128 and 0 <= row < 128:
            dot = int(picture[row, column].max())
            brightness.append(dot - float(np.median(picture)))
    assert np.median(brightness) > 30


def test_the_same_seed_gives_the_same_view() -> None:
    kept = cached(labelled())
    how = Views(96, 0.5, 0.5)
    picture, points = view(kept, how, default_rng(5), [kept])
    again, points_again = view(kept, how, default_rng(5), [kept])
    assert_array_equal(picture, again)
    assert_array_equal(points, points_again)


def reaches(tracked: float) -> np.ndarray:
    """Return how far the points reach in 300 jittered crops, 1 being the edge."""
    kept = cached(labelled())
    rng = default_rng(0)
    found: list[float] = []
    for _ in range(300):
        crop = jittered_crop(kept.points, Views(128, 0, tracked), rng)
        points = to_network(kept.points, crop, 128)
        reach = np.abs(points).max()
        found.append(float(reach))
    return np.array(found)


def test_jitter_is_centred_on_the_crop_of_serving() -> None:
    detected = reaches(tracked=0)
    tracked = reaches(tracked=1)
    assert np.median(detected) == pytest.approx(1 / MARGIN, rel=0.15)
    assert np.median(tracked) == pytest.approx(1 / MARGIN, rel=0.08)
    quartiles = np.quantile(detected, (0.25, 0.75))
    tracked_quartiles = np.quantile(tracked, (0.25, 0.75))
    assert np.ptp(tracked_quartiles) < np.ptp(quartiles)


def test_rare_faces_come_up_oftener() -> None:
    yaws = (-4.0, -2.0, 0.0, 2.0, 4.0, 45.0)
    faces = [face_points(yaw=yaw, x=60, y=45, eyes=36) for yaw in yaws]
    weights = rarity(faces)
    assert weights.sum() == pytest.approx(1)
    assert weights[-1] > 1.5 * weights[:5].max()
