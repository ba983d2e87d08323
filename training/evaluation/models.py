"""The networks to measure: what the product ships, or a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import distribution
from pathlib import Path
from typing import Final

import numpy as np

from training.evaluation.arrays import Singles
from vitrine.errors import ConfigurationError
from vitrine.vision.crop import Crop, Image, cut, network_input, to_frame
from vitrine.vision.detectors import Detector, Mtcnn, SingleShot, YuNet, load_detector
from vitrine.vision.detectors.single_shot import STRIDES
from vitrine.vision.embedding import SIDE as FACE_SIDE
from vitrine.vision.embedding import Embedder
from vitrine.vision.expression_classes import CLASSES, ExpressionClassifier
from vitrine.vision.expression_classes import SIDE as EXPRESSION_SIDE
from vitrine.vision.models import (
    DETECTOR_FILE,
    EXPRESSION_FILE,
    LANDMARKS_FILE,
    QUALITY_FILE,
    embedding_model,
    model_path,
)
from vitrine.vision.networks import Network, load_checked, load_network, read_model
from vitrine.vision.quality import SIDE as QUALITY_SIDE
from vitrine.vision.quality import QualityScore
from vitrine.vision.shape import POINT_COUNT

MTCNN: Final = "mtcnn"
OWN_OUTPUTS: Final = [f"stride{stride}" for stride in STRIDES]
YUNET_OUTPUT: Final = "cls_8"
MTCNN_STAGES: Final = ("pnet", "rnet", "onet")


@dataclass(frozen=True)
class Weights:
    """Name a file that was measured."""

    model: str
    sha256: str

    @classmethod
    def of(cls, path: Path) -> Weights:
        """Return name and hash of a file."""
        content = path.read_bytes()
        digest = sha256(content)
        return cls(path.name, digest.hexdigest())


@dataclass(frozen=True)
class Landmarker:
    """Run a landmark network for square cuts of `side` pixels."""

    network: Network
    side: int

    def points(self, images: Sequence[Image], crops: Sequence[Crop]) -> Singles:
        """Return the points (n, 68, 2), in pixels of the pictures, of one crop of each picture.

        Crops are those for cuts of `side` pixels.
        """
        if not crops:
            return np.zeros((0, POINT_COUNT, 2), np.float32)
        cuts = []
        for image, crop in zip(
            images,
            crops,
            strict=True,
        ):
            small = cut(image, crop, self.side)
            cuts.append(small)
        pictures = network_input(cuts)
        answers = self.network.run(pictures)
        return to_frame(answers[0], crops, self.side)


def load_landmarker(path: Path | None) -> tuple[Landmarker, Weights]:
    """Return the product's network, or a file for cuts of any size. Raises ConfigurationError."""
    path = path or model_path(LANDMARKS_FILE)
    side = _side_of_square(path)
    network = load_checked(path, (3, side, side), [(2 * POINT_COUNT,)])
    return Landmarker(network, side), Weights.of(path)


def _side_of_square(path: Path) -> int:
    """Return the side of a network's coloured square input. Raises ConfigurationError."""
    shape = _inputs(path)[1:]
    if len(shape) == 3:
        channels, height, width = shape
        # 0 is a side that the file leaves open.
        if channels == 3 and height == width > 0:
            return width
    sides = [str(side or "any") for side in shape]
    shown = ", ".join(sides)
    message = f"{path}: is no landmark network, its input is (n, {shown})"
    raise ConfigurationError(message)


def load_embedder(path: Path | None) -> tuple[Embedder, Weights]:
    """Return the product's network, or a file for aligned faces of 112×112 pixels.

    Raises ConfigurationError.
    """
    path = path or embedding_model(None)
    shape = (3, FACE_SIDE, FACE_SIDE)
    # Embeddings may have any length: galleries compare only those of one network.
    network = load_checked(path, shape, [(None,)])
    embedder = Embedder(network, path.stem)
    return embedder, Weights.of(path)


def load_classifier(path: Path | None) -> tuple[ExpressionClassifier, Weights]:
    """Return the product's network, or a file for grey faces of 48×48 pixels.

    Raises ConfigurationError.
    """
    path = path or model_path(EXPRESSION_FILE)
    shape = (1, EXPRESSION_SIDE, EXPRESSION_SIDE)
    network = load_checked(path, shape, [(len(CLASSES),)])
    return ExpressionClassifier(network), Weights.of(path)


def load_quality(path: Path | None) -> tuple[QualityScore, Weights]:
    """Return the product's network, or a file for cuts of 56×56 pixels.

    Raises ConfigurationError.
    """
    path = path or model_path(QUALITY_FILE)
    shape = (3, QUALITY_SIDE, QUALITY_SIDE)
    network = load_checked(path, shape, [(1,)])
    return QualityScore(network), Weights.of(path)


def load_measured_detector(given: str | None) -> tuple[Detector, Weights]:
    """Return the product's detector, `mtcnn`, or a file of YuNet or of our own detector.

    Raises ConfigurationError.
    """
    if given is None:
        return _shipped_detector()
    if given == MTCNN:
        return Mtcnn.load(), _mtcnn_weights()
    path = Path(given)
    graph = read_model(path).graph
    outputs = [output.name for output in graph.output]
    if outputs[0] == YUNET_OUTPUT:
        return YuNet(load_network(path)), Weights.of(path)
    if outputs == OWN_OUTPUTS:
        return SingleShot(load_network(path)), Weights.of(path)
    names = ", ".join(outputs)
    message = f"{path}: its outputs {names} are those of no detector that we know"
    raise ConfigurationError(message)


def _shipped_detector() -> tuple[Detector, Weights]:
    detector = load_detector(None)
    if isinstance(detector, SingleShot):
        path = model_path(DETECTOR_FILE)
        return detector, Weights.of(path)
    return detector, _mtcnn_weights()


def _mtcnn_weights() -> Weights:
    """Return the hash of the three files of the `mtcnn` package, one after the other."""
    package = distribution("mtcnn")
    digest = sha256()
    for stage in MTCNN_STAGES:
        file = package.locate_file(f"mtcnn/assets/weights/{stage}.lz4")
        content = Path(str(file)).read_bytes()
        digest.update(content)
    return Weights(MTCNN, digest.hexdigest())


def _inputs(path: Path) -> list[int]:
    """Return the sides of the input, 0 where one is left open."""
    tensor = read_model(path).graph.input[0].type.tensor_type
    return [side.dim_value for side in tensor.shape.dim]
