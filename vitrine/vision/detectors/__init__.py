"""Detectors of faces in a frame."""

from vitrine.vision.detectors.choice import load_detector
from vitrine.vision.detectors.detections import (
    Detections,
    Detector,
    Trust,
)
from vitrine.vision.detectors.face_score import FaceScore, face_cuts
from vitrine.vision.detectors.mtcnn import Mtcnn
from vitrine.vision.detectors.scaling import detect_scaled
from vitrine.vision.detectors.single_shot import SingleShot
from vitrine.vision.detectors.yunet import YuNet

__all__ = [
    "Detections",
    "Detector",
    "FaceScore",
    "Mtcnn",
    "SingleShot",
    "Trust",
    "YuNet",
    "detect_scaled",
    "face_cuts",
    "load_detector",
]
