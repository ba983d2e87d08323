"""The composition root of `landmarks`: which models there are, and the loop around them."""

from __future__ import annotations

import logging
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from threading import Event
from typing import Final

import cv2

from vitrine.faces.analysis import Analyser, Recognition
from vitrine.runtime import Context, Service, ServiceLoop
from vitrine.sealing import Sealer
from vitrine.services.landmarks.handler import LandmarksHandler
from vitrine.services.landmarks.settings import LandmarksSettings
from vitrine.settings import Settings
from vitrine.topics import FRAMES
from vitrine.vision.detectors import FaceScore, load_detector
from vitrine.vision.embedding import Embedder
from vitrine.vision.expression_classes import ExpressionClassifier
from vitrine.vision.models import (
    EXPRESSION_FILE,
    LANDMARKS_FILE,
    embedding_model,
    model_path,
)
from vitrine.vision.networks import load_network
from vitrine.vision.quality import QualityScore

logger = logging.getLogger(__name__)

BATCH: Final = 8
"""Frames in a batch: more would only wait for each other."""


def build(context: Context) -> Service:
    """The service; models are read when it runs."""
    return LandmarksService(context, context.load(LandmarksSettings))


@dataclass(frozen=True, slots=True)
class LandmarksService:
    """Loads the models, then works until it is asked to stop."""

    context: Context
    settings: LandmarksSettings

    def run(self, stop: Event) -> None:
        """See Service. Raises ConfigurationError when a model or the key file is missing or wrong."""
        cv2.setNumThreads(1)  # services share their cores
        context = self.context
        with ThreadPoolExecutor(1, "detector") as helper:
            handler = LandmarksHandler(
                load_models(context.settings, self.settings, helper),
                context.mall,
                context.clock,
                self.settings.detect_every,
            )
            ServiceLoop(
                service="landmarks",
                bus=context.bus,
                topics=[FRAMES],
                handler=handler,
                health=context.health,
                max_records=BATCH,
                startup_limit_s=context.settings.startup_limit_s,
            ).run(stop)


def load_models(
    settings: Settings, own: LandmarksSettings, helper: Executor | None = None
) -> Analyser:
    """All models that there are. Raises ConfigurationError."""
    landmarks = load_network(model_path(LANDMARKS_FILE), own.device, own.threads)
    detector = load_detector(settings.models, own.min_face, own.threads, own.detector)
    logger.info("faces are found by %s", type(detector).__name__)
    face_score = FaceScore.load(own.threads)
    expressions = ExpressionClassifier(
        load_network(model_path(EXPRESSION_FILE), threads=own.threads)
    )
    quality = QualityScore.load(own.threads)
    recognition = _recognition(settings, own)
    return Analyser(
        detector, landmarks, face_score, quality, recognition, helper, expressions
    )


def _recognition(settings: Settings, own: LandmarksSettings) -> Recognition | None:
    """Embeddings need a key to seal them with."""
    if settings.key_file is None:
        logger.info(
            "no key file: embeddings are not computed, every track is its own visitor"
        )
        return None
    path = embedding_model(settings.models)
    logger.info("faces are told apart by %s", path.stem)
    embedder = Embedder(load_network(path, own.device, own.threads), path.stem)
    return Recognition(embedder, Sealer.load(settings.key_file))
