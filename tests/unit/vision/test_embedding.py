"""Alignment to the template, and vectors of length 1."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from vitrine.shipped import MODELS
from vitrine.vision.embedding import (
    TEMPLATE,
    Embedder,
    align,
    alignment,
)
from vitrine.vision.models import (
    EMBEDDING_FILE,
    PUBLIC_EMBEDDING_FILE,
    embedding_model,
)
from vitrine.vision.shape import (
    EYE_LEFT,
    EYE_RIGHT,
    MOUTH_LEFT,
    MOUTH_RIGHT,
    NOSE_TIP,
)


def test_alignment_undoes_turning_scaling_and_shifting() -> None:
    turn = np.radians(25)
    cos = np.cos(turn)
    sin = np.sin(turn)
    similarity = 2.5 * np.array([[cos, -sin], [sin, cos]])
    five = TEMPLATE @ similarity.T + [300, -40]
    affine = alignment(five)
    undone = five @ affine[:, :2].T + affine[:, 2]
    np.testing.assert_allclose(undone, TEMPLATE, atol=1e-9)


def test_five_points_in_one_place_give_a_finite_alignment() -> None:
    assert np.isfinite(alignment(np.zeros((5, 2)))).all()


def test_a_face_is_cut_out_upright() -> None:
    image = np.zeros((400, 400, 3), np.uint8)
    points = np.full((68, 2), 200.0)
    left_eye, right_eye, nose, left_mouth, right_mouth = TEMPLATE + 100
    points[EYE_LEFT] = left_eye
    points[EYE_RIGHT] = right_eye
    points[NOSE_TIP] = nose
    points[MOUTH_LEFT] = left_mouth
    points[MOUTH_RIGHT] = right_mouth
    image[150:154, 136:141] = 255
    cut = align(image, points)
    assert cut.shape == (112, 112, 3)
    assert cut[52, 38].mean() > 200
    assert cut.mean() < 2


class Recorder:
    def __init__(self) -> None:
        self.batch: NDArray[np.float32] = np.zeros((0, 3, 112, 112), np.float32)

    def run(self, batch: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        self.batch = batch
        return [batch.reshape(len(batch), -1)[:, :128]]


def test_pictures_go_in_as_normalised_rgb_and_vectors_come_out_with_length_one() -> (
    None
):
    network = Recorder()
    blue = np.zeros((112, 112, 3), np.uint8)
    blue[..., 0] = 255
    vectors = Embedder(network, "toy").embed([blue, blue])
    assert network.batch.shape == (2, 3, 112, 112)
    expected = [(0 - 0.485) / 0.229, (0 - 0.456) / 0.224, (1 - 0.406) / 0.225]
    np.testing.assert_allclose(network.batch[0, :, 0, 0], expected, rtol=1e-5)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1)


def test_the_public_network_goes_before_ours_where_the_operator_has_it(
    tmp_path: Path,
) -> None:
    assert embedding_model(None) == MODELS / EMBEDDING_FILE
    assert embedding_model(tmp_path) == MODELS / EMBEDDING_FILE
    (tmp_path / PUBLIC_EMBEDDING_FILE).touch()
    assert embedding_model(tmp_path) == tmp_path / PUBLIC_EMBEDDING_FILE
