"""Large pictures made smaller for the detector, alike in serving and evaluation."""

from typing import Final

import cv2

from vitrine.vision.crop import Image
from vitrine.vision.detectors.detections import Detections, Detector

DETECTION_SIDE: Final = 640
"""Larger pictures are scaled down to this longer side for the detector."""


def detect_scaled(detector: Detector, image: Image) -> Detections:
    """What the detector finds in an (H, W, 3) BGR picture of any size, in pixels of that picture."""
    scale = DETECTION_SIDE / max(image.shape[:2])
    if scale >= 1:
        return detector.detect(image)
    size = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
    found = detector.detect(cv2.resize(image, size, interpolation=cv2.INTER_AREA))  # type: ignore[arg-type]
    return Detections(found.boxes / scale, found.scores, found.five / scale)
