"""Which of eight expressions a face shows: the cut, the network's input, and what it answers.

The cut is 48×48 grey, upright along the face, framed as the pictures of FER+ that the network learns from.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from vitrine.vision.crop import Image
from vitrine.vision.embedding import alignment
from vitrine.vision.networks import Network
from vitrine.vision.shape import Points, five_points

CLASSES: Final = (
    "neutral",
    "happiness",
    "surprise",
    "sadness",
    "anger",
    "disgust",
    "fear",
    "contempt",
)
NEUTRAL: Final = CLASSES.index("neutral")
SIDE: Final = 48
TEMPLATE: Final = np.array(
    [[14.8, 18.5], [32.2, 18.5], [23.5, 28.2], [16.2, 36.2], [30.8, 36.2]]
)
"""Where eyes, nose and mouth corners lie in pictures of FER2013Train: medians of 679, mirrored and not."""
FINEST: Final = 4
"""Most times that the cut of a large face is taken too fine, and averaged, lest it flickers."""
FLATTEST: Final = 4.0
"""Least deviation that a cut is divided by, in grey values: the noise of an empty one stays small."""


def expression_cut(frame: Image, points: Points) -> Image:
    """(H, W, 3) BGR frame and 68 points (68, 2) in its pixels → (48, 48) grey."""
    affine = alignment(five_points(points).astype(np.float64), TEMPLATE)
    size = float(np.hypot(affine[0, 0], affine[0, 1]))
    fine = int(np.clip(1 / max(size, 1e-6), 1, FINEST))
    affine = affine * fine
    affine[:, 2] += (fine - 1) / 2
    wide = cv2.warpAffine(
        frame, affine, (SIDE * fine, SIDE * fine), borderMode=cv2.BORDER_REPLICATE
    )
    cut = cv2.resize(wide, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(cut, cv2.COLOR_BGR2GRAY), dtype=np.uint8)


def expression_input(cuts: Sequence[Image]) -> NDArray[np.float32]:
    """n grey cuts (48, 48) uint8 → (n, 1, 48, 48) float32, each with mean 0 and deviation 1.

    So neither brightness nor contrast of the light changes what the network sees.
    """
    batch = np.stack(cuts).astype(np.float32)[:, None]
    batch -= batch.mean(axis=(2, 3), keepdims=True)
    return np.asarray(
        batch / np.maximum(batch.std(axis=(2, 3), keepdims=True), FLATTEST)
    )


class ExpressionClassifier:
    """The shares that a crowd would give each of CLASSES for a face."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def classify(self, cuts: Sequence[Image]) -> NDArray[np.float32]:
        """n grey cuts (48, 48) → (n, 8) probabilities, in the order of CLASSES."""
        logits = self._network.run(expression_input(cuts))[0]
        shares = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(shares / shares.sum(axis=1, keepdims=True))
