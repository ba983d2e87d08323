"""The composition root of `landmarks`: its models, and the loop around them."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Event
from typing import Final

import cv2

from vitrine.errors import ConfigurationError
from vitrine.faces.analysis import Analyser
from vitrine.faces.models import FaceModels
from vitrine.runtime import (
    Context,
    Service,
    ServiceLoop,
)
from vitrine.sealing import Sealer
from vitrine.services.landmarks.handler import LandmarksHandler
from vitrine.services.landmarks.settings import LandmarksSettings
from vitrine.settings import Settings
from vitrine.topics import FRAMES
from vitrine.vision.detectors import FaceScore, load_detector
from vitrine.vision.embedding import Embedder
from vitrine.vision.expression_classes import ExpressionClassifier
from vitrine.vision.models import ModelFiles, model_files
from vitrine.vision.networks import Engine, load_landmarks
from vitrine.vision.quality import QualityScore

logger = logging.getLogger(__name__)

# Frames in a batch. Chosen: eight cameras fill it, and of one camera more would wait for each
# other.
BATCH: Final = 8


def build(context: Context) -> Service:
    """Return the service; models are read when it runs."""
    return LandmarksService(
        context,
        context.load(LandmarksSettings),
    )


@dataclass(frozen=True, slots=True)
class LandmarksService:
    """Load the models, then work until asked to stop."""

    context: Context
    settings: LandmarksSettings

    def run(self, stop: Event) -> None:
        """See Service.

        Raises ConfigurationError when a model or the key file is missing or wrong.
        """
        cv2.setNumThreads(1)  # services share their cores
        context = self.context
        sealer = load_sealer(context.settings)
        groups_sealer = load_groups_sealer(context.settings)
        models = load_models(context.settings, self.settings)
        with ThreadPoolExecutor(1, "detector") as helper:
            handler = LandmarksHandler(
                Analyser(models, helper),
                context.mall,
                context.clock,
                self.settings.detect_every,
                sealer,
                groups_sealer,
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


def load_sealer(settings: Settings) -> Sealer | None:
    """Return what seals embeddings, or None without a key file. Raises ConfigurationError."""
    if settings.key_file is None:
        return None
    return Sealer.load(settings.key_file)


def load_groups_sealer(settings: Settings) -> Sealer | None:
    """Return what seals groups of expressions, or None without a key.

    Raises ConfigurationError.
    """
    if settings.reactions_key_file is None:
        logger.info("no key file for reactions: groups of expressions are not told")
        return None
    return Sealer.load(settings.reactions_key_file)


def load_models(settings: Settings, own: LandmarksSettings) -> FaceModels:
    """Return all models of the set that there are. Raises ConfigurationError."""
    engine = Engine(own.device, own.threads)
    files = model_files(settings.model_set, settings.models)
    if settings.model_set == "commercial" and own.detector == "own":
        raise ConfigurationError(
            "VITRINE_LANDMARKS_DETECTOR: own is of the research set, "
            "VITRINE_MODEL_SET is commercial"
        )
    detector = load_detector(
        settings.models,
        own.min_face,
        engine,
        own.detector,
    )
    logger.info(
        "%s models; faces are found by %s",
        settings.model_set,
        type(detector).__name__,
    )
    expressions = None
    if files.expression is not None:
        expressions = ExpressionClassifier.load(files.expression, engine)
    return FaceModels(
        detector=detector,
        landmarks=load_landmarks(files.landmarks, engine),
        face_score=FaceScore.load(engine),
        quality=QualityScore.load(engine, files.quality),
        embedder=_load_embedder(settings, files, engine),
        expressions=expressions,
    )


def _load_embedder(
    settings: Settings,
    files: ModelFiles,
    engine: Engine,
) -> Embedder | None:
    """Return the embedding network, or None where nothing could seal its embeddings."""
    if settings.key_file is None:
        logger.info(
            "no key file: embeddings are not computed, every track is its own visitor"
        )
        return None
    logger.info("faces are told apart by %s", files.embedding.stem)
    return Embedder.load(files.embedding, engine)
