"""How likely recognition takes a view for the person it shows: a small network on the landmarks' crop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from vitrine.vision.crop import Image, network_input
from vitrine.vision.models import QUALITY_FILE, model_path
from vitrine.vision.networks import Network, load_network
from vitrine.vision.shape import Points

SIDE: Final = 56
BATCH: Final = 64


def quality_cut(cut: Image) -> Image:
    """The landmark network's crop (s, s, 3) BGR → (56, 56, 3)."""
    return np.asarray(
        cv2.resize(cut, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.uint8
    )


def quality_input(cuts: Sequence[Image]) -> NDArray[np.float32]:
    """n pictures from `quality_cut` → (n, 3, 56, 56) float32 RGB in −1…1."""
    return network_input(cuts)


def visible(points: Points, width: int, height: int) -> float:
    """Share of the 68 points (68, 2) inside the frame, squared; the network has seen no cut-off faces."""
    inside = ((points >= 0) & (points <= (width - 1, height - 1))).all(axis=1)
    return float(inside.mean()) ** 2


class QualityScore:
    """The chance of a match at the threshold that a thousandth of comparisons of different people reaches."""

    def __init__(self, network: Network) -> None:
        self._network = network

    @classmethod
    def load(cls, threads: int = 1) -> QualityScore:
        """What ships. Raises ConfigurationError."""
        return cls(load_network(model_path(QUALITY_FILE), threads=threads))

    def score(self, cuts: Sequence[Image]) -> NDArray[np.float64]:
        """n pictures from `quality_cut` → (n,), 0…1."""
        parts = [
            self._network.run(quality_input(cuts[n : n + BATCH]))[0]
            for n in range(0, len(cuts), BATCH)
        ]
        return np.concatenate([np.zeros(0), *(part[:, 0] for part in parts)])
