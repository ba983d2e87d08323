"""The quality score that ships, on pictures that need no real people, and its batches."""

import cv2
import numpy as np
import pytest

from vitrine.synthetic import SyntheticMall
from vitrine.vision.crop import (
    Image,
    crop_of_points,
    cut,
)
from vitrine.vision.networks import Array
from vitrine.vision.quality import (
    BATCH,
    SIDE,
    QualityScore,
    quality_cut,
    visible,
)


@pytest.fixture(scope="module")
def score() -> QualityScore:
    return QualityScore.load()


@pytest.fixture(scope="module")
def faces() -> list[Image]:
    """Return crops of synthetic people who look at the camera from nearby."""
    uri = "synthetic:?people=3&seed=11&seconds=25"
    mall = SyntheticMall.from_uri(uri, 1280, 720, 10)
    found: list[Image] = []
    for number in range(0, 250, 5):
        image, truth = mall.frame(number)
        for person in truth.people:
            near = person.box[3] > 110
            if person.visible and near and abs(person.yaw) < 15:
                crop = crop_of_points(np.array(person.points))
                found.append(cut(image, crop))
    return found[:12]


def mean_of(score: QualityScore, faces: list[Image]) -> float:
    return float(score.score([quality_cut(face) for face in faces]).mean())


def resized(face: Image, pixels: int) -> Image:
    small = cv2.resize(face, (pixels, pixels), interpolation=cv2.INTER_AREA)
    large = cv2.resize(small, face.shape[:2], interpolation=cv2.INTER_LINEAR)
    return np.asarray(large, np.uint8)


def blurred(face: Image) -> Image:
    return np.asarray(cv2.GaussianBlur(face, (0, 0), 6), np.uint8)


def test_few_pixels_and_blur_lower_it(score: QualityScore, faces: list[Image]) -> None:
    good = mean_of(score, faces)
    assert mean_of(score, [resized(face, 16) for face in faces]) < 0.5 * good
    assert mean_of(score, [blurred(face) for face in faces]) < 0.7 * good


def test_scores_are_chances_and_batches_change_nothing(
    score: QualityScore, faces: list[Image]
) -> None:
    cuts = [quality_cut(face) for face in faces]
    together = score.score(cuts)
    assert together.min() >= 0
    assert together.max() <= 1
    alone = [score.score([one])[0] for one in cuts]
    np.testing.assert_allclose(alone, together, atol=1e-5)


def test_points_outside_the_picture_count_twice() -> None:
    points = np.column_stack([np.arange(68.0), np.full(68, 10.0)])
    assert visible(points, 640, 360) == 1
    assert visible(points - [34, 0], 640, 360) == 0.25
    assert visible(points, 640, 10) == 0


class Counting:
    def __init__(self) -> None:
        self.batches: list[int] = []

    def run(self, batch: Array) -> list[Array]:
        self.batches.append(len(batch))
        assert batch.shape[1:] == (3, SIDE, SIDE)
        return [batch.mean(axis=(1, 2, 3))[:, None]]


def test_many_faces_come_in_bounded_runs_and_none_needs_no_run() -> None:
    network = Counting()
    cuts = [np.zeros((SIDE, SIDE, 3), np.uint8)] * (BATCH + 1)
    assert QualityScore(network).score(cuts).shape == (BATCH + 1,)
    assert network.batches == [BATCH, 1]
    assert QualityScore(network).score([]).shape == (0,)
