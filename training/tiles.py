"""Tiles of 256 pixels composed of pictures: what a detector may meet, with every face's place known."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from training.pictures import Floats, Picture
from vitrine.vision.crop import Image

SIDE: Final = 256
SIZES: Final = (10.0, 40.0, 110.0, 230.0)
"""Bounds of the sizes of faces (geometric mean of the box's sides), each span log-uniform…"""
SIZE_SHARES: Final = (0.6, 0.26, 0.14)
"""…and how many are drawn from each span."""
SMALLEST: Final = 9.0
"""Smaller faces are ignored."""
LARGEST_ENLARGEMENT: Final = 1.6
LOOKALIKES: Final = 0.6
"""Pieces without a face, for each face, that are put as faces are."""
AROUND: Final = (1.5, 2.8)
"""How much larger a picture of a person is than the face."""
COVERED: Final = 0.3
"""Share of faces with something in front of them."""
HIDDEN: Final = 0.55
GONE: Final = 0.85
"""Covered shares of a face from which it is ignored, and from which nothing of it is left."""
MIRRORED_FIVE: Final = (1, 0, 2, 4, 3)
MASK: Final = 64


@dataclass
class Tile:
    """A picture (256, 256, 3) BGR with its faces."""

    image: Image
    boxes: Floats
    """(n, 4): x, y, width, height; may reach over the edge."""
    five: Floats
    """(n, 5, 2)."""
    ignored: Floats
    """(m, 4)."""

    def add(self, picture: Picture, affine: NDArray[np.float64]) -> None:
        """Take over the labels of a picture that was put here by (2, 3) `affine`."""
        five = picture.five @ affine[:, :2].T + affine[:, 2]
        if np.linalg.det(affine[:, :2]) < 0:
            five = five[:, MIRRORED_FIVE]
        self.boxes = np.concatenate([self.boxes, moved(picture.boxes, affine)])
        self.five = np.concatenate([self.five, five]).astype(np.float32)
        self.ignored = np.concatenate([self.ignored, moved(picture.ignored, affine)])

    def cover(self, mask: Floats, left: int, top: int) -> None:
        """Hide faces behind a mask of 0…1 at this place."""
        whole = np.zeros((SIDE, SIDE), np.float32)
        whole[top : top + mask.shape[0], left : left + mask.shape[1]] = mask
        shares = np.array([_inside(whole, box) for box in self.boxes])
        self._demote(shares >= HIDDEN, shares >= GONE)

    def settle(self) -> None:
        """Ignore what is too small, or mostly outside."""
        low = self.boxes[:, :2]
        high = self.boxes[:, :2] + self.boxes[:, 2:]
        inside = (np.minimum(high, SIDE) - np.maximum(low, 0)).clip(0).prod(axis=1)
        area = self.boxes[:, 2:].prod(axis=1)
        self._demote((area < SMALLEST**2) | (inside < 0.6 * area), inside <= 0)

    def _demote(self, ignored: NDArray[np.bool_], gone: NDArray[np.bool_]) -> None:
        self.ignored = np.concatenate([self.ignored, self.boxes[ignored & ~gone]])
        kept = ~(ignored | gone)
        self.boxes = self.boxes[kept]
        self.five = self.five[kept]


def moved(boxes: Floats, affine: NDArray[np.float64]) -> Floats:
    """Boxes (n, 4) after an affine: the bounds of the ellipse that fills each."""
    half = boxes[:, 2:] / 2
    centre = (boxes[:, :2] + half) @ affine[:, :2].T + affine[:, 2]
    reach = np.sqrt(np.square(half) @ np.square(affine[:, :2]).T)
    return np.hstack([centre - reach, 2 * reach]).astype(np.float32)


def _inside(mask: Floats, box: Floats) -> float:
    x0, y0, x1, y1 = (
        np.round([*box[:2], *(box[:2] + box[2:])]).astype(int).clip(0, SIDE)
    )
    return float(mask[y0:y1, x0:x1].mean()) if x1 > x0 and y1 > y0 else 0.0


def placing(
    scale: float,
    turn: float,
    mirrored: bool,
    source: NDArray[np.floating],
    target: NDArray[np.floating],
) -> NDArray[np.float64]:
    """The (2, 3) affine that scales, turns by degrees, mirrors, and brings point `source` to `target`."""
    c = scale * np.cos(np.radians(turn))
    s = scale * np.sin(np.radians(turn))
    linear = np.array([[c, -s], [s, c]]) @ np.diag([-1.0 if mirrored else 1.0, 1.0])
    return np.column_stack([linear, target - linear @ source])


def warped(
    picture: Picture,
    affine: NDArray[np.float64],
    width: int,
    height: int,
    border: int = cv2.BORDER_CONSTANT,
) -> Image:
    """The picture through the affine, from the level that is nearest above in scale."""
    scale = np.sqrt(abs(np.linalg.det(affine[:, :2])))
    level = int(
        np.clip(
            np.floor(np.log2(1 / max(scale, 1e-6)) + 0.2), 0, len(picture.levels) - 1
        )
    )
    image = picture.levels[level]
    steps = np.array(picture.image.shape[1::-1]) / image.shape[1::-1]
    linear = affine[:, :2] * steps
    whole = np.column_stack([linear, affine[:, :2] @ (steps / 2 - 0.5) + affine[:, 2]])
    return np.asarray(
        cv2.warpAffine(
            image, whole, (width, height), flags=cv2.INTER_LINEAR, borderMode=border
        ),
        np.uint8,
    )


class Composer:
    """Draws tiles; all chance comes from the generator that is passed in."""

    def __init__(
        self,
        people: Sequence[Sequence[Picture]],
        scenes: Sequence[tuple[float, Sequence[Picture]]],
        empty: Sequence[Picture],
        lookalikes: Sequence[Picture] = (),
    ) -> None:
        """Groups of people, drawn alike; backgrounds with their weights; pictures without a face.

        `lookalikes` show no face either, and are cut as pictures of people are cut around faces: that
        there is a small picture with edges must not mean that there is a face.
        """
        self._people = [some for some in people if some]
        self._scenes = [(weight, some) for weight, some in scenes if some]
        weights = np.array([weight for weight, _ in self._scenes])
        self._weights = weights / weights.sum()
        self._empty = empty
        self._lookalikes = lookalikes
        for picture in (
            *empty,
            *lookalikes,
            *(p for some in (*people, *(s for _, s in scenes)) for p in some),
        ):
            _ = picture.levels  # here, not in each process that prepares batches
        self._masks = _masks()
        self._noise = (
            np.random.default_rng(0)
            .normal(0, 1, (SIDE + 64, SIDE + 64, 3))
            .astype(np.float32)
        )

    def tile(self, rng: np.random.Generator) -> Tile:
        """One tile."""
        tile = self._background(rng)
        sizes = sorted(_sizes(rng), reverse=True)
        for size in sizes:
            if rng.random() < 0.25:
                self._decoy(tile, rng)
            if self._lookalikes and rng.random() < LOOKALIKES:
                self._lookalike(tile, _size(rng), rng)
            self._person(tile, size, rng)
        if rng.random() < 0.3:
            self._decoy(tile, rng)
        tile.settle()
        tile.image = self._camera(tile.image, rng)
        return tile

    def _background(self, rng: np.random.Generator) -> Tile:
        _, group = self._scenes[int(rng.choice(len(self._scenes), p=self._weights))]
        picture = group[int(rng.integers(len(group)))]
        height, width = picture.image.shape[:2]
        known = len(picture.boxes) + len(picture.ignored) > 0
        least = max(SIDE / width, SIDE / height) if known else 0.3
        scale = float(np.exp(rng.uniform(np.log(least), np.log(max(1.3 * least, 1.8)))))
        turn = 0.0 if known or rng.random() < 0.7 else rng.uniform(-30, 30)
        half = np.minimum(SIDE / 2 / scale, np.array([width, height]) / 2)
        source = rng.uniform(half, np.array([width, height]) - half + 1e-6)
        affine = placing(scale, turn, rng.random() < 0.5, source, np.full(2, SIDE / 2))
        tile = Tile(
            warped(picture, affine, SIDE, SIDE, cv2.BORDER_REFLECT_101),
            np.zeros((0, 4), np.float32),
            np.zeros((0, 5, 2), np.float32),
            np.zeros((0, 4), np.float32),
        )
        tile.add(picture, affine)
        return tile

    def _person(self, tile: Tile, size: float, rng: np.random.Generator) -> None:
        group = self._people[int(rng.integers(len(self._people)))]
        picture = group[int(rng.integers(len(group)))]
        box = picture.boxes[int(rng.integers(len(picture.boxes)))]
        affine = self._put(tile, picture, box, size, rng)
        if rng.random() < COVERED:
            self._occlude(tile, moved(box[None], affine)[0], rng)

    def _lookalike(self, tile: Tile, size: float, rng: np.random.Generator) -> None:
        picture = self._lookalikes[int(rng.integers(len(self._lookalikes)))]
        sides = np.array(picture.image.shape[1::-1])
        box = sides / rng.uniform(*AROUND)
        self._put(
            tile,
            picture,
            np.concatenate([(sides - box) / 2, box]).astype(np.float32),
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
    ) -> NDArray[np.float64]:
        """Paste a picture somewhere, so large that its box has this size; returns how it was placed."""
        scale = min(size / float(np.sqrt(box[2] * box[3])), LARGEST_ENLARGEMENT)
        turn = rng.uniform(-40, 40) if rng.random() < 0.25 else rng.normal(0, 8)
        edge = min(0.45 * scale * float(box[2:].max()), SIDE / 2)
        target = rng.uniform(edge, SIDE - edge + 1e-6, 2)
        affine = placing(scale, turn, rng.random() < 0.5, box[:2] + box[2:] / 2, target)
        self._paste(tile, picture, affine, rng)
        return affine

    def _decoy(self, tile: Tile, rng: np.random.Generator) -> None:
        """A piece of a picture that shows no face."""
        picture = self._empty[int(rng.integers(len(self._empty)))]
        height, width = picture.image.shape[:2]
        side = np.exp(rng.uniform(np.log(20), np.log(160)))
        middle = np.array([width, height]) / 2
        affine = placing(
            float(side / np.sqrt(width * height)),
            rng.normal(0, 20),
            rng.random() < 0.5,
            middle,
            rng.uniform(0, SIDE, 2),
        )
        self._paste(tile, picture, affine, rng)

    def _paste(
        self,
        tile: Tile,
        picture: Picture,
        affine: NDArray[np.float64],
        rng: np.random.Generator,
    ) -> None:
        height, width = picture.image.shape[:2]
        corners = (
            np.array([[0, 0], [width, 0], [width, height], [0, height]])
            @ affine[:, :2].T
            + affine[:, 2]
        )
        left, top = np.floor(corners.min(axis=0)).clip(0, SIDE).astype(int)
        right, bottom = np.ceil(corners.max(axis=0)).clip(0, SIDE).astype(int)
        if right - left < 2 or bottom - top < 2:
            return
        local = affine - np.array([[0, 0, left], [0, 0, top]])
        image = warped(picture, local, right - left, bottom - top)
        mask = self._masks[int(rng.integers(len(self._masks)))]
        stretched = np.column_stack(
            [local[:, :2] * (np.array([width, height]) / MASK), local[:, 2]]
        )
        cover = np.asarray(
            cv2.warpAffine(mask, stretched, (right - left, bottom - top)), np.float32
        )
        tile.cover(cover, left, top)
        there = tile.image[top:bottom, left:right]
        gain = np.exp(rng.normal(0, 0.12)) * np.exp(rng.normal(0, 0.03, 3))
        mixed = there + cover[..., None] * (np.minimum(image * gain, 255) - there)
        tile.image[top:bottom, left:right] = mixed.astype(np.uint8)
        tile.add(picture, affine)

    def _occlude(self, tile: Tile, box: Floats, rng: np.random.Generator) -> None:
        """Something in front of the lower or an outer part of a face."""
        share = rng.uniform(0.15, 0.55)
        x, y, width, height = box
        side = rng.integers(3)
        if side == 0:
            y = y + (1 - share) * height
            height = share * height
        else:
            x = x + (side - 1) * (1 - share) * width
            width = share * width
        x0, y0, x1, y1 = (
            np.round([x, y, x + width, y + height]).astype(int).clip(0, SIDE)
        )
        if x1 - x0 < 1 or y1 - y0 < 1:
            return
        image = self._empty[int(rng.integers(len(self._empty)))].levels[-1]
        patch = cv2.resize(image, (int(x1 - x0), int(y1 - y0)))
        flat = np.full_like(patch, rng.integers(0, 256, 3, dtype=np.uint8))
        tile.image[y0:y1, x0:x1] = patch if rng.random() < 0.6 else flat

    def _camera(self, image: Image, rng: np.random.Generator) -> Image:
        """Light, colour, focus, noise and compression."""
        ramp = np.linspace(0, 1, 256) ** np.exp(rng.normal(0, 0.22))
        gains = np.exp(rng.normal(0, 0.2)) * np.exp(rng.normal(0, 0.06, 3))
        if rng.random() < 0.08:
            gains *= rng.uniform(0.3, 0.6)
        table = np.clip(
            255 * (ramp[:, None] * gains + rng.normal(0, 0.04)), 0, 255
        ).astype(np.uint8)
        if rng.random() < 0.1:
            image = cv2.cvtColor(
                cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR
            )  # type: ignore[assignment]
        image = cv2.LUT(image, table[None])  # type: ignore[assignment]
        if rng.random() < 0.25:
            image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 1.4))  # type: ignore[assignment]
        if rng.random() < 0.25:
            x, y = rng.integers(0, 64, 2)
            grain = self._noise[y : y + SIDE, x : x + SIDE] * np.float32(
                rng.uniform(2, 12)
            )
            image = np.clip(image + grain, 0, 255).astype(np.uint8)
        if rng.random() < 0.3:
            how = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(30, 95))]
            image = cv2.imdecode(cv2.imencode(".jpg", image, how)[1], cv2.IMREAD_COLOR)  # type: ignore[assignment]
        return image


def _sizes(rng: np.random.Generator) -> list[float]:
    """Of the faces that a tile is given."""
    count = int(rng.choice(6, p=(0.25, 0.2, 0.18, 0.15, 0.12, 0.1)))
    return [_size(rng) for _ in range(count)]


def _size(rng: np.random.Generator) -> float:
    span = int(rng.choice(len(SIZE_SHARES), p=SIZE_SHARES))
    return float(np.exp(rng.uniform(np.log(SIZES[span]), np.log(SIZES[span + 1]))))


def _masks() -> list[Floats]:
    """How a picture's edge fades, (64, 64) each: not at all, at once, slowly, with round corners."""
    line = np.abs((np.arange(MASK) + 0.5) / MASK * 2 - 1)
    across, down = np.meshgrid(line, line)
    square = np.maximum(across, down)
    round_ = (across**4 + down**4) ** 0.25
    return [
        np.ones((MASK, MASK), np.float32),
        ((1 - square) / 0.08).clip(0, 1).astype(np.float32),
        ((1 - square) / 0.25).clip(0, 1).astype(np.float32),
        ((1 - round_) / 0.15).clip(0, 1).astype(np.float32),
    ]
