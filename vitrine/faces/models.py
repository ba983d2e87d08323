"""The networks that the analysis needs."""

from __future__ import annotations

from dataclasses import dataclass

from vitrine.vision.detectors import Detector, FaceScore
from vitrine.vision.embedding import Embedder
from vitrine.vision.expression_classes import ExpressionClassifier
from vitrine.vision.networks import Network
from vitrine.vision.quality import QualityScore


@dataclass(frozen=True, slots=True)
class FaceModels:
    """Hold the networks of the analysis. Without one of the last two, its result is None."""

    detector: Detector
    landmarks: Network
    face_score: FaceScore
    quality: QualityScore
    embedder: Embedder | None = None
    expressions: ExpressionClassifier | None = None
