"""The answers of the cells: targets, loss and measurement."""

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.random import default_rng
from numpy.testing import assert_allclose
from numpy.typing import NDArray
from torch.utils.data import default_collate

from tests.unit.training.detector.builders import found_at, make_composer, make_tile
from training.detector.loss import detection_loss, generalised_iou
from training.detector.measure import judge
from training.detector.net import RARE, DetectorNetwork, flat
from training.detector.targets import CENTRES, FACE, NONE, UNKNOWN, targets
from training.detector.task import DetectorTask, sample_of
from training.detector.tile import SIDE
from training.export import write_onnx
from vitrine.vision.detectors.single_shot import STRIDES, decode
from vitrine.vision.networks import load_network


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def maps_of(cells: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """Return cells (cells, 15) of all strides as the maps that a network gives."""
    maps: list[NDArray[np.float32]] = []
    start = 0
    for stride, centres in zip(
        STRIDES,
        CENTRES,
        strict=True,
    ):
        end = start + len(centres)
        level = cells[start:end]
        side = SIDE // stride
        maps.append(level.T.reshape(15, side, side))
        start = end
    return maps


@pytest.mark.parametrize("size", [10, 16, 35, 60, 90, 200])
def test_a_network_that_answers_the_targets_finds_the_face(size: float) -> None:
    tile = make_tile((70.0, 40.0, 0.8 * size, size))
    state, values = targets(tile)
    logits = np.where(state == FACE, 5, -5)
    cells = np.column_stack([logits, values]).astype(np.float32)
    found = decode(maps_of(cells), least=0.0)
    assert len(found) == 1
    assert_allclose(found.boxes, tile.boxes, atol=1e-3)
    assert_allclose(found.five, tile.five, atol=1e-3)


def test_cells_in_ignored_places_may_say_anything() -> None:
    state, _ = targets(make_tile(ignored=(64, 64, 64, 64)))
    centres = np.concatenate(CENTRES)
    above_low = centres > 64
    below_high = centres < 128
    inside = (above_low & below_high).all(axis=1)
    assert (state[inside] == UNKNOWN).all()
    assert (state[~inside] == NONE).all()


@pytest.mark.parametrize(("away", "expected"), [(0.0, 1.0), (9.0, -0.8)])
def test_generalised_iou_of_equal_and_of_distant_boxes(
    away: float, expected: float
) -> None:
    box = torch.zeros(1, 4)
    other = torch.tensor([[away, 0.0, 0.0, 0.0]])
    assert generalised_iou(box, other).item() == pytest.approx(expected)


def test_a_few_steps_lower_the_loss() -> None:
    torch.manual_seed(0)
    composer = make_composer()
    tiles = [composer.tile(default_rng(seed)) for seed in (0, 1, 2, 4)]
    samples = [sample_of(tile) for tile in tiles]
    pictures, states, values = default_collate(samples)
    network = DetectorNetwork()
    optimizer = torch.optim.AdamW(network.parameters(), lr=2e-3)
    losses: list[float] = []
    for _ in range(5):
        loss = detection_loss(flat(network(pictures)), states, values)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]


def test_the_loss_without_any_face_is_finite() -> None:
    network = DetectorNetwork()
    black = torch.zeros(1, 3, SIDE, SIDE)
    outputs = flat(network(black))
    state, values = targets(make_tile())
    loss = detection_loss(
        outputs,
        torch.from_numpy(state)[None],
        torch.from_numpy(values)[None],
    )
    assert torch.isfinite(loss)


def test_the_first_weights_find_faces_rare() -> None:
    torch.manual_seed(0)
    network = DetectorNetwork().eval()
    black = torch.zeros(1, 3, 64, 64)
    with torch.no_grad():
        cells = flat(network(black))
    scores = cells[..., 0].sigmoid()
    assert float(scores.mean()) == pytest.approx(RARE, rel=0.5)


def test_the_exported_network_answers_like_torch_whatever_the_size_of_the_picture(
    tmp_path: Path,
) -> None:
    torch.manual_seed(1)
    network = DetectorNetwork().eval()
    pictures = torch.rand(1, 3, 64, 96) * 2 - 1
    with torch.no_grad():
        expected = network(pictures)
    path = tmp_path / "detector.onnx"
    write_onnx(network, DetectorTask.product, path)
    answered = load_network(path).run(pictures.numpy())
    for there, here in zip(answered, expected, strict=True):
        assert_allclose(there, here.numpy(), atol=1e-4)


def test_a_second_detection_is_a_false_alarm_and_an_ignored_one_is_neither() -> None:
    tile = make_tile((100, 100, 40, 40), ignored=(10, 10, 30, 30))
    found = found_at(
        (101, 99, 40, 42),
        (98, 98, 44, 44),
        (12, 12, 25, 25),
        (200, 10, 20, 20),
        scores=(0.9, 0.8, 0.7, 0.6),
    )
    scores, right = judge(found, tile)
    assert right == [True, False, False]
    assert scores == pytest.approx([0.9, 0.8, 0.6])
