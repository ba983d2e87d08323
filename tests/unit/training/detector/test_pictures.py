"""Boxes of faces, pictures that are placed, and pieces that show no face."""

import cv2
import numpy as np
import pytest
from numpy.random import default_rng
from numpy.testing import assert_allclose

from tests.unit.training.detector.builders import (
    boxes_of,
    make_empty,
    make_person,
    make_points,
)
from training.datasets.faces import LabelledFace
from training.detector.faceless import cut_like_people, faceless_pieces
from training.detector.picture import moved, overlaps, placing, warped
from training.detector.sources import turned_picture
from training.pictures.boxes import face_box


def test_the_box_of_an_upright_face_is_that_of_its_points_and_a_forehead() -> None:
    points = make_points(size=100)
    x, y = points.min(axis=0)
    right, bottom = points.max(axis=0)
    top = y - 30
    expected = [x, top, right - x, bottom - top]
    assert_allclose(face_box(points), expected, atol=0.5)


def test_the_forehead_is_above_the_brows_of_a_tilted_head_too() -> None:
    lying = face_box(make_points(turn=90))
    upright = face_box(make_points())
    assert_allclose(lying[2:], upright[[3, 2]], rtol=0.02)


@pytest.mark.parametrize("scale", [0.9, 0.4, 0.15])
def test_what_is_placed_lands_where_it_should_from_every_level(scale: float) -> None:
    person = make_person(400)
    source = np.array([200.0, 180.0])
    target = np.array([100.0, 90.0])
    affine = placing(scale, 20, True, source, target)
    image = warped(person, affine, 200, 200)
    is_bright = image[..., 1] > 200
    bright = np.argwhere(is_bright)[:, ::-1]
    box = moved(person.boxes, affine)[0]
    low = box[:2]
    high = low + box[2:]
    assert_allclose(bright.min(axis=0), low, atol=1.5)
    assert_allclose(bright.max(axis=0), high, atol=1.5)


def test_the_share_of_two_boxes_is_that_of_their_union() -> None:
    same = (0, 0, 10, 10)
    half_beside = (5, 0, 10, 10)
    elsewhere = (20, 20, 5, 5)
    box = np.array(same, np.float32)
    others = boxes_of(same, half_beside, elsewhere)
    assert overlaps(box, others) == pytest.approx([1, 50 / 150, 0])


def test_a_turned_face_keeps_its_box_around_its_points() -> None:
    grey = np.full((400, 400, 3), 60, np.uint8)
    encoded = cv2.imencode(".png", grey)[1].tobytes()
    points = make_points().astype(np.float32)
    face = LabelledFace("a.png", "train", "a", points, encoded)
    drawn = [turned_picture(face, default_rng(seed)) for seed in range(20)]
    pictures = [picture for picture in drawn if picture is not None]
    assert pictures
    for picture in pictures:
        box = picture.boxes[0]
        five = picture.five[0]
        low = box[:2]
        high = low + box[2:]
        assert (five > low).all()
        assert (five < high).all()


def test_pieces_without_faces_show_the_background_alone() -> None:
    pieces = faceless_pieces(make_person())
    assert len(pieces) == 4
    for piece in pieces:
        assert np.mean(piece != 90) < 0.01


def test_a_picture_without_a_face_is_one_piece() -> None:
    picture = make_empty()
    (piece,) = faceless_pieces(picture)
    assert piece is picture.image


def test_cuts_are_as_large_as_pictures_of_people_and_hold_no_face() -> None:
    rng = default_rng(0)
    cuts = cut_like_people([make_empty(300), make_empty(50)], 40, rng)
    sides = np.array([cut.image.shape[:2] for cut in cuts])
    assert len(cuts) == 40
    assert sides.min() >= 25
    assert sides.max() <= 160
    assert not any(cut.has_labels for cut in cuts)
