"""Finding faces in a frame."""

from vitrine.vision.detectors.detections import Detections, Detector
from vitrine.vision.detectors.mtcnn import Mtcnn
from vitrine.vision.detectors.yunet import YuNet

__all__ = ["Detections", "Detector", "Mtcnn", "YuNet"]
