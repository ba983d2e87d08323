"""Face embeddings: MobileFaceNet on faces aligned by five points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from vitrine.vision.crop import Crop, Image
from vitrine.vision.networks import ON_CPU, Engine, Network, load_checked
from vitrine.vision.shape import Points, five_points

# Where eyes, nose and mouth corners lie in the aligned picture (ArcFace, arXiv:1801.07698).
SIDE: Final = 112
LENGTH: Final = 128
"""Numbers of an embedding, of every network."""
TEMPLATE: Final = np.array(
    [
        [38.2946, 51.6963],
        [73.5318, 51.5014],
        [56.0252, 71.7366],
        [41.5493, 92.3655],
        [70.7299, 92.2041],
    ]
)
# Of ImageNet, RGB, as the network was trained.
MEAN: Final = np.array([0.485, 0.456, 0.406], np.float32).reshape(
    3,
    1,
    1,
)
DEVIATION: Final = np.array([0.229, 0.224, 0.225], np.float32).reshape(
    3,
    1,
    1,
)


@dataclass(frozen=True, slots=True)
class Embedding:
    """Hold the embedding of one face."""

    model: str
    """Names the weights; vectors of other weights are never compared."""
    vector: NDArray[np.float32]
    """(128,), of length 1."""


def alignment(five: Points, template: Points = TEMPLATE) -> Crop:
    """Return the similarity (2, 3) that brings five points (5, 2) closest to the template's.

    Least squares in closed form: points as complex numbers, rotation and scale as one complex
    factor.
    """
    centre = five.mean(axis=0)
    target = template.mean(axis=0)
    x, y = (five - centre).T
    u, v = (template - target).T
    squared = float((x * x + y * y).sum())
    # Five points on one place have no size.
    size = max(squared, 1e-9)
    real = float((x * u + y * v).sum())
    imaginary = float((x * v - y * u).sum())
    a = real / size
    b = imaginary / size
    linear = np.array(
        [
            [a, -b],
            [b, a],
        ]
    )
    offset = target - linear @ centre
    return np.column_stack([linear, offset])


def align(image: Image, points: Points) -> Image:
    """Return the face of 68 points (68, 2) upright, as (112, 112, 3) BGR."""
    affine = alignment(five_points(points).astype(np.float64))
    size = (SIDE, SIDE)
    return cv2.warpAffine(
        image,
        affine,
        size,
        flags=cv2.INTER_LINEAR,
    )  # type: ignore[return-value]


def embedding_input(aligned: Sequence[Image]) -> NDArray[np.float32]:
    """Return n pictures from `align` as (n, 3, 112, 112) float32 RGB, normalised."""
    bgr = np.stack(aligned)
    rgb = bgr[..., ::-1]
    pictures = rgb.transpose(0, 3, 1, 2).astype(np.float32)
    normalised = (pictures / 255 - MEAN) / DEVIATION
    return np.ascontiguousarray(normalised)


class Embedder:
    """Make vectors whose dot product is the cosine similarity of two faces."""

    def __init__(self, network: Network, model: str) -> None:
        """`model` names the weights; vectors of other weights are never compared."""
        self._network = network
        self.model = model

    @classmethod
    def load(
        cls,
        path: Path,
        engine: Engine = ON_CPU,
    ) -> Self:
        """Return it with the network of a file, whose name is the model's.

        Raises ConfigurationError.
        """
        takes = (3, SIDE, SIDE)
        network = load_checked(path, takes, [(LENGTH,)], engine)
        return cls(network, path.stem)

    def embed(self, aligned: Sequence[Image]) -> NDArray[np.float32]:
        """Return the vectors (n, 128) float32, of length 1, of n pictures from `align`."""
        batch = embedding_input(aligned)
        vectors = self._network.run(batch)[0]
        lengths = np.linalg.norm(
            vectors,
            axis=1,
            keepdims=True,
        )
        return np.asarray(vectors / np.maximum(lengths, 1e-9))
