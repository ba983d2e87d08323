"""Pictures without a face: pieces of photos, cuts that look like people, walls."""

from collections.abc import Sequence
from typing import Final

import numpy as np

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
    low = known[:, :2].min(axis=0)
    high = (known[:, :2] + known[:, 2:]).max(axis=0)
    x0, y0 = np.floor(low).astype(int).clip(0)
    x1, y1 = np.ceil(high).astype(int)
    height, width = image.shape[:2]
    pieces = (
        image[:y0],
        image[y1:height],
        image[:, :x0],
        image[:, x1:width],
    )
    large = [piece for piece in pieces if min(piece.shape[:2]) >= LEAST_PIECE]
    return list(map(np.ascontiguousarray, large))


def cut_like_people(
    pictures: Sequence[Picture],
    count: int,
    rng: np.random.Generator,
) -> list[Picture]:
    """Draw nearly square cuts of pictures without a face, some small and some large."""
    cuts: list[Picture] = []
    for _ in range(count):
        picture = one_of(pictures, rng)
        cuts.append(_cut(picture.image, rng))
    return cuts


def _cut(image: Image, rng: np.random.Generator) -> Picture:
    sides = np.array(image.shape[:2])
    shortest = sides.min()
    side = log_uniform(min(NARROWEST, shortest), shortest, rng)
    # Sides differ by a tenth, as those of pictures of people do.
    drawn = side * factors(0.1, 2, rng)
    height, width = np.minimum(drawn, sides).astype(int)
    room = sides - (height, width)
    top, left = rng.integers(0, room + 1)
    cut = image[top : top + height, left : left + width]
    small, _ = shrunk(np.ascontiguousarray(cut), CUT)
    return Picture(small)


def plain_pictures(count: int, rng: np.random.Generator) -> list[Picture]:
    """Draw walls: one colour each."""
    pictures: list[Picture] = []
    for _ in range(count):
        colour = rng.integers(0, 256, 3)
        pictures.append(Picture(np.full((WALL, WALL, 3), colour, np.uint8)))
    return pictures
