"""YuNet (Wu, Peng, Yu 2023, libfacedetection): anchor-free, one stage, strides 8, 16 and 32.

ONNX Runtime runs the file directly: OpenCV's FaceDetectorYN takes twice as long with the same
weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np

from vitrine.vision.crop import Image
from vitrine.vision.detectors.detections import (
    Detections,
    Floats,
    Trust,
    suppress,
    to_boxes,
)
from vitrine.vision.detectors.scaling import padded_to
from vitrine.vision.networks import Network

STRIDES: Final = (8, 16, 32)
# The network halves the picture five times.
MULTIPLE: Final = 32
# Share of the union from which two boxes are one face: the default of OpenCV's FaceDetectorYN.
OVERLAP: Final = 0.3
# Bounds the time of the suppression. Chosen: far more than the faces of any frame.
CANDIDATES: Final = 2_000


class YuNet:
    """Run `yunet_n_dynamic.onnx`: BGR 0…255, sides padded to multiples of 32."""

    trust = Trust(start=0.6, sure=0.85)
    side = 640

    def __init__(self, network: Network, threshold: float = 0.4) -> None:
        self._network = network
        self._threshold = threshold

    def detect(self, image: Image) -> Detections:
        """See Detector."""
        padded = padded_to(image, MULTIPLE)
        blob = cv2.dnn.blobFromImage(padded)
        outputs = [output[0] for output in self._network.run(blob)]  # type: ignore[arg-type]
        corners = []
        scores = []
        five = []
        for level, stride in enumerate(STRIDES):
            columns = padded.shape[1] // stride
            found = _decode(
                stride,
                columns,
                outputs[level::3],
                self._threshold,
            )
            corners.append(found[0])
            scores.append(found[1])
            five.append(found[2])
        return _best(
            np.concatenate(corners), np.concatenate(scores), np.concatenate(five)
        )


def _best(
    corners: Floats,
    scores: Floats,
    five: Floats,
) -> Detections:
    best = np.argsort(-scores, kind="stable")[:CANDIDATES]
    kept = best[suppress(corners[best], scores[best], OVERLAP)]
    return Detections(
        to_boxes(corners[kept]),
        scores[kept],
        five[kept],
    )


def _decode(
    stride: int,
    columns: int,
    outputs: Sequence[Floats],
    threshold: float,
) -> tuple[Floats, Floats, Floats]:
    """Return corners (n, 4), scores (n,) and points (n, 5, 2) of one stride.

    Its outputs are class, object, box and points of each cell.
    """
    classes, objects, boxes, points = outputs
    face = np.clip(classes[:, 0], 0, 1)
    thing = np.clip(objects[:, 0], 0, 1)
    scores = np.sqrt(face * thing)
    found = np.flatnonzero(scores >= threshold)
    cell = np.stack([found % columns, found // columns], axis=1).astype(np.float32)
    centre = (cell + boxes[found, :2]) * stride
    half = np.exp(boxes[found, 2:]) * np.float32(stride / 2)
    offsets = points[found].reshape(-1, 5, 2)
    five = (cell[:, None] + offsets) * stride
    corners = np.hstack([centre - half, centre + half])
    return corners, scores[found], five
