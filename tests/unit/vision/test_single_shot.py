"""Our own detector: its input, and what it makes of the network's maps."""

import numpy as np
import pytest
from numpy.typing import NDArray

from vitrine.vision.detectors import SingleShot
from vitrine.vision.detectors.single_shot import OUTPUTS, STRIDES, detector_input

Array = NDArray[np.float32]


class Answers:
    """A network that sees faces in some cells: stride, row, column → 15 numbers."""

    def __init__(self, *cells: tuple[int, int, int, list[float]]) -> None:
        self.cells = cells
        self.shape: tuple[int, ...] = ()

    def run(self, batch: Array) -> list[Array]:
        self.shape = batch.shape
        maps = [np.zeros((1, OUTPUTS, batch.shape[2] // s, batch.shape[3] // s), np.float32) for s in STRIDES]
        for level in maps:
            level[:, 0] = -9
        for stride, row, column, numbers in self.cells:
            maps[STRIDES.index(stride)][0, :, row, column] = numbers
        return maps


def face(logit: float) -> list[float]:
    """Half a stride right of the cell's centre, twice as wide and three times as high as the stride."""
    return [logit, 0.5, 0.0, np.log(2), np.log(3), *range(10)]


PICTURE = np.zeros((90, 100, 3), np.uint8)


def test_the_picture_is_padded_and_cells_are_decoded_to_pixels() -> None:
    network = Answers((16, 2, 3, face(2.0)))
    found = SingleShot(network).detect(PICTURE)
    assert network.shape == (1, 3, 96, 128)
    assert found.scores.tolist() == [pytest.approx(1 / (1 + np.exp(-2)))]
    np.testing.assert_allclose(found.boxes, [[4 * 16 - 16, 2.5 * 16 - 24, 32, 48]], rtol=1e-5)
    np.testing.assert_allclose(found.five[0, 0], [3.5 * 16, 3.5 * 16])
    np.testing.assert_allclose(found.five[0, 4], [(3.5 + 8) * 16, (2.5 + 9) * 16])


def test_neighbouring_cells_that_see_the_same_face_are_one_detection_the_best() -> None:
    near = face(1.0)
    near[1] -= 1
    found = SingleShot(Answers((16, 2, 3, face(2.0)), (16, 2, 4, near))).detect(PICTURE)
    assert found.scores.tolist() == [pytest.approx(1 / (1 + np.exp(-2)))]


def test_faces_of_all_strides_come_best_first() -> None:
    cells = (8, 1, 1, face(1.0)), (32, 1, 2, face(3.0))
    found = SingleShot(Answers(*cells)).detect(PICTURE)
    assert found.boxes[:, 2].tolist() == [pytest.approx(64), pytest.approx(16)]
    assert found.scores[0] > found.scores[1]


def test_below_the_threshold_nothing_is_found() -> None:
    assert len(SingleShot(Answers((16, 2, 3, face(0.0))), threshold=0.6).detect(PICTURE)) == 0


def test_an_absurd_size_does_not_overflow() -> None:
    numbers = face(3.0)
    numbers[3] = 1e4
    assert np.isfinite(SingleShot(Answers((8, 0, 0, numbers))).detect(PICTURE).boxes).all()


def test_pixels_become_minus_one_to_one_in_the_order_of_the_picture() -> None:
    picture = np.zeros((32, 32, 3), np.uint8)
    picture[0, 1] = (255, 127, 0)
    there = detector_input([picture])[0, :, 0, 1]
    np.testing.assert_allclose(there, [1, -0.5 / 127.5, -1], atol=1e-6)
