"""Random views of a labelled face: what cameras, detectors and bystanders do to it."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from training.bending import bent
from training.datasets.faces import LabelledFace
from vitrine.vision.crop import MARGIN, Image, crop_at, crop_of_points, cut, to_network
from vitrine.vision.shape import Points, mirrored

CACHE_SIZE = 208
CACHED_CROP = 128
TRACKED = 0.4
"""How far off crops around the points of the frame before are, compared with those of a detector."""


@dataclass(frozen=True)
class CachedFace:
    """An upright cut with room around the crop, so that views can turn, shift and grow."""

    image: Image
    """(208, 208, 3) uint8 BGR."""
    points: Points
    """(68, 2), pixels of the cut."""
    certain: NDArray[np.bool_] | None = None
    """(68,), the same for mirrored points: which of them to learn from; None means all."""


@dataclass(frozen=True)
class Views:
    """How views are made."""

    size: int
    bent: float
    """Share that is bent smoothly."""
    tracked: float
    """Share of the crops that are as the frame before gives them; the others are as a detector does."""


def cached(face: LabelledFace) -> CachedFace:
    """The face cut out upright, at the scale of a crop of 128 pixels."""
    wide = crop_of_points(face.points, CACHED_CROP)
    wide[:, 2] += (CACHE_SIZE - CACHED_CROP) / 2
    return CachedFace(
        cut(face.image(), wide, CACHE_SIZE), face.points @ wide[:, :2].T + wide[:, 2]
    )


def view(
    face: CachedFace, views: Views, rng: np.random.Generator, others: list[CachedFace]
) -> tuple[Image, Points]:
    """A random view: (size, size, 3) uint8 BGR and its points (68, 2) in the network's coordinates.

    Points that are not certain are NaN.
    """
    size = views.size
    image = face.image
    points = face.points
    if rng.random() < 0.5:
        image, points = (
            np.ascontiguousarray(image[:, ::-1]),
            mirrored(points, image.shape[1]),
        )
    crop = jittered_crop(points, views, rng)
    if rng.random() < views.bent:
        picture, points = bent(image, points, crop, size, rng)
    else:
        picture = cut(image, crop, size)
    if rng.random() < 0.3:
        _cover(picture, rng, others)
    targets = to_network(points, crop, size)
    if face.certain is not None:
        targets[~face.certain] = np.nan
    return _camera(_colours(picture, rng), rng), targets


def jittered_crop(
    points: Points, views: Views, rng: np.random.Generator
) -> NDArray[np.float64]:
    """The crop as a detector's box or the frame before gives it; one in five is far off."""
    low = points.min(axis=0)
    high = points.max(axis=0)
    side = MARGIN * float((high - low).max())
    if rng.random() < 0.2:
        angle = rng.uniform(-45, 45)
        scale = np.exp(rng.uniform(-0.25, 0.3))
        shift = rng.uniform(-0.12, 0.12, 2)
    else:
        spread = TRACKED if rng.random() < views.tracked else 1.0
        angle = rng.normal(0, 8 * spread)
        scale = np.exp(rng.normal(0, 0.09 * spread))
        shift = rng.normal(0, 0.045 * spread, 2)
    turn = np.radians(angle)
    right = np.array([np.cos(turn), np.sin(turn)])
    return crop_at(
        (low + high) / 2 + shift * side, side * float(scale), right, views.size
    )


def _cover(picture: Image, rng: np.random.Generator, others: list[CachedFace]) -> None:
    """Something in front of the face: a flat patch, or a piece of another picture."""
    size = picture.shape[0]
    height, width = (int(v) for v in rng.uniform(0.1, 0.45, 2) * size)
    top, left = (int(v) for v in rng.integers(0, [size - height, size - width]))
    patch = picture[top : top + height, left : left + width]
    if rng.random() < 0.5:
        patch[:] = rng.integers(0, 256, 3, dtype=np.uint8)
        return
    other = others[int(rng.integers(len(others)))].image
    y, x = rng.integers(0, [CACHE_SIZE - height, CACHE_SIZE - width])
    patch[:] = other[y : y + height, x : x + width]


def _colours(picture: Image, rng: np.random.Generator) -> Image:
    """Brightness, contrast, gamma and colour cast by one look-up table a channel; one in ten is grey."""
    ramp = np.linspace(0, 1, 256) ** np.exp(rng.normal(0, 0.25))
    gains = np.exp(rng.normal(0, 0.2)) * np.exp(rng.normal(0, 0.06, 3))
    table = np.clip(255 * (ramp[:, None] * gains + rng.normal(0, 0.07)), 0, 255).astype(
        np.uint8
    )
    if rng.random() < 0.1:
        picture[:] = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)[..., None]
    return np.asarray(cv2.LUT(picture, table[None]), dtype=np.uint8)


def _camera(picture: Image, rng: np.random.Generator) -> Image:
    """Far faces (few pixels), soft focus, sensor noise."""
    size = picture.shape[0]
    kind = rng.random()
    if kind < 0.3:
        few = int(rng.uniform(0.2, 0.7) * size)
        picture = cv2.resize(
            cv2.resize(picture, (few, few), interpolation=cv2.INTER_AREA), (size, size)
        )  # type: ignore[assignment]
    elif kind < 0.45:
        picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.5, 2.0))  # type: ignore[assignment]
    if rng.random() < 0.2:
        noise = rng.normal(0, rng.uniform(2, 10), picture.shape)
        return np.asarray(np.clip(picture + noise, 0, 255), dtype=np.uint8)
    return picture
