"""A tile of 256 pixels with every face's place known."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from training.detector.picture import (
    Affine,
    Floats,
    Picture,
    moved,
    moved_points,
    no_boxes,
    no_points,
)
from vitrine.vision.crop import Image

SIDE: Final = 256
"""Pixels of a side: eight cells of the coarsest stride, a quarter of a frame of 640×360."""
SMALLEST: Final = 9.0
"""Smaller faces are ignored: a little more than one cell of the finest stride."""
INSIDE: Final = 0.6
"""Share of a face inside the tile below which it is ignored."""
HIDDEN: Final = 0.55
GONE: Final = 0.85
"""Covered shares of a face from which it is ignored, and from which nothing of it is left.

0.35 and 0.75 until the fourth round; since the fifth, a face of which half is hidden counts.
"""
MIRRORED_FIVE: Final = (1, 0, 2, 4, 3)


@dataclass
class Tile:
    """Hold a picture (256, 256, 3) BGR with its faces."""

    image: Image
    boxes: Floats = field(default_factory=no_boxes)
    """(n, 4): x, y, width, height; may reach over the edge."""
    five: Floats = field(default_factory=no_points)
    """(n, 5, 2)."""
    ignored: Floats = field(default_factory=no_boxes)
    """(m, 4)."""

    def add(self, picture: Picture, affine: Affine) -> None:
        """Take over the labels of a picture that was put here by (2, 3) `affine`."""
        boxes = moved(picture.boxes, affine)
        five = moved_points(picture.five, affine)
        ignored = moved(picture.ignored, affine)
        linear = affine[:, :2]
        # A negative determinant mirrors, and then left and right of a face change names.
        if np.linalg.det(linear) < 0:
            five = five[:, MIRRORED_FIVE]
        all_five = np.concatenate([self.five, five])
        self.boxes = np.concatenate([self.boxes, boxes])
        self.five = all_five.astype(np.float32)
        self.ignored = np.concatenate([self.ignored, ignored])

    def cover(
        self,
        mask: Floats,
        left: int,
        top: int,
    ) -> None:
        """Hide faces behind a mask of 0…1 at this place."""
        height, width = mask.shape
        rows = slice(top, top + height)
        columns = slice(left, left + width)
        whole = np.zeros((SIDE, SIDE), np.float32)
        whole[rows, columns] = mask
        covered = [_covered(whole, box) for box in self.boxes]
        shares = np.array(covered)
        hidden = shares >= HIDDEN
        gone = shares >= GONE
        self._demote(hidden, gone)

    def settle(self) -> None:
        """Ignore what is too small, or mostly outside."""
        low = self.boxes[:, :2]
        sides = self.boxes[:, 2:]
        high = low + sides
        seen_low = np.maximum(low, 0)
        seen_high = np.minimum(high, SIDE)
        # Negative where a box is outside the tile: it has no area there.
        seen_sides = (seen_high - seen_low).clip(0)
        inside = seen_sides.prod(axis=1)
        area = sides.prod(axis=1)
        tiny = area < SMALLEST**2
        mostly_outside = inside < INSIDE * area
        gone = inside <= 0
        self._demote(tiny | mostly_outside, gone)

    def _demote(self, ignored: NDArray[np.bool_], gone: NDArray[np.bool_]) -> None:
        unclear = ignored & ~gone
        kept = ~(ignored | gone)
        now_ignored = self.boxes[unclear]
        self.ignored = np.concatenate([self.ignored, now_ignored])
        self.boxes = self.boxes[kept]
        self.five = self.five[kept]


def _covered(mask: Floats, box: Floats) -> float:
    """Return the share of a box that a mask (256, 256) covers."""
    corner = box[:2]
    sides = box[2:]
    low = np.round(corner).clip(0, SIDE)
    high = np.round(corner + sides).clip(0, SIDE)
    left, top = low.astype(int)
    right, bottom = high.astype(int)
    part = mask[top:bottom, left:right]
    # A box outside the tile has no mean.
    if not part.size:
        return 0.0
    return float(part.mean())
