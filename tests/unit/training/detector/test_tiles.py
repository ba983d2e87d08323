"""Composed tiles: where their faces are, and which of them count."""

import numpy as np
import pytest
from numpy.random import default_rng
from numpy.testing import assert_allclose, assert_array_equal

from tests.unit.training.detector.builders import (
    make_composer,
    make_person,
    make_tile,
)
from training.detector.camera import Camera
from training.detector.composer import Composer
from training.detector.picture import Picture, placing
from training.detector.tile import SIDE, Tile


def has_one_whole_face(tile: Tile) -> bool:
    if len(tile.boxes) != 1 or len(tile.ignored):
        return False
    x, y, width, height = tile.boxes[0].tolist()
    reach = max(x + width, y + height)
    return bool(min(x, y) >= 0 and reach < SIDE - 1)


def test_the_boxes_of_a_tile_lie_on_its_faces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Camera, "seen", lambda _self, image, _rng: image)
    monkeypatch.setattr(Composer, "_occlude", lambda *_: None)
    composer = make_composer()
    tiles = [composer.tile(default_rng(seed)) for seed in range(40)]
    whole = [tile for tile in tiles if has_one_whole_face(tile)]
    assert len(whole) >= 3
    for tile in whole:
        box = tile.boxes[0]
        low = box[:2]
        high = low + box[2:]
        blue, green, _ = np.moveaxis(tile.image.astype(int), -1, 0)
        yellowness = green - blue
        yellow = np.argwhere(yellowness > 60)[:, ::-1]
        assert_allclose(yellow.min(axis=0), low, atol=2.5)
        assert_allclose(yellow.max(axis=0), high, atol=2.5)


def test_a_piece_without_a_face_is_put_as_a_face_is_and_labels_nothing() -> None:
    """Small pictures with edges come with a face and without one: edges tell nothing."""
    pink = Picture(np.full((80, 80, 3), (250, 30, 250), np.uint8))
    composer = make_composer(pink)
    faces = 0
    areas: list[int] = []
    for seed in range(60):
        tile = composer.tile(default_rng(seed))
        faces += len(tile.boxes) + len(tile.ignored)
        _, green, red = np.moveaxis(tile.image.astype(int), -1, 0)
        pinkness = red - green
        area = int((pinkness > 100).sum())
        if area:
            areas.append(area)
    assert 0.2 * faces < len(areas) < faces
    assert min(areas) < 30**2
    assert max(areas) > 60**2


def test_a_mirrored_face_keeps_the_images_left_first() -> None:
    tile = make_tile()
    source = np.array([60.0, 54.0])
    target = np.array([128.0, 128.0])
    tile.add(make_person(), placing(1, 0, True, source, target))
    left_eye, right_eye, _, left_mouth, right_mouth = tile.five[0]
    assert left_eye[0] < right_eye[0]
    assert left_mouth[0] < right_mouth[0]


@pytest.mark.parametrize(
    ("height", "faces", "ignored"),
    [(20, 1, 0), (24, 0, 1), (32, 0, 1), (36, 0, 0)],
)
def test_a_covered_face_is_ignored_and_then_gone(
    height: int,
    faces: int,
    ignored: int,
) -> None:
    tile = make_tile((100, 100, 40, 40))
    tile.cover(np.ones((height, 40), np.float32), 100, 100)
    assert len(tile.boxes) == faces
    assert len(tile.ignored) == ignored


def test_what_is_tiny_or_mostly_outside_is_ignored() -> None:
    tile = make_tile((10, 10, 6, 6), (-30, 100, 50, 50), (100, 100, 30, 40))
    tile.settle()
    assert tile.boxes.tolist() == [[100, 100, 30, 40]]
    assert len(tile.ignored) == 2


def test_tiles_depend_on_the_generator_alone() -> None:
    one = make_composer().tile(default_rng(3))
    other = make_composer().tile(default_rng(3))
    assert_array_equal(one.image, other.image)
    assert_array_equal(one.boxes, other.boxes)
