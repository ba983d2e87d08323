"""Pictures that are the same: FER2013 repeats itself, also across its parts."""

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from vitrine.vision.crop import Image

SMALL: Final = 16
"""Pixels of a side that are compared: enough to tell faces apart, too few for noise."""
SAME: Final = 0.97
"""Correlation of two pictures, shrunk to SMALL pixels, from which on they count as the same.

On FER2013Valid: 291 of 3,579 pictures are above 0.999, 422 above 0.97 (the network's card).
"""
CHUNKS: Final = 64
"""So that the table of all pairs, 26,000 × 5,000, needs no gigabyte at once."""


def are_copies(images: Sequence[Image], others: Sequence[Image]) -> NDArray[np.bool_]:
    """Return which of n grey pictures are among the others, (n,)."""
    ours = _fingerprints(images)
    theirs = _fingerprints(others)
    copies: list[NDArray[np.bool_]] = []
    for some in np.array_split(ours, CHUNKS):
        # Rows of mean 0 and length 1: their products are correlations.
        correlations = some @ theirs.T
        nearest = correlations.max(axis=1)
        copies.append(nearest > SAME)
    return np.concatenate(copies)


def _fingerprints(images: Sequence[Image]) -> NDArray[np.float32]:
    """Return (n, SMALL²), each of mean 0 and length 1."""
    rows = np.empty((len(images), SMALL * SMALL), np.float32)
    for place, image in enumerate(images):
        small = cv2.resize(
            image,
            (SMALL, SMALL),
            interpolation=cv2.INTER_AREA,
        )
        rows[place] = small.ravel()
    means = rows.mean(axis=1, keepdims=True)
    rows -= means
    lengths = np.linalg.norm(
        rows,
        axis=1,
        keepdims=True,
    )
    # A flat picture has length 0.
    divisors = np.maximum(lengths, 1e-6)
    return np.asarray(rows / divisors)
