"""Random views of a labelled face: what cameras, detectors and bystanders do to it.

How often and how strongly was chosen by looking at the pictures, not measured, where nothing else
is said.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.random import Generator

from training.landmarks.bending import bent
from training.pictures.chance import colour, factor, one_of, rectangle
from training.pictures.cuts import CACHE_SIZE, CachedFace
from training.pictures.degradation import coarse, colour_table, noisy, softened
from vitrine.vision.crop import MARGIN, Crop, Image, crop_at, cut, to_network
from vitrine.vision.shape import Points, mirrored

TRACKED: Final = 0.4
"""Spread of crops around the points of the frame before, relative to those of a detector."""


@dataclass(frozen=True)
class Views:
    """Say how views are made."""

    size: int
    """Pixels of a side."""
    bent: float
    """Share that is bent smoothly."""
    tracked: float
    """Share of the crops that are as the frame before gives them; the others as a detector does."""


def view(
    face: CachedFace,
    views: Views,
    rng: Generator,
    others: list[CachedFace],
) -> tuple[Image, Points]:
    """Draw a view: (size, size, 3) uint8 BGR and its points (68, 2) in the network's coordinates.

    Points that are not certain are NaN. Pieces of `others` cover some faces.
    """
    size = views.size
    image = face.image
    points = face.points
    # Faces are symmetric, so each one counts as two.
    if rng.random() < 0.5:
        image = np.ascontiguousarray(image[:, ::-1])
        points = mirrored(points, image.shape[1])
    crop = jittered_crop(points, views, rng)
    if rng.random() < views.bent:
        picture, points = bent(
            image,
            points,
            crop,
            size,
            rng,
        )
    else:
        picture = cut(image, crop, size)
    if rng.random() < 0.3:
        _cover(picture, rng, others)
    targets = to_network(points, crop, size)
    if face.certain is not None:
        targets[~face.certain] = np.nan
    coloured = _coloured(picture, rng)
    return _seen_by_camera(coloured, rng), targets


def jittered_crop(
    points: Points,
    views: Views,
    rng: Generator,
) -> Crop:
    """Draw the crop as a detector's box or the frame before gives it; one in five is far off."""
    low = points.min(axis=0)
    high = points.max(axis=0)
    sides = high - low
    side = MARGIN * float(sides.max())
    # A track that was lost: the network must find its way back from a bad crop.
    if rng.random() < 0.2:
        angle = rng.uniform(-45, 45)
        scale = np.exp(rng.uniform(-0.25, 0.3))
        shift = rng.uniform(-0.12, 0.12, 2)
    else:
        spread = 1.0
        if rng.random() < views.tracked:
            spread = TRACKED
        # Degrees, logarithm of the size, and sides of the crop: as detectors err.
        angle = rng.normal(0, 8 * spread)
        scale = factor(0.09 * spread, rng)
        shift = rng.normal(0, 0.045 * spread, 2)
    turn = np.radians(angle)
    right = np.array([np.cos(turn), np.sin(turn)])
    middle = (low + high) / 2 + shift * side
    scaled_side = side * float(scale)
    return crop_at(
        middle,
        scaled_side,
        right,
        views.size,
    )


def _cover(
    picture: Image,
    rng: Generator,
    others: list[CachedFace],
) -> None:
    """Put something in front of the face: a flat patch, or a piece of another picture."""
    covered = rectangle(picture.shape[0], 0.45, rng)
    patch = picture[covered]
    if rng.random() < 0.5:
        patch[:] = colour(rng)
        return
    # A piece of another face: hands, hair and people in front look like skin too.
    other = one_of(others, rng).image
    height, width = patch.shape[:2]
    room = [CACHE_SIZE - height, CACHE_SIZE - width]
    top, left = rng.integers(0, room)
    rows = slice(top, top + height)
    columns = slice(left, left + width)
    patch[:] = other[rows, columns]


def _coloured(picture: Image, rng: Generator) -> Image:
    """Change brightness, contrast, gamma and colour cast; one in ten becomes grey."""
    table = colour_table(
        rng,
        gamma=0.25,
        contrast=0.2,
        brightness=0.07,
    )
    if rng.random() < 0.1:
        grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
        picture[:] = grey[..., None]
    coloured = cv2.LUT(picture, table)
    return np.asarray(coloured, np.uint8)


def _seen_by_camera(picture: Image, rng: Generator) -> Image:
    """Take pixels away as distance does, or focus; add the noise of a sensor."""
    kind = rng.random()
    # Far faces have fewer pixels than the crop; the picture is enlarged in service too.
    if kind < 0.3:
        share = rng.uniform(0.2, 0.7)
        few = int(share * picture.shape[0])
        picture = coarse(picture, few)
    elif kind < 0.45:
        picture = softened(
            picture,
            0.5,
            2.0,
            rng,
        )
    if rng.random() < 0.2:
        picture = noisy(picture, 10, rng)
    return picture
