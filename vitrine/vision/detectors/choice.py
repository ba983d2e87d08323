"""Which detector there is."""

from __future__ import annotations

from pathlib import Path

from vitrine.vision.detectors.detections import Detector
from vitrine.vision.detectors.mtcnn import Mtcnn
from vitrine.vision.detectors.yunet import YuNet
from vitrine.vision.models import YUNET_FILE, optional_model
from vitrine.vision.networks import load_network


def load_detector(models: Path | None, min_face: int = 24, threads: int = 1) -> Detector:
    """YuNet when its file is in `models`, else MTCNN, which looks for faces from `min_face` pixels on."""
    path = optional_model(YUNET_FILE, models)
    return YuNet(load_network(path, threads=threads)) if path else Mtcnn.load(min_face, threads)
