"""Upright cuts of labelled faces, kept in memory so that each epoch draws other views of them."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from training.datasets.faces import LabelledFace
from vitrine.vision.crop import Image, crop_of_points, cut
from vitrine.vision.shape import Points

CACHE_SIZE: Final = 208
"""Side of a cut, so that a crop turned by 45 degrees (181 pixels wide) and shifted still fits."""
CACHED_CROP: Final = 128
"""Side of the crop in the middle of the cut; the networks see 112 pixels or fewer of it."""


@dataclass(frozen=True)
class CachedFace:
    """Hold an upright cut with room around the crop, so that views can turn, shift and grow."""

    image: Image
    """(208, 208, 3) uint8 BGR."""
    points: Points
    """(68, 2), pixels of the cut."""
    certain: NDArray[np.bool_] | None = None
    """(68,), the same for mirrored points: which of them to learn from; None means all."""


def cached(face: LabelledFace) -> CachedFace:
    """Cut a face out upright, at the scale of a crop of 128 pixels."""
    wide = crop_of_points(face.points, CACHED_CROP)
    room = (CACHE_SIZE - CACHED_CROP) / 2
    wide[:, 2] += room
    linear = wide[:, :2]
    shift = wide[:, 2]
    image = cut(face.image(), wide, CACHE_SIZE)
    points = face.points @ linear.T + shift
    return CachedFace(image, points)
