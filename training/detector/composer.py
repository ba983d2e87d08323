"""Tiles composed of pictures: what a detector may meet, with every face's place known.

How often and how strongly was chosen by looking at tiles, not measured, where nothing else is
said; the detector's card has what the rounds brought.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import cv2
import numpy as np
from numpy.random import Generator

from training.detector.camera import Camera
from training.detector.draws import (
    MASK,
    face_size,
    face_sizes,
    fading_masks,
    part_of_face,
    turn_of_head,
)
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

LARGEST_ENLARGEMENT: Final = 1.6
"""Beyond, an enlarged picture has no details that a camera would see."""
LOOKALIKES: Final = 0.6
"""Pieces without a face, for each face, that are put as faces are.

Without them the network learned the edges of what is pasted (the control on its card).
"""
AROUND: Final = (1.5, 2.8)
"""Size of a picture of a person over that of the face."""
COVERED: Final = 0.3
"""Share of faces with something in front of them."""


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
        # Sets may be empty: of few pictures none may be of a part.
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
        self._masks = fading_masks()
        self._camera = Camera()

    def tile(self, rng: Generator) -> Tile:
        """Return one tile."""
        tile = self._background(rng)
        # From large to small, so that a large picture does not hide all small ones.
        sizes = sorted(face_sizes(rng), reverse=True)
        for size in sizes:
            # Clutter between people, as bags and signs are.
            if rng.random() < 0.25:
                self._empty_piece(tile, rng)
            if self._lookalikes and rng.random() < LOOKALIKES:
                self._lookalike(tile, face_size(rng), rng)
            self._person(tile, size, rng)
        # And in front of everybody.
        if rng.random() < 0.3:
            self._empty_piece(tile, rng)
        tile.settle()
        tile.image = self._camera.seen(tile.image, rng)
        return tile

    def _background(self, rng: Generator) -> Tile:
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
        cut_half = SIDE / 2 / scale
        half = np.minimum(cut_half, picture.size / 2)
        # A little more, so that rounding does not put the end before the start.
        farthest = picture.size - half + 1e-6
        source = rng.uniform(half, farthest)
        mirrored = rng.random() < 0.5
        affine = placing(
            scale,
            turn,
            mirrored,
            source,
            np.full(2, SIDE / 2),
        )
        image = warped(
            picture,
            affine,
            SIDE,
            SIDE,
            cv2.BORDER_REFLECT_101,
        )
        tile = Tile(image)
        tile.add(picture, affine)
        return tile

    def _person(
        self,
        tile: Tile,
        size: float,
        rng: Generator,
    ) -> None:
        group = one_of(self._people, rng)
        picture = one_of(group, rng)
        place = rng.integers(len(picture.boxes))
        box = picture.boxes[int(place)]
        affine = self._put(
            tile,
            picture,
            box,
            size,
            rng,
        )
        if rng.random() < COVERED:
            put_box = moved(box[None], affine)[0]
            self._occlude(tile, put_box, rng)

    def _lookalike(
        self,
        tile: Tile,
        size: float,
        rng: Generator,
    ) -> None:
        picture = one_of(self._lookalikes, rng)
        around = rng.uniform(*AROUND)
        sides = picture.size / around
        corner = (picture.size - sides) / 2
        box = np.concatenate([corner, sides])
        self._put(
            tile,
            picture,
            box.astype(np.float32),
            size,
            rng,
        )

    def _put(
        self,
        tile: Tile,
        picture: Picture,
        box: Floats,
        size: float,
        rng: Generator,
    ) -> Affine:
        """Paste a picture somewhere, so large that its box has this size; return its place."""
        corner = box[:2]
        sides = box[2:]
        width, height = sides
        own_size = float(np.sqrt(width * height))
        scale = min(size / own_size, LARGEST_ENLARGEMENT)
        turn = turn_of_head(rng)
        # Most of the face stays inside the tile.
        longest = scale * float(sides.max())
        edge = min(0.45 * longest, SIDE / 2)
        target = rng.uniform(edge, SIDE - edge + 1e-6, 2)
        mirrored = rng.random() < 0.5
        middle = corner + sides / 2
        affine = placing(
            scale,
            turn,
            mirrored,
            middle,
            target,
        )
        self._paste(
            tile,
            picture,
            affine,
            rng,
        )
        return affine

    def _empty_piece(self, tile: Tile, rng: Generator) -> None:
        """Paste a piece of a picture that shows no face."""
        picture = one_of(self._empty, rng)
        side = log_uniform(20, 160, rng)
        area = picture.size.prod()
        scale = float(side / np.sqrt(area))
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
        self._paste(
            tile,
            picture,
            affine,
            rng,
        )

    def _paste(
        self,
        tile: Tile,
        picture: Picture,
        affine: Affine,
        rng: Generator,
    ) -> None:
        width, height = picture.size
        outline = np.array(
            [
                [0, 0],
                [width, 0],
                [width, height],
                [0, height],
            ]
        )
        corners = moved_points(outline, affine)
        low = np.floor(corners.min(axis=0)).clip(0, SIDE)
        high = np.ceil(corners.max(axis=0)).clip(0, SIDE)
        left, top = low.astype(int)
        right, bottom = high.astype(int)
        width_there = right - left
        height_there = bottom - top
        # Nothing to see, and too little to interpolate.
        if min(width_there, height_there) < 2:
            return
        size = (width_there, height_there)
        # Only the part of the tile under the picture is computed.
        local = affine.copy()
        local[:, 2] -= (left, top)
        image = warped(picture, local, *size)
        mask = one_of(self._masks, rng)
        stretched = local.copy()
        stretched[:, :2] *= picture.size / MASK
        faded = cv2.warpAffine(mask, stretched, size)
        cover = np.asarray(faded, np.float32)
        # Before the new labels are added: a picture does not hide itself.
        tile.cover(cover, left, top)
        rows = slice(top, bottom)
        columns = slice(left, right)
        there = tile.image[rows, columns]
        light = factor(0.12, rng)
        cast = factors(0.03, 3, rng)
        gain = light * cast
        pasted = np.minimum(image * gain, 255)
        share = cover[..., None]
        mixed = there + share * (pasted - there)
        tile.image[rows, columns] = mixed.astype(np.uint8)
        tile.add(picture, affine)

    def _occlude(
        self,
        tile: Tile,
        box: Floats,
        rng: Generator,
    ) -> None:
        """Put something in front of the lower or an outer part of a face."""
        x0, y0, x1, y1 = part_of_face(box, rng)
        width = x1 - x0
        height = y1 - y0
        # Outside the tile.
        if min(width, height) < 1:
            return
        picture = one_of(self._empty, rng)
        pattern = cv2.resize(picture.levels[-1], (width, height))
        # A plain hand or mask, or something with a pattern.
        chosen = np.full_like(pattern, colour(rng))
        if rng.random() < 0.6:
            chosen = np.asarray(pattern, np.uint8)
        tile.image[y0:y1, x0:x1] = chosen


def _halve(pictures: Iterable[Picture]) -> None:
    """Compute the levels here, not in each process that prepares batches."""
    for picture in pictures:
        _ = picture.levels
