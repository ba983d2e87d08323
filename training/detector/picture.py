"""Pictures with their faces, and how they are moved, scaled and turned."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from vitrine.vision.crop import Image
from vitrine.vision.detectors import Detections

Floats = NDArray[np.float32]
Affine = NDArray[np.float64]
"""(2, 3)."""
Detect = Callable[[Image], Detections]

LARGEST: Final = 400
"""Longer side that is kept of a photo; chosen, not measured."""
SMALLEST_LEVEL: Final = 24
"""Shorter side down to which a picture is halved."""


def no_boxes() -> Floats:
    return np.zeros((0, 4), np.float32)


def no_points() -> Floats:
    return np.zeros((0, 5, 2), np.float32)


@dataclass(frozen=True)
class Picture:
    """Hold a picture, its faces, and the places where nobody knows; in pixels of the picture."""

    image: Image
    boxes: Floats = field(default_factory=no_boxes)
    """(n, 4): x, y, width, height."""
    five: Floats = field(default_factory=no_points)
    """(n, 5, 2)."""
    ignored: Floats = field(default_factory=no_boxes)
    """(m, 4)."""

    @property
    def has_labels(self) -> bool:
        """True where there is a face, or a place where nobody knows."""
        return len(self.boxes) + len(self.ignored) > 0

    @property
    def size(self) -> NDArray[np.int64]:
        """Width and height, (2,)."""
        height, width = self.image.shape[:2]
        return np.array([width, height])

    @cached_property
    def levels(self) -> tuple[Image, ...]:
        """The picture, then halved again and again, so that small faces keep no jagged edges."""
        levels = [self.image]
        width, height = self.size.tolist()
        while min(width, height) >= 2 * SMALLEST_LEVEL:
            width //= 2
            height //= 2
            halved = resized(levels[-1], width, height)
            levels.append(halved)
        return tuple(levels)


def resized(
    image: Image,
    width: int,
    height: int,
) -> Image:
    """Return a smaller picture, each pixel the mean of those that it replaces."""
    small = cv2.resize(
        image,
        (width, height),
        interpolation=cv2.INTER_AREA,
    )
    return np.asarray(small, np.uint8)


def shrunk(image: Image, largest: int = LARGEST) -> tuple[Image, float]:
    """Return the picture with no side longer than `largest`, and its scale."""
    height, width = image.shape[:2]
    longest = max(height, width)
    if longest <= largest:
        return image, 1.0
    scale = largest / longest
    few_columns = round(width * scale)
    few_rows = round(height * scale)
    small = resized(image, few_columns, few_rows)
    return small, scale


def overlaps(box: Floats, boxes: Floats) -> Floats:
    """Return the share of the union of one box (4,) with each of n (n, 4)."""
    corners = boxes[:, :2]
    sides = boxes[:, 2:]
    own_corner = box[:2]
    own_sides = box[2:]
    far_corners = corners + sides
    own_far_corner = own_corner + own_sides
    low = np.maximum(own_corner, corners)
    high = np.minimum(own_far_corner, far_corners)
    # Negative where boxes are apart.
    shared_sides = np.maximum(high - low, 0)
    shared = shared_sides.prod(axis=1)
    areas = sides.prod(axis=1)
    own_area = own_sides.prod()
    # Both areas count what is shared.
    union = own_area + areas - shared
    return np.asarray(shared / union, np.float32)


def middle_inside(box: Floats, boxes: Floats) -> NDArray[np.bool_]:
    """Return in which of n boxes (n, 4) the middle of one (4,) lies, (n,)."""
    corner = box[:2]
    half = box[2:] / 2
    middle = corner + half
    low = boxes[:, :2]
    high = low + boxes[:, 2:]
    above_low = middle >= low
    below_high = middle <= high
    inside = above_low & below_high
    return np.asarray(inside.all(axis=1))


def moved_points(points: NDArray[np.floating], affine: Affine) -> NDArray[np.float64]:
    """Return points (…, 2) after an affine."""
    linear = affine[:, :2]
    shift = affine[:, 2]
    moved_to = points @ linear.T + shift
    return np.asarray(moved_to)


def moved(boxes: Floats, affine: Affine) -> Floats:
    """Return boxes (n, 4) after an affine: the bounds of the ellipse that fills each."""
    corners = boxes[:, :2]
    half = boxes[:, 2:] / 2
    middles = corners + half
    moved_middles = moved_points(middles, affine)
    linear = affine[:, :2]
    # An affine takes an ellipse to an ellipse; its reach along an axis is a norm of that row.
    squared = np.square(half) @ np.square(linear).T
    reach = np.sqrt(squared)
    low = moved_middles - reach
    bounds = np.hstack([low, 2 * reach])
    return bounds.astype(np.float32)


def placing(
    scale: float,
    turn: float,
    mirrored: bool,
    source: NDArray[np.floating],
    target: NDArray[np.floating],
) -> Affine:
    """Return the affine that scales, turns by degrees, mirrors, and brings `source` to `target`."""
    angle = np.radians(turn)
    c = scale * np.cos(angle)
    s = scale * np.sin(angle)
    linear = np.array(
        [
            [c, -s],
            [s, c],
        ]
    )
    # Before the turn, so that a mirrored face hangs to the side that `turn` says.
    if mirrored:
        linear = linear @ np.diag([-1.0, 1.0])
    moved_source = linear @ source
    shift = target - moved_source
    return np.column_stack([linear, shift])


def warped(
    picture: Picture,
    affine: Affine,
    width: int,
    height: int,
    border: int = cv2.BORDER_CONSTANT,
) -> Image:
    """Return the picture through the affine, from the level that is nearest above in scale."""
    level = _level_for(affine, len(picture.levels))
    image = picture.levels[level]
    height_there, width_there = image.shape[:2]
    steps = picture.size / (width_there, height_there)
    linear = affine[:, :2]
    # Pixel k of a level lies in the middle of its block of the picture's pixels.
    first_pixel = steps / 2 - 0.5
    moved_pixel = linear @ first_pixel
    shift = moved_pixel + affine[:, 2]
    from_level = np.column_stack([linear * steps, shift])
    found = cv2.warpAffine(
        image,
        from_level,
        (width, height),
        flags=cv2.INTER_LINEAR,
        borderMode=border,
    )
    return np.asarray(found, np.uint8)


def _level_for(affine: Affine, levels: int) -> int:
    """Return which of so many levels is nearest above an affine in scale."""
    linear = affine[:, :2]
    area = abs(np.linalg.det(linear))
    scale = np.sqrt(area)
    # The least scale keeps an affine that shows nothing from a division by 0.
    halvings = np.log2(1 / max(scale, 1e-6))
    # 0.2: a level may be enlarged by a seventh; chosen, not measured.
    wanted = np.floor(halvings + 0.2)
    coarsest = levels - 1
    level = wanted.clip(0, coarsest)
    return int(level)


def transformed(
    picture: Picture,
    affine: Affine,
    width: int,
    height: int,
) -> Picture:
    """Return a picture with its labels through an affine that does not mirror."""
    image = warped(
        picture,
        affine,
        width,
        height,
    )
    boxes = moved(picture.boxes, affine)
    five = moved_points(picture.five, affine)
    ignored = moved(picture.ignored, affine)
    return Picture(
        image,
        boxes,
        five.astype(np.float32),
        ignored,
    )
