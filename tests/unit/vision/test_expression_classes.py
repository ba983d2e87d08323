"""The expression network's cut, input and answers, and the weights that ship."""

import re
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.builders import face_points
from training.datasets.ferplus import majority, read_ferplus
from vitrine.vision.crop import Image
from vitrine.vision.expression_classes import (
    SIDE,
    TEMPLATE,
    ExpressionClassifier,
    expression_cut,
    expression_input,
)
from vitrine.vision.models import EXPRESSION_FILE, model_path
from vitrine.vision.networks import load_network
from vitrine.vision.shape import five_points


class Echo:
    """Answer with the first eight pixels as logits."""

    def run(self, batch: NDArray[np.float32]) -> Sequence[NDArray[np.float32]]:
        return [batch.reshape(len(batch), -1)[:, :8]]


def dotted(
    points: NDArray[np.floating],
    radius: int,
    size: tuple[int, int] = (480, 640),
) -> Image:
    """Return bright dots at the five points on black."""
    image = np.zeros((*size, 3), np.uint8)
    for x, y in five_points(points):
        cv2.circle(image, (round(x), round(y)), radius, (255, 255, 255), -1)
    return image


def noise_cut(seed: int = 0) -> Image:
    return np.random.default_rng(seed).integers(
        60,
        180,
        (SIDE, SIDE),
        dtype=np.uint8,
    )


@pytest.mark.parametrize("roll", [-25, 0, 40])
@pytest.mark.parametrize("eyes", [40.0, 150.0])
def test_a_cut_is_upright_and_framed_as_the_pictures_it_is_trained_on(
    roll: float, eyes: float
) -> None:
    points = face_points(roll=roll, eyes=eyes, x=300, y=220)
    cut = expression_cut(
        dotted(points, radius=max(1, round(eyes / 20))),
        points,
    )
    assert cut.shape == (SIDE, SIDE)
    bright = np.argwhere(cut > 100)[:, ::-1]
    nearest = np.linalg.norm(bright[:, None] - TEMPLATE, axis=2).min(axis=1)
    assert len(bright) > 5
    assert nearest.max() < 4


def test_a_cut_beyond_the_edge_repeats_it() -> None:
    points = face_points(x=2, y=2)
    assert expression_cut(np.full((480, 640, 3), 90, np.uint8), points).min() == 90


def test_neither_brightness_nor_contrast_reaches_the_network() -> None:
    cut = noise_cut()
    other = (cut * 0.5 + 40).astype(np.uint8)
    one, two = expression_input([cut, other])
    assert one.shape == (1, SIDE, SIDE)
    assert one.mean() == pytest.approx(0, abs=1e-5)
    assert one.std() == pytest.approx(1, abs=1e-5)
    assert np.abs(one - two).max() < 0.05


def test_an_empty_cut_is_zero() -> None:
    assert not expression_input([np.full((SIDE, SIDE), 7, np.uint8)]).any()


def test_answers_are_shares() -> None:
    shares = ExpressionClassifier(Echo()).classify([noise_cut(0), noise_cut(1)])
    assert shares.shape == (2, 8)
    assert shares.min() > 0
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-5)


def test_the_answers_for_a_batch_are_those_for_its_pictures() -> None:
    classifier = ExpressionClassifier(load_network(model_path(EXPRESSION_FILE)))
    cuts = [noise_cut(seed) for seed in range(3)]
    alone = np.vstack([classifier.classify([cut]) for cut in cuts])
    np.testing.assert_allclose(classifier.classify(cuts), alone, atol=1e-5)


def test_the_card_describes_the_file_that_ships() -> None:
    path = model_path(EXPRESSION_FILE)
    card = path.with_suffix(".card.md").read_text(encoding="utf-8")
    stated = re.search(r"sha256 `([0-9a-f]{64})`", card)
    assert stated is not None
    assert stated[1] == sha256(path.read_bytes()).hexdigest()
    assert path.stat().st_size < 2_000_000


@pytest.mark.shared
def test_faces_never_trained_on_are_seen_as_most_people_saw_them(shared: Path) -> None:
    faces = read_ferplus(shared / "data" / "ferplus.zip")
    validation = [face for face in faces if face.split == "FER2013Valid"]
    cuts = []
    labels = []
    for face in validation[::4]:
        label = majority(face.votes)
        if label is not None:
            cuts.append(face.image())
            labels.append(label)
    classifier = ExpressionClassifier(load_network(model_path(EXPRESSION_FILE)))
    likeliest = classifier.classify(cuts).argmax(axis=1)
    assert np.mean(likeliest == labels) > 0.79
