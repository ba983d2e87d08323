"""Training of the expression network: votes, copies, views, the loss, and its export."""

import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from numpy.random import default_rng
from numpy.testing import assert_allclose, assert_array_equal

from tests.unit.training.small import (
    encoded,
    expression_names,
    expression_set,
    grey_face,
    votes,
)
from training.datasets.faces import DatasetError
from training.export import write_onnx
from training.expression.copies import are_copies
from training.expression.data import Faces, read_faces, shares, usable
from training.expression.net import ExpressionNetwork
from training.expression.task import Config, ExpressionTask
from training.expression.views import view
from vitrine.vision.expression_classes import CLASSES, SIDE, expression_input
from vitrine.vision.networks import load_network

COPIED = 100
"""Seed of a face of FER2013Valid that is also among those to train on."""


def data_set(folder: Path) -> Path:
    """Write twelve faces to train on, two of them copies, and four to choose by."""
    seeds = [*range(10), COPIED, COPIED]
    trained = expression_names(12, validation=False)
    choosing = expression_names(4, validation=True)
    faces: list[tuple[str, str, int]] = []
    for seed, name in zip(
        seeds,
        trained,
        strict=True,
    ):
        faces.append(("FER2013Train", name, seed))
    for seed, name in enumerate(choosing, start=50):
        faces.append(("FER2013Train", name, seed))
    measured = range(COPIED, COPIED + 4)
    faces += [("FER2013Valid", f"valid{seed}.png", seed) for seed in measured]
    return expression_set(folder, faces)


def array(**given: int) -> np.ndarray:
    return np.array(votes(**given))


def test_single_votes_are_no_evidence() -> None:
    counted = shares(array(happiness=7, surprise=2, fear=1))
    assert counted == pytest.approx([0, 7 / 9, 2 / 9, 0, 0, 0, 0, 0])


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"neutral": 4, "sadness": 4, "unknown": 2}, True),
        ({"neutral": 3, "unknown": 6}, False),
        ({"no_face": 10}, False),
        ({"neutral": 1, "anger": 1, "fear": 1}, False),
    ],
)
def test_a_face_that_most_could_not_name_is_not_shown(
    given: dict[str, int], expected: bool
) -> None:
    assert usable(array(**given)) == expected


def test_a_copy_is_known_through_light_and_compression() -> None:
    original = grey_face(1)
    lit = original * 0.8 + 30
    brighter = np.clip(lit, 0, 255).astype(np.uint8)
    _, jpeg = cv2.imencode(".jpg", original)
    decoded = cv2.imdecode(jpeg, cv2.IMREAD_GRAYSCALE)
    compressed = np.asarray(decoded, np.uint8)
    another = grey_face(2)
    found = are_copies([brighter, compressed, another], [grey_face(3), original])
    assert found.tolist() == [True, True, False]


def test_copies_of_faces_that_are_measured_on_are_not_trained_on(
    tmp_path: Path,
) -> None:
    faces: Faces = read_faces(data_set(tmp_path))
    trained = {image.tobytes() for image in faces.images}
    assert len(faces.images) == 10
    assert len(faces.shares) == 10
    assert len(faces.choosing) == 4
    assert grey_face(COPIED).tobytes() not in trained


def test_a_set_without_the_training_part_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("FER2013Valid/a.png", encoded(grey_face(0), ".png"))
        row = 'a.png,"(0, 0, 48, 48)",10,0,0,0,0,0,0,0,0,0\n'
        archive.writestr("FER2013Valid/label.csv", row)
    with pytest.raises(DatasetError, match="holds too little of FER2013Train"):
        read_faces(path)


def test_a_view_is_another_picture_of_the_same_size() -> None:
    face = grey_face(1)
    views = [view(face, default_rng(seed)) for seed in range(50)]
    assert {v.shape for v in views} == {(SIDE, SIDE)}
    assert {v.dtype for v in views} == {np.dtype(np.uint8)}
    assert len({v.tobytes() for v in views}) == 50


def make_task(folder: Path) -> ExpressionTask:
    config = Config(
        run=folder / "run",
        data=data_set(folder),
        seed=1,
        epochs=1,
        batch=5,
        learning_rate=0.003,
        weight_decay=0.05,
    )
    return ExpressionTask(config)


def test_the_same_generator_gives_the_same_sample(tmp_path: Path) -> None:
    task = make_task(tmp_path)
    picture, wanted = task.sample(3, default_rng(5))
    again, _ = task.sample(3, default_rng(5))
    assert picture.shape == (1, SIDE, SIDE)
    assert wanted.sum() == pytest.approx(1)
    assert_array_equal(picture, again)


def test_the_loss_is_least_where_the_answer_is_the_votes(tmp_path: Path) -> None:
    task = make_task(tmp_path)
    wanted = torch.tensor([[0.75, 0.25, 0, 0, 0, 0, 0, 0]])
    certain = torch.tensor([[0.99, 0.01, 0, 0, 0, 0, 0, 0]])
    uniform = torch.full((1, 8), 1 / 8)
    picture = torch.zeros(1, 1, SIDE, SIDE)
    batch = [picture, wanted]

    def loss(answer: torch.Tensor) -> float:
        constant = torch.nn.Module()
        constant.forward = lambda _: (answer + 1e-6).log()
        return float(task.loss(constant, batch))

    exact = loss(wanted)
    assert exact < loss(certain)
    assert exact < loss(uniform)


def test_torch_and_onnx_runtime_agree(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = ExpressionNetwork(len(CLASSES), 0.3).eval()
    pictures = expression_input([grey_face(seed) for seed in range(3)])
    with torch.no_grad():
        expected = network(torch.from_numpy(pictures)).numpy()
    path = tmp_path / "expression.onnx"
    write_onnx(network, ExpressionTask.product, path)
    answered = load_network(path).run(pictures)[0]
    assert_allclose(answered, expected, atol=1e-4)
