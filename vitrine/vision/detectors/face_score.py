"""Score of a box for looking like a face: the second network of MTCNN, 0.1 ms a box."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Self

import numpy as np

from vitrine.vision.crop import Image
from vitrine.vision.detectors.detections import Floats, to_corners
from vitrine.vision.detectors.mtcnn import patches, squares
from vitrine.vision.detectors.mtcnn_graphs import build_graph, read_weights
from vitrine.vision.networks import ON_CPU, Engine, Network, OnnxNetwork

SIDE: Final = 24


class FaceScore:
    """Score boxes. The landmark network cannot tell: it draws a face on any wall."""

    def __init__(self, network: Network) -> None:
        self._network = network

    @classmethod
    def load(cls, engine: Engine = ON_CPU) -> Self:
        """Return it with the weights of the `mtcnn` wheel.

        Raises ConfigurationError without the wheel.
        """
        graph = build_graph("rnet", read_weights("rnet"))
        return cls(OnnxNetwork(graph, "face-score", engine))

    def score(self, cuts: Floats) -> Floats:
        """Return the probabilities (n,) of a face in the cuts (n, 3, 24, 24)."""
        if not len(cuts):
            return np.zeros(0, np.float32)
        _, faces = self._network.run(cuts)
        return np.asarray(faces[:, 1])


def face_cuts(images: Sequence[Image], boxes: Floats) -> Floats:
    """Return boxes (n, 4) x, y, width, height, each of its frame, as cuts (n, 3, 24, 24)."""
    return patches(images, squares(to_corners(boxes)), SIDE)
