"""Our own detector: its input, the decoding of maps, and the weights that ship."""

import numpy as np
import pytest
from numpy.typing import NDArray

from vitrine.synthetic import SyntheticMall
from vitrine.vision.detectors import Detections, SingleShot
from vitrine.vision.detectors.single_shot import (
    OUTPUTS,
    STRIDES,
    detector_input,
    whole,
)
from vitrine.vision.shape import five_points

Array = NDArray[np.float32]


class Answers:
    """See faces in some cells: stride, row, column → 15 numbers."""

    def __init__(self, *cells: tuple[int, int, int, list[float]]) -> None:
        self.cells = cells
        self.shape: tuple[int, ...] = ()

    def run(self, batch: Array) -> list[Array]:
        self.shape = batch.shape
        _, _, height, width = batch.shape
        maps = {}
        for stride in STRIDES:
            size = (1, OUTPUTS, height // stride, width // stride)
            maps[stride] = np.zeros(size, np.float32)
            maps[stride][:, 0] = -9
        for stride, row, column, numbers in self.cells:
            maps[stride][0, :, row, column] = numbers
        return list(maps.values())


def face(logit: float) -> list[float]:
    """Return a face half a stride right of the cell's centre, two strides wide and three high."""
    return [logit, 0.5, 0.0, np.log(2), np.log(3), *range(10)]


class Twice:
    """Answer differently for the picture and for the small one of the second look."""

    def __init__(self, large: Answers, small: Answers) -> None:
        self.large = large
        self.small = small

    def run(self, batch: Array) -> list[Array]:
        if batch.shape[2] < 100:
            return self.small.run(batch)
        return self.large.run(batch)


PICTURE = np.zeros((90, 100, 3), np.uint8)


def test_the_picture_is_padded_and_cells_are_decoded_to_pixels() -> None:
    network = Answers((16, 2, 3, face(2.0)))
    found = SingleShot(network).detect(PICTURE)
    assert network.shape == (1, 3, 96, 128)
    assert found.scores.tolist() == [pytest.approx(1 / (1 + np.exp(-2)))]
    box = [4 * 16 - 16, 2.5 * 16 - 24, 32, 48]
    np.testing.assert_allclose(found.boxes, [box], rtol=1e-5)
    np.testing.assert_allclose(found.five[0, 0], [3.5 * 16, 3.5 * 16])
    np.testing.assert_allclose(
        found.five[0, 4],
        [(3.5 + 8) * 16, (2.5 + 9) * 16],
    )


def test_neighbouring_cells_that_see_the_same_face_are_one_detection_the_best() -> None:
    near = face(1.0)
    near[1] -= 1
    network = Answers((16, 2, 3, face(2.0)), (16, 2, 4, near))
    found = SingleShot(network).detect(PICTURE)
    assert found.scores.tolist() == [pytest.approx(1 / (1 + np.exp(-2)))]


def test_faces_of_all_strides_come_best_first() -> None:
    network = Answers((8, 1, 1, face(1.0)), (32, 1, 2, face(3.0)))
    found = SingleShot(network).detect(PICTURE)
    assert found.boxes[:, 2].tolist() == [pytest.approx(64), pytest.approx(16)]
    assert found.scores[0] > found.scores[1]


def test_below_the_threshold_nothing_is_found() -> None:
    network = Answers((16, 2, 3, face(0.0)))
    assert len(SingleShot(network, threshold=0.6).detect(PICTURE)) == 0


def test_an_absurd_size_does_not_overflow() -> None:
    numbers = face(3.0)
    numbers[3] = 1e4
    found = SingleShot(Answers((8, 0, 0, numbers))).detect(PICTURE)
    assert np.isfinite(found.boxes).all()


def test_pixels_become_minus_one_to_one_in_the_order_of_the_picture() -> None:
    picture = np.zeros((32, 32, 3), np.uint8)
    picture[0, 1] = (255, 127, 0)
    there = detector_input([picture])[0, :, 0, 1]
    np.testing.assert_allclose(there, [1, -0.5 / 127.5, -1], atol=1e-6)


def test_a_face_that_fills_the_picture_is_found_in_a_second_look_at_a_smaller_one() -> (
    None
):
    network = Twice(large=Answers(), small=Answers((32, 1, 1, face(2.0))))
    found = SingleShot(network).detect(np.zeros((360, 640, 3), np.uint8))
    np.testing.assert_allclose(
        found.boxes,
        [[4 * 32, 0, 4 * 64, 4 * 96]],
        atol=1e-3,
    )
    np.testing.assert_allclose(found.five[0, 0], [4 * 48, 4 * (32 + 48)])


def test_a_face_that_both_looks_see_is_one_and_small_ones_of_the_second_do_not_count() -> (
    None
):
    full = [1.0, 0.0, 0.0, np.log(8), np.log(8), *range(10)]
    quarter = [2.0, 0.0, 0.0, np.log(4), np.log(4), *range(10)]
    large = Answers((32, 3, 7, full))
    small = Answers((16, 1, 3, quarter), (8, 8, 1, face(3.0)))
    network = Twice(large=large, small=small)
    found = SingleShot(network).detect(np.zeros((360, 640, 3), np.uint8))
    assert found.scores.tolist() == [pytest.approx(1 / (1 + np.exp(-2)))]
    assert found.boxes[0, 2] == pytest.approx(256)


def test_the_shipped_weights_find_the_visible_people_of_the_synthetic_mall() -> None:
    shipped = SingleShot.load()
    mall = SyntheticMall.from_uri("synthetic:?scene=quiet&seed=3", 640, 360, 10)
    picture, truth = mall.frame(200)
    found = shipped.detect(picture)
    centres = found.boxes[:, :2] + found.boxes[:, 2:] / 2
    visible = [person for person in truth.people if person.visible]
    looking = [person for person in visible if abs(person.yaw) < 45]
    assert looking
    for person in looking:
        x, y, width, height = person.box
        off = np.abs(centres - (x + width / 2, y + height / 2))
        near = (off < (width / 4, height / 4)).all(axis=1)
        assert found.scores[near].max(initial=0) >= shipped.trust.start
        five = found.five[near][0]
        assert np.abs(five - five_points(person.points)).max() < 0.15 * height


@pytest.mark.parametrize(
    ("box", "score", "kept"),
    [
        ((120, 150, 130, 160), 0.7, False),  # the left half of the large face
        ((120, 150, 130, 160), 0.95, True),  # surer than what surrounds it
        ((20, 150, 130, 160), 0.7, True),  # another face, behind
    ],
)
def test_half_of_a_large_face_is_no_face(
    box: tuple[float, float, float, float],
    score: float,
    kept: bool,
) -> None:
    boxes = np.array([(100, 100, 300, 320), box], np.float32)
    scores = np.array([0.9, score], np.float32)
    found = Detections(boxes, scores, np.zeros((2, 5, 2), np.float32))
    assert len(whole(found)) == 1 + kept
