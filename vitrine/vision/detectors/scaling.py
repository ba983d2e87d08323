"""Pictures brought to sizes that detectors take, alike in serving and evaluation."""

from __future__ import annotations

import cv2
import numpy as np

from vitrine.vision.crop import Image
from vitrine.vision.detectors.detections import Detections, Detector


def detect_scaled(detector: Detector, image: Image) -> Detections:
    """Return what the detector finds in an (H, W, 3) BGR picture of any size, in pixels of it."""
    height, width = image.shape[:2]
    scale = detector.side / max(height, width)
    if scale >= 1:
        return detector.detect(image)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return detector.detect(small).before_scaling(scale)  # type: ignore[arg-type]


def padded_to(image: Image, multiple: int) -> Image:
    """Return a picture (H, W, 3) padded with black, below and right, to multiples of a side."""
    height, width = image.shape[:2]
    below = -height % multiple
    right = -width % multiple
    if not below and not right:
        return image
    padded = cv2.copyMakeBorder(
        image,
        0,
        below,
        0,
        right,
        cv2.BORDER_CONSTANT,
    )
    return np.asarray(padded, np.uint8)
