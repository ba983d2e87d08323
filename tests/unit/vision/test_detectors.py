"""Detectors: from network outputs to faces, and the weights that ship."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from vitrine.errors import ConfigurationError
from vitrine.vision.crop import Image
from vitrine.vision.detectors import (
    Detections,
    Detector,
    Mtcnn,
    SingleShot,
    Trust,
    YuNet,
    detect_scaled,
    load_detector,
)
from vitrine.vision.detectors.detections import suppress
from vitrine.vision.detectors.mtcnn import (
    patches,
    scales,
    squares,
)

Array = NDArray[np.float32]


def corners(*boxes: tuple[float, float, float, float]) -> Array:
    return np.array(boxes, np.float32)


def test_suppression_keeps_the_best_of_overlapping_boxes_and_all_apart() -> None:
    boxes = corners((0, 0, 10, 10), (1, 1, 11, 11), (20, 0, 30, 10))
    scores = np.array([0.5, 0.9, 0.7], np.float32)
    assert suppress(boxes, scores, 0.3).tolist() == [1, 2]


def test_a_box_inside_another_falls_only_when_compared_with_the_smaller() -> None:
    boxes = corners((0, 0, 20, 20), (5, 5, 10, 10))
    scores = np.array([0.9, 0.8], np.float32)
    assert suppress(boxes, scores, 0.7).tolist() == [0, 1]
    assert suppress(boxes, scores, 0.7, over="smaller").tolist() == [0]


def test_suppression_of_nothing_is_nothing() -> None:
    none = Detections.none()
    assert suppress(none.corners, none.scores, 0.3).tolist() == []


def test_detections_of_unequal_length_are_refused() -> None:
    with pytest.raises(ValueError, match=r"expected boxes \(1, 4\)"):
        Detections(
            np.zeros((2, 4), np.float32),
            np.zeros(1, np.float32),
            np.zeros((1, 5, 2), np.float32),
        )


class WholePicture:
    """Take everything for one face."""

    trust = Trust(start=0.5, sure=0.5)

    def __init__(self, side: int) -> None:
        self.side = side

    def detect(self, image: Image) -> Detections:
        height, width = image.shape[:2]
        return Detections(
            corners((0, 0, width, height)),
            np.ones(1, np.float32),
            np.ones((1, 5, 2), np.float32),
        )


@pytest.mark.parametrize(
    ("side", "scale"), [(100, 4), (300, 4 / 3), (400, 1), (900, 1)]
)
def test_a_detector_sees_pictures_no_larger_than_it_wants_and_answers_in_their_pixels(
    side: int, scale: float
) -> None:
    found = detect_scaled(WholePicture(side), np.zeros((200, 400, 3), np.uint8))
    np.testing.assert_allclose(found.boxes[0], (0, 0, 400, 200), atol=scale)
    np.testing.assert_allclose(found.five[0], scale, rtol=1e-6)


class OneFaceYuNet:
    """Answer as YuNet with one face, at column 3 and row 2 of stride 16."""

    def __init__(self) -> None:
        self.shape: tuple[int, ...] = ()

    def run(self, batch: Array) -> list[Array]:
        self.shape = batch.shape
        _, _, height, width = batch.shape
        outputs = []
        for numbers in (1, 1, 4, 10):
            for stride in (8, 16, 32):
                cells = (height // stride) * (width // stride)
                outputs.append(np.zeros((1, cells, numbers), np.float32))
        classes, objects, boxes, points = outputs[1::3]
        cell = 2 * (width // 16) + 3
        classes[0, cell] = 0.81
        objects[0, cell] = 1.2
        boxes[0, cell] = [0.5, 0.25, np.log(2), np.log(3)]
        points[0, cell] = np.arange(10)
        return outputs


def test_yunet_pads_the_picture_and_decodes_cells_to_pixels() -> None:
    network = OneFaceYuNet()
    found = YuNet(network).detect(np.zeros((90, 100, 3), np.uint8))
    assert network.shape == (1, 3, 96, 128)
    assert found.scores.tolist() == [pytest.approx(0.9)]
    box = [3.5 * 16 - 16, 2.25 * 16 - 24, 32, 48]
    np.testing.assert_allclose(found.boxes, [box], rtol=1e-6)
    np.testing.assert_allclose(found.five[0, 0], [3 * 16, 3 * 16])
    np.testing.assert_allclose(found.five[0, 4], [(3 + 8) * 16, (2 + 9) * 16])


def test_yunet_below_its_threshold_finds_nothing() -> None:
    detector = YuNet(OneFaceYuNet(), threshold=0.95)
    assert len(detector.detect(np.zeros((64, 64, 3), np.uint8))) == 0


def test_the_pyramid_starts_at_the_smallest_face_and_ends_at_the_picture() -> None:
    levels = scales(np.zeros((360, 640, 3), np.uint8), 24)
    assert levels[0] == 0.5
    assert 12 <= 360 * levels[-1] < 12 / 0.709
    assert scales(np.zeros((10, 640, 3), np.uint8), 24) == []


def test_squares_keep_the_centre_and_take_the_longer_side() -> None:
    assert squares(corners((0, 0, 4, 10))).tolist() == [[-3, 0, 7, 10]]


def test_patches_scale_the_box_and_are_grey_outside_the_picture() -> None:
    image = np.zeros((20, 20, 3), np.uint8)
    image[:, :10] = (10, 20, 30)
    (cut,) = patches([image], corners((0, 0, 20, 20)), 10)
    np.testing.assert_array_equal(cut[:, 5, 2], [10, 20, 30])
    np.testing.assert_array_equal(cut[:, 5, 7], [0, 0, 0])
    (outside,) = patches([image], corners((-20, 0, 0, 20)), 10)
    np.testing.assert_array_equal(outside[:, 5, 2], [128, 128, 128])


@pytest.fixture(scope="module")
def mtcnn() -> Mtcnn:
    return Mtcnn.load()


@pytest.fixture(scope="module", params=[Mtcnn, SingleShot])
def shipped(request: pytest.FixtureRequest) -> Detector:
    kind: type[Mtcnn | SingleShot] = request.param
    return kind.load()


@pytest.mark.parametrize("value", [0, 128, 255])
@pytest.mark.parametrize("size", [(1, 1), (11, 300), (360, 640)])
def test_nothing_is_found_in_an_even_picture_of_any_size(
    shipped: Detector,
    size: tuple[int, int],
    value: int,
) -> None:
    assert len(shipped.detect(np.full((*size, 3), value, np.uint8))) == 0


def test_mtcnn_finds_nothing_in_noise(mtcnn: Mtcnn) -> None:
    noise = np.random.default_rng(1).integers(
        0,
        256,
        (180, 320, 3),
        dtype=np.uint8,
    )
    blurred = cv2.GaussianBlur(noise, (0, 0), 3)
    assert len(mtcnn.detect(blurred)) == 0  # type: ignore[arg-type]


@pytest.mark.shared
def test_a_configured_yunet_comes_before_our_own_detector(shared: Path) -> None:
    assert isinstance(load_detector(shared / "models"), YuNet)
    assert isinstance(load_detector(None), SingleShot)
    assert isinstance(load_detector(shared / "models", kind="own"), SingleShot)
    needs = r"yunet_n_dynamic\.onnx in VITRINE_MODELS"
    with pytest.raises(ConfigurationError, match=needs):
        load_detector(None, kind="yunet")
