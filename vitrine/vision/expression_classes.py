"""Shares of eight expressions that a face shows: the cut, the network's input, and its answer.

The cut is 48×48 grey, upright along the face, framed as the pictures of FER+ that the network
learns from.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from vitrine.vision.crop import Image
from vitrine.vision.embedding import alignment
from vitrine.vision.networks import ON_CPU, Engine, Network, load_checked
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
# Eyes, nose and mouth corners in pictures of FER2013Train: medians of 679, mirrored and not.
TEMPLATE: Final = np.array(
    [
        [14.8, 18.5],
        [32.2, 18.5],
        [23.5, 28.2],
        [16.2, 36.2],
        [30.8, 36.2],
    ]
)
# Most times that the cut of a large face is taken too fine, and averaged, lest it flickers. Chosen;
# benchmarks.expression_noise measures what noise is left.
FINEST: Final = 4
# Least deviation that a cut is divided by, in grey values: the noise of an empty one stays small.
# Chosen.
FLATTEST: Final = 4.0


def expression_cut(frame: Image, points: Points) -> Image:
    """Return the cut (48, 48) grey of 68 points (68, 2) in an (H, W, 3) BGR frame."""
    five = five_points(points).astype(np.float64)
    affine = alignment(five, TEMPLATE)
    # The first row of a similarity is as long as its scale.
    scale = float(np.hypot(affine[0, 0], affine[0, 1]))
    shrunk = 1 / max(scale, 1e-6)
    fine = int(np.clip(shrunk, 1, FINEST))
    affine = affine * fine
    # Centres of pixels stay centres.
    affine[:, 2] += (fine - 1) / 2
    size = (SIDE * fine, SIDE * fine)
    wide = cv2.warpAffine(
        frame,
        affine,
        size,
        borderMode=cv2.BORDER_REPLICATE,
    )
    cut = cv2.resize(
        wide,
        (SIDE, SIDE),
        interpolation=cv2.INTER_AREA,
    )
    grey = cv2.cvtColor(cut, cv2.COLOR_BGR2GRAY)
    return np.asarray(grey, dtype=np.uint8)


def expression_input(cuts: Sequence[Image]) -> NDArray[np.float32]:
    """Return n grey cuts (48, 48) uint8 as (n, 1, 48, 48) float32, each of mean 0 and deviation 1.

    So neither brightness nor contrast of the light changes what the network sees.
    """
    batch = np.stack(cuts).astype(np.float32)[:, None]
    batch -= batch.mean(axis=(2, 3), keepdims=True)
    deviation = batch.std(axis=(2, 3), keepdims=True)
    return np.asarray(batch / np.maximum(deviation, FLATTEST))


class ExpressionClassifier:
    """Tell the shares that a crowd of judges would give each of CLASSES for a face."""

    def __init__(self, network: Network) -> None:
        self._network = network

    @classmethod
    def load(cls, path: Path, engine: Engine = ON_CPU) -> Self:
        """Return it with the network of a file. Raises ConfigurationError."""
        takes = (1, SIDE, SIDE)
        return cls(load_checked(path, takes, [(len(CLASSES),)], engine))

    def classify(self, cuts: Sequence[Image]) -> NDArray[np.float32]:
        """Return the probabilities (n, 8), in the order of CLASSES, of n grey cuts (48, 48)."""
        batch = expression_input(cuts)
        logits = self._network.run(batch)[0]
        largest = logits.max(axis=1, keepdims=True)
        # Softmax; without the largest logit no exponential overflows.
        shares = np.exp(logits - largest)
        total = shares.sum(axis=1, keepdims=True)
        return np.asarray(shares / total)
