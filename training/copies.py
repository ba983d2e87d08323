"""Pictures that are the same: FER2013 repeats itself, also across its parts."""

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from vitrine.vision.crop import Image

SMALL: Final = 16
SAME: Final = 0.97
"""Correlation of two pictures, shrunk to SMALL pixels, from which on they count as the same."""


def are_copies(images: Sequence[Image], others: Sequence[Image]) -> NDArray[np.bool_]:
    """Which of n grey pictures are among the others, (n,)."""
    one = _fingerprints(images)
    two = _fingerprints(others)
    return np.concatenate(
        [(some @ two.T).max(axis=1) > SAME for some in np.array_split(one, 64)]
    )


def _fingerprints(images: Sequence[Image]) -> NDArray[np.float32]:
    """(n, SMALL²), each of mean 0 and length 1."""
    shrunk = [
        cv2.resize(i, (SMALL, SMALL), interpolation=cv2.INTER_AREA) for i in images
    ]
    rows = np.stack(shrunk).reshape(len(shrunk), -1).astype(np.float32)
    rows -= rows.mean(axis=1, keepdims=True)
    return np.asarray(
        rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)
    )
