"""Small pictures, tiles and detections."""

import cv2
import numpy as np
from numpy.typing import NDArray

from training.detector.composer import Composer
from training.detector.picture import Picture
from training.detector.tile import SIDE, Tile
from vitrine.vision.detectors import Detections
from vitrine.vision.pose import mean_shape

YELLOW = (0, 255, 255)
Box = tuple[float, float, float, float]


def make_points(size: float = 100, turn: float = 0) -> NDArray[np.float64]:
    """Return the frontal mean face, `size` pixels from brows to chin, turned by degrees."""
    flat = mean_shape()[:, :2]
    height = np.ptp(flat[:, 1])
    centred = flat - flat.mean(axis=0)
    points = centred * (size / height)
    angle = np.radians(turn)
    c = np.cos(angle)
    s = np.sin(angle)
    rotation = np.array(
        [
            [c, s],
            [-s, c],
        ]
    )
    turned = points @ rotation
    return np.asarray(turned + 200)


def make_person(side: int = 120) -> Picture:
    """Return a grey picture whose face is a yellow ellipse."""
    image = np.full((side, side, 3), 90, np.uint8)
    shares = np.array([0.3, 0.2, 0.4, 0.5], np.float32)
    box = shares * np.float32(side)
    corner = box[:2]
    sides = box[2:]
    half = sides / 2
    middle = corner + half
    outline = (
        middle.tolist(),
        sides.tolist(),
        0,
    )
    cv2.ellipse(
        image,
        outline,
        YELLOW,
        cv2.FILLED,
    )
    places = np.array(
        [
            [-0.4, -0.2],
            [0.4, -0.2],
            [0, 0.1],
            [-0.3, 0.5],
            [0.3, 0.5],
        ]
    )
    five = middle + half * places
    return Picture(
        image,
        box[None],
        five[None].astype(np.float32),
    )


def make_empty(side: int = 200) -> Picture:
    return Picture(np.full((side, side, 3), 60, np.uint8))


def boxes_of(*boxes: Box) -> NDArray[np.float32]:
    return np.array(boxes, np.float32).reshape(-1, 4)


def make_tile(*boxes: Box, ignored: Box | None = None) -> Tile:
    """Return a black tile with faces, and a place where nobody knows."""
    faces = boxes_of(*boxes)
    shares = np.linspace(0.3, 0.7, 5)[:, None]
    corners = faces[:, None, :2]
    sides = faces[:, None, 2:]
    five = corners + sides * shares
    image = np.zeros((SIDE, SIDE, 3), np.uint8)
    unknown = boxes_of()
    if ignored is not None:
        unknown = boxes_of(ignored)
    return Tile(
        image,
        faces,
        five.astype(np.float32),
        unknown,
    )


def make_composer(*lookalikes: Picture) -> Composer:
    people = [[make_person(), make_person(90)]]
    scenes = [(1.0, [make_empty()])]
    empty = [make_empty(60)]
    return Composer(
        people,
        scenes,
        empty,
        lookalikes,
    )


def found_at(*boxes: Box, scores: tuple[float, ...] = ()) -> Detections:
    some = boxes_of(*boxes)
    certain = [1.0] * len(some)
    given = np.array(scores or certain, np.float32)
    five = np.zeros((len(some), 5, 2), np.float32)
    return Detections(some, given, five)
