import cv2
import numpy as np
import torch
from torch import Tensor, nn

from training.augmentation import CACHE_SIZE, CACHED_CROP
from training.datasets.people import PersonFace
from training.pseudo_labels import pseudo_labelled
from vitrine.vision.crop import crop_of_box, crop_of_points, to_frame, to_network
from vitrine.vision.embedding import TEMPLATE
from vitrine.vision.shape import mirrored

SIZE = 32


def shown(picture: np.ndarray) -> PersonFace:
    encoded = cv2.imencode(".png", picture)[1].tobytes()
    return PersonFace("Ann_Lee/Ann_Lee_0001.png", "Ann_Lee", "Ann_Lee/0001", encoded)


def grey_face() -> PersonFace:
    return shown(np.full((144, 144, 3), 90, np.uint8))


class Same(nn.Module):
    """Answers with one shape, a symmetric one or not, whatever it sees."""

    def __init__(self, shape: np.ndarray) -> None:
        super().__init__()
        self.shape = torch.from_numpy(shape.reshape(1, -1).astype(np.float32))

    def forward(self, x: Tensor) -> Tensor:
        return self.shape.expand(len(x), -1)


def shape_in_crop() -> np.ndarray:
    """A face that looks the same in the mirror, in crop coordinates, (68, 2)."""
    from vitrine.vision.pose import mean_shape

    flat = mean_shape()[:, :2]
    flat = (flat - (flat.min(axis=0) + flat.max(axis=0)) / 2) / np.ptp(flat, axis=0).max() * 1.6
    return np.asarray((flat + mirrored(flat, 1)) / 2)


def test_where_both_views_agree_the_mean_is_the_label() -> None:
    (found,) = pseudo_labelled(Same(shape_in_crop()), SIZE, [grey_face()])
    assert found.image.shape == (CACHE_SIZE, CACHE_SIZE, 3)
    first = crop_of_box((16, 16, 112, 112), TEMPLATE + 16, SIZE)
    once = to_frame(shape_in_crop().reshape(1, -1), [first], SIZE)[0]
    twice = to_frame(shape_in_crop().reshape(1, -1), [crop_of_points(once, SIZE)], SIZE)[0]
    expected = to_network(twice, crop_of_points(twice, CACHED_CROP), CACHED_CROP)
    there = to_network(found.points, crop_of_points(found.points, CACHED_CROP), CACHED_CROP)
    np.testing.assert_allclose(there, expected, atol=1e-3)


def test_a_face_whose_views_disagree_is_left_out() -> None:
    assert pseudo_labelled(Same(shape_in_crop() + np.array([0.1, 0])), SIZE, [grey_face()]) == []


def test_a_label_lies_on_its_picture() -> None:
    picture = np.zeros((144, 144, 3), np.uint8)
    first = crop_of_box((16, 16, 112, 112), TEMPLATE + 16, SIZE)
    once = to_frame(shape_in_crop().reshape(1, -1), [first], SIZE)[0]
    twice = to_frame(shape_in_crop().reshape(1, -1), [crop_of_points(once, SIZE)], SIZE)[0]
    x, y = np.round(twice[30]).astype(int)
    cv2.circle(picture, (int(x), int(y)), 4, (255, 255, 255), -1)
    (found,) = pseudo_labelled(Same(shape_in_crop()), SIZE, [shown(picture)])
    column, row = np.round(found.points[30]).astype(int)
    assert found.image[row, column, 0] > 200
