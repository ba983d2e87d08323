"""How much the inside of a box looks like a face: the second network of MTCNN, 0.1 ms a box."""

from __future__ import annotations

from typing import Self

import numpy as np

from vitrine.vision.crop import Image
from vitrine.vision.detectors.detections import Floats
from vitrine.vision.detectors.mtcnn import patches, squares
from vitrine.vision.detectors.mtcnn_graphs import build_graph, read_weights
from vitrine.vision.networks import Network, OnnxNetwork

SIDE = 24


class FaceScore:
    """Landmarks alone can't tell: the landmark network draws a face on any wall."""

    def __init__(self, network: Network) -> None:
        self._network = network

    @classmethod
    def load(cls, threads: int = 1) -> Self:
        """With the weights of the `mtcnn` wheel. Raises ConfigurationError when it is missing."""
        return cls(
            OnnxNetwork(
                build_graph("rnet", read_weights("rnet")), "face-score", threads
            )
        )

    def score(self, cuts: Floats) -> Floats:
        """(n, 3, 24, 24) cuts → (n,), 0…1."""
        if not len(cuts):
            return np.zeros(0, np.float32)
        return np.asarray(self._network.run(cuts)[1][:, 1])


def face_cuts(image: Image, boxes: Floats) -> Floats:
    """Boxes (n, 4) x, y, width, height of a frame → (n, 3, 24, 24) for `FaceScore`."""
    return patches(
        image, squares(np.hstack([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]])), SIDE
    )
