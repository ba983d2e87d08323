"""YuNet (Wu, Peng, Yu 2023, libfacedetection): anchor-free, one stage, strides 8, 16 and 32.

ONNX Runtime runs the file directly: OpenCV's FaceDetectorYN takes twice as long with the same weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np

from vitrine.vision.crop import Image
from vitrine.vision.detectors.detections import Detections, Floats, Trust, suppress
from vitrine.vision.networks import Network

STRIDES: Final = (8, 16, 32)
MULTIPLE: Final = 32
OVERLAP: Final = 0.3
CANDIDATES: Final = 2_000


class YuNet:
    """The detector of `yunet_n_dynamic.onnx`: BGR 0…255, sides padded to multiples of 32."""

    trust = Trust(start=0.6, sure=0.85)
    side = 640

    def __init__(self, network: Network, threshold: float = 0.4) -> None:
        self._network = network
        self._threshold = threshold

    def detect(self, image: Image) -> Detections:
        """See Detector."""
        height, width = image.shape[:2]
        below = -height % MULTIPLE
        right = -width % MULTIPLE
        padded = cv2.copyMakeBorder(image, 0, below, 0, right, cv2.BORDER_CONSTANT)
        outputs = [
            output[0]
            for output in self._network.run(cv2.dnn.blobFromImage(padded))  # type: ignore[arg-type]
        ]
        levels = [
            _decode(
                stride, padded.shape[1] // stride, outputs[level::3], self._threshold
            )
            for level, stride in enumerate(STRIDES)
        ]
        corners, scores, five = (
            np.concatenate(parts) for parts in zip(*levels, strict=True)
        )
        best = np.argsort(-scores, kind="stable")[:CANDIDATES]
        kept = best[suppress(corners[best], scores[best], OVERLAP)]
        boxes = np.hstack([corners[kept, :2], corners[kept, 2:] - corners[kept, :2]])
        return Detections(boxes, scores[kept], five[kept])


def _decode(
    stride: int, columns: int, outputs: Sequence[Floats], threshold: float
) -> tuple[Floats, Floats, Floats]:
    """One level's class, object, box and point outputs → corners (n, 4), scores (n,), points (n, 5, 2)."""
    classes, objects, boxes, points = outputs
    scores = np.sqrt(np.clip(classes[:, 0], 0, 1) * np.clip(objects[:, 0], 0, 1))
    found = np.flatnonzero(scores >= threshold)
    cell = np.stack([found % columns, found // columns], axis=1).astype(np.float32)
    centre = (cell + boxes[found, :2]) * stride
    half = np.exp(boxes[found, 2:]) * (stride / 2)
    five = (cell[:, None] + points[found].reshape(-1, 5, 2)) * stride
    return np.hstack([centre - half, centre + half]), scores[found], five
