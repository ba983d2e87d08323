"""The choice of a detector."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from vitrine.errors import ConfigurationError
from vitrine.vision.detectors.detections import Detector
from vitrine.vision.detectors.mtcnn import MIN_FACE, Mtcnn
from vitrine.vision.detectors.single_shot import SingleShot
from vitrine.vision.detectors.yunet import YuNet
from vitrine.vision.models import YUNET_FILE, optional_model
from vitrine.vision.networks import ON_CPU, Engine, load_network

Kind = Literal["auto", "own", "yunet", "mtcnn"]


def load_detector(
    models: Path | None,
    min_face: int = MIN_FACE,
    engine: Engine = ON_CPU,
    kind: Kind = "auto",
) -> Detector:
    """Return the detector of this kind.

    `auto` is YuNet when its file is in `models`, else our own. MTCNN looks for faces from
    `min_face` pixels on. Raises ConfigurationError when weights are missing.
    """
    if kind == "mtcnn":
        return Mtcnn.load(min_face, engine)
    if kind == "own":
        return SingleShot.load(engine)
    path = optional_model(YUNET_FILE, models)
    if path is not None:
        return YuNet(load_network(path, engine))
    if kind == "yunet":
        raise ConfigurationError(
            f"the detector yunet needs {YUNET_FILE} in VITRINE_MODELS"
        )
    return SingleShot.load(engine)
