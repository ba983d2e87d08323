"""Large pictures made smaller for the detector, alike in serving and evaluation."""

import cv2

from vitrine.vision.crop import Image
from vitrine.vision.detectors.detections import Detections, Detector


def detect_scaled(detector: Detector, image: Image) -> Detections:
    """What the detector finds in an (H, W, 3) BGR picture of any size, in pixels of that picture."""
    scale = detector.side / max(image.shape[:2])
    if scale >= 1:
        return detector.detect(image)
    size = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
    found = detector.detect(cv2.resize(image, size, interpolation=cv2.INTER_AREA))  # type: ignore[arg-type]
    return found.before_scaling(scale)
