"""Tiles composed of pictures: what a detector may meet, with every face's place known.

How often and how strongly was chosen by looking at tiles, not measured, where nothing else is
said; the detector's card has what the rounds brought.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from training.detector.camera import Camera
from training.detector.picture import (
    Affine,
    Floats,
    Picture,
    moved,
    moved_points,
    placing,
    warped,
)
from training.detector.tile import SIDE, Tile
from training.pictures.chance import colour, factor, factors, log_uniform, one_of

Scenes = Sequence[tuple[float, Sequence[Picture]]]
"""Groups of backgrounds with their weights."""

SIZES: Final = (10.0, 40.0, 110.0, 230.0)
"""Bounds of the sizes of faces (geometric mean of the box's sides), each span log-uniform…"""
SIZE_SHARES: Final = (0.6, 0.26, 0.14)
"""…and how many are drawn from each span: most faces of a mall are far away."""
FACE_COUNTS: Final = (0.25, 0.2, 0.18, 0.15, 0.12, 0.1)
"""Shares of tiles that are given 0, 1, … 5 faces."""
LARGEST_ENLARGEMENT: Final = 1.6
"""Beyond, an enlarged picture has no details that a camera would see."""
LOOKALIKES: Final = 0.6
"""Pieces without a face, for each face, that are put as faces are.

Without them the network learned the edges of what is pasted (the control on its card).
"""
AROUND: Final = (1.5, 2.8)
"""How much larger a picture of a person is than the face."""
COVERED: Final = 0.3
"""Share of faces with something in front of them."""
MASK: Final = 64
"""Side of the masks."""


class Composer:
    """Draw tiles; all chance comes from the generator that is passed in."""

    def __init__(
        self,
        people: Sequence[Sequence[Picture]],
        scenes: Scenes,
        empty: Sequence[Picture],
        lookalikes: Sequence[Picture] = (),
    ) -> None:
        """Take groups of people, drawn alike; backgrounds; pictures without a face.

        `lookalikes` show no face either, and are cut as pictures of people are cut around faces:
        that there is a small picture with edges must not mean that there is a face.
        """
        self._people = [some for some in people if some]
        self._scenes = [(weight, some) for weight, some in scenes if some]
        weights = np.array([weight for weight, _ in self._scenes])
        self._weights = weights / weights.sum()
        self._empty = empty
        self._lookalikes = lookalikes
        for some in self._people:
            _halve(some)
        for _, some in self._scenes:
            _halve(some)
        _halve(empty)
        _halve(lookalikes)
        self._masks = _masks()
        self._camera = Camera()

    def tile(self, rng: np.random.Generator) -> Tile:
        """Return one tile."""
        tile = self._background(rng)
        # From large to small, so that a large picture does not hide all small ones.
        sizes = sorted(_sizes(rng), reverse=True)
        for size in sizes:
            # Clutter between people, as bags and signs are.
            if rng.random() < 0.25:
                self._empty_piece(tile, rng)
            if self._lookalikes and rng.random() < LOOKALIKES:
                self._lookalike(tile, _size(rng), rng)
            self._person(tile, size, rng)
        # And in front of everybody.
        if rng.random() < 0.3:
            self._empty_piece(tile, rng)
        tile.settle()
        tile.image = self._camera.seen(tile.image, rng)
        return tile

    def _background(self, rng: np.random.Generator) -> Tile:
        place = int(rng.choice(len(self._scenes), p=self._weights))
        _, group = self._scenes[place]
        picture = one_of(group, rng)
        # A background without faces may be seen from far or near, and aslant.
        least = 0.3
        turn = 0.0
        if picture.has_labels:
            # Faces must not be shown twice by the reflection at the edges, or lie on their side.
            least = float((SIDE / picture.size).max())
        most = max(1.3 * least, 1.8)
        scale = log_uniform(least, most, rng)
        if not picture.has_labels and rng.random() >= 0.7:
            turn = rng.uniform(-30, 30)
        # The cut stays inside the picture where the picture is large enough.
        half = np.minimum(SIDE / 2 / scale, picture.size / 2)
        source = rng.uniform(half, picture.size - half + 1e-6)
        mirrored = rng.random() < 0.5
        affine = placing(
            scale,
            turn,
            mirrored,
            source,
            np.full(2, SIDE / 2),
        )
        tile = Tile(
            warped(
                picture,
                affine,
                SIDE,
                SIDE,
                cv2.BORDER_REFLECT_101,
            )
        )
        tile.add(picture, affine)
        return tile

    def _person(
        self,
        tile: Tile,
        size: float,
        rng: np.random.Generator,
    ) -> None:
        group = one_of(self._people, rng)
        picture = one_of(group, rng)
        box = picture.boxes[int(rng.integers(len(picture.boxes)))]
        affine = self._put(
            tile,
            picture,
            box,
            size,
            rng,
        )
        if rng.random() < COVERED:
            self._occlude(tile, moved(box[None], affine)[0], rng)

    def _lookalike(
        self,
        tile: Tile,
        size: float,
        rng: np.random.Generator,
    ) -> None:
        picture = one_of(self._lookalikes, rng)
        sides = picture.size / rng.uniform(*AROUND)
        corner = (picture.size - sides) / 2
        box = np.concatenate([corner, sides]).astype(np.float32)
        self._put(
            tile,
            picture,
            box,
            size,
            rng,
        )

    def _put(
        self,
        tile: Tile,
        picture: Picture,
        box: Floats,
        size: float,
        rng: np.random.Generator,
    ) -> Affine:
        """Paste a picture somewhere, so large that its box has this size; return its place."""
        own_size = float(np.sqrt(box[2] * box[3]))
        scale = min(size / own_size, LARGEST_ENLARGEMENT)
        turn = _drawn_turn(rng)
        # Most of the face stays inside the tile.
        longest = scale * float(box[2:].max())
        edge = min(0.45 * longest, SIDE / 2)
        target = rng.uniform(edge, SIDE - edge + 1e-6, 2)
        mirrored = rng.random() < 0.5
        middle = box[:2] + box[2:] / 2
        affine = placing(
            scale,
            turn,
            mirrored,
            middle,
            target,
        )
        self._paste(tile, picture, affine, rng)
        return affine

    def _empty_piece(
        self,
        tile: Tile,
        rng: np.random.Generator,
    ) -> None:
        """Paste a piece of a picture that shows no face."""
        picture = one_of(self._empty, rng)
        side = log_uniform(20, 160, rng)
        scale = float(side / np.sqrt(picture.size.prod()))
        turn = rng.normal(0, 20)
        mirrored = rng.random() < 0.5
        target = rng.uniform(0, SIDE, 2)
        affine = placing(
            scale,
            turn,
            mirrored,
            picture.size / 2,
            target,
        )
        self._paste(tile, picture, affine, rng)

    def _paste(
        self,
        tile: Tile,
        picture: Picture,
        affine: Affine,
        rng: np.random.Generator,
    ) -> None:
        width, height = picture.size
        outline = np.array([[0, 0], [width, 0], [width, height], [0, height]])
        corners = moved_points(outline, affine)
        low = np.floor(corners.min(axis=0)).clip(0, SIDE)
        high = np.ceil(corners.max(axis=0)).clip(0, SIDE)
        left, top = low.astype(int)
        right, bottom = high.astype(int)
        if right - left < 2 or bottom - top < 2:
            return
        size = (right - left, bottom - top)
        # Only the part of the tile under the picture is computed.
        local = affine.copy()
        local[:, 2] -= (left, top)
        image = warped(picture, local, *size)
        mask = one_of(self._masks, rng)
        stretched = local.copy()
        stretched[:, :2] *= picture.size / MASK
        cover = np.asarray(cv2.warpAffine(mask, stretched, size), np.float32)
        # Before the new labels are added: a picture does not hide itself.
        tile.cover(cover, left, top)
        there = tile.image[top:bottom, left:right]
        light = factor(0.12, rng)
        gain = light * factors(0.03, 3, rng)
        pasted = np.minimum(image * gain, 255)
        mixed = there + cover[..., None] * (pasted - there)
        tile.image[top:bottom, left:right] = mixed.astype(np.uint8)
        tile.add(picture, affine)

    def _occlude(
        self,
        tile: Tile,
        box: Floats,
        rng: np.random.Generator,
    ) -> None:
        """Put something in front of the lower or an outer part of a face."""
        x0, y0, x1, y1 = _part_of_face(box, rng)
        if x1 - x0 < 1 or y1 - y0 < 1:
            return
        picture = one_of(self._empty, rng)
        patch = cv2.resize(picture.levels[-1], (x1 - x0, y1 - y0))
        flat = np.full_like(patch, colour(rng))
        # Something with a pattern, or a plain hand or mask.
        chosen = patch if rng.random() < 0.6 else flat
        tile.image[y0:y1, x0:x1] = chosen


def _part_of_face(
    box: Floats,
    rng: np.random.Generator,
) -> tuple[int, int, int, int]:
    """Draw the bounds of what is hidden: the lower, left or right part, as x0, y0, x1, y1."""
    share = rng.uniform(0.15, 0.55)
    x, y, width, height = box
    side = rng.integers(3)
    # Below: a scarf, a counter, somebody in front. At a side: a neighbour, a door frame.
    if side == 0:
        y = y + (1 - share) * height
        height = share * height
    else:
        x = x + (side - 1) * (1 - share) * width
        width = share * width
    outline = np.round([x, y, x + width, y + height])
    bounds = outline.astype(int).clip(0, SIDE)
    x0, y0, x1, y1 = bounds.tolist()
    return x0, y0, x1, y1


def _drawn_turn(rng: np.random.Generator) -> float:
    """Draw degrees: heads are mostly upright, one in four hangs to a side."""
    if rng.random() < 0.25:
        return rng.uniform(-40, 40)
    return rng.normal(0, 8)


def _halve(pictures: Iterable[Picture]) -> None:
    """Compute the levels here, not in each process that prepares batches."""
    for picture in pictures:
        _ = picture.levels


def _sizes(rng: np.random.Generator) -> list[float]:
    """Draw the sizes of the faces that a tile is given."""
    count = int(rng.choice(len(FACE_COUNTS), p=FACE_COUNTS))
    return [_size(rng) for _ in range(count)]


def _size(rng: np.random.Generator) -> float:
    # A span first, so that the many small faces do not leave large ones out.
    span = int(rng.choice(len(SIZE_SHARES), p=SIZE_SHARES))
    return log_uniform(SIZES[span], SIZES[span + 1], rng)


def _masks() -> list[Floats]:
    """Return how a picture's edge fades, (64, 64) each.

    Not at all, at once, slowly, with round corners.
    """
    line = np.abs((np.arange(MASK) + 0.5) / MASK * 2 - 1)
    across, down = np.meshgrid(line, line)
    square = np.maximum(across, down)
    rounded = (across**4 + down**4) ** 0.25
    return [
        np.ones((MASK, MASK), np.float32),
        _fading(square, 0.08),
        _fading(square, 0.25),
        _fading(rounded, 0.15),
    ]


def _fading(reach: NDArray[np.float64], width: float) -> Floats:
    """Return 1 inside and 0 at the edge, where `reach` is 1; between them over a width."""
    inside = (1 - reach) / width
    return inside.clip(0, 1).astype(np.float32)
