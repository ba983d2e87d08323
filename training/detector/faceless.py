"""Pictures without a face: pieces of photos, cuts that look like people, walls."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.random import Generator

from training.detector.picture import Picture, shrunk
from training.pictures.chance import factors, log_uniform, one_of
from vitrine.vision.crop import Image

CUT: Final = 160
"""Longer side that is kept of a cut; a face in a tile has 230 pixels at most, most far fewer."""
NARROWEST: Final = 40
"""Pixels of the narrowest cut, where the picture is not narrower itself."""
LEAST_PIECE: Final = 24
"""Shorter side of a piece that is worth keeping."""
WALL: Final = 64
"""Side of a plain picture; tiles scale it up."""


def faceless_pieces(picture: Picture) -> list[Image]:
    """Return what lies above, below, left and right of all faces: necks, hair, clothes, rooms."""
    image = picture.image
    known = np.concatenate([picture.boxes, picture.ignored])
    if not len(known):
        return [image]
    corners = known[:, :2]
    sides = known[:, 2:]
    low = corners.min(axis=0)
    far_corners = corners + sides
    high = far_corners.max(axis=0)
    # A negative end of a slice would count from the other end.
    first_pixel = np.floor(low).clip(0)
    last_pixel = np.ceil(high)
    left, top = first_pixel.astype(int)
    right, bottom = last_pixel.astype(int)
    above = image[:top]
    below = image[bottom:]
    at_left = image[:, :left]
    at_right = image[:, right:]
    large: list[Image] = []
    for piece in (above, below, at_left, at_right):
        shorter = min(piece.shape[:2])
        if shorter < LEAST_PIECE:
            continue
        whole = np.ascontiguousarray(piece)
        large.append(whole)
    return large


def cut_like_people(
    pictures: Sequence[Picture],
    count: int,
    rng: Generator,
) -> list[Picture]:
    """Draw nearly square cuts of pictures without a face, some small and some large."""
    cuts: list[Picture] = []
    for _ in range(count):
        picture = one_of(pictures, rng)
        cut = _cut(picture.image, rng)
        cuts.append(cut)
    return cuts


def _cut(image: Image, rng: Generator) -> Picture:
    sides = np.array(image.shape[:2])
    shortest = sides.min()
    narrowest = min(NARROWEST, shortest)
    side = log_uniform(narrowest, shortest, rng)
    # Sides differ by a tenth, as those of pictures of people do.
    drawn = side * factors(0.1, 2, rng)
    fitting = np.minimum(drawn, sides)
    whole = fitting.astype(int)
    height, width = whole
    room = sides - whole
    top, left = rng.integers(0, room + 1)
    rows = slice(top, top + height)
    columns = slice(left, left + width)
    cut = np.ascontiguousarray(image[rows, columns])
    small, _ = shrunk(cut, CUT)
    return Picture(small)


def plain_pictures(count: int, rng: Generator) -> list[Picture]:
    """Draw walls: one colour each."""
    pictures: list[Picture] = []
    for _ in range(count):
        colour = rng.integers(0, 256, 3)
        wall = np.full((WALL, WALL, 3), colour, np.uint8)
        pictures.append(Picture(wall))
    return pictures
