"""The networks to measure: what the product ships, or a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import distribution
from pathlib import Path
from typing import Final

import numpy as np
import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from numpy.typing import NDArray
from onnxruntime.capi.onnxruntime_pybind11_state import (
    Fail,
    InvalidArgument,
    InvalidGraph,
    InvalidProtobuf,
    RuntimeException,
)

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
from vitrine.vision.networks import Network, load_network
from vitrine.vision.quality import SIDE as QUALITY_SIDE
from vitrine.vision.quality import QualityScore

MTCNN: Final = "mtcnn"
OnnxError: Final = (
    Fail,
    InvalidArgument,
    InvalidGraph,
    InvalidProtobuf,
    RuntimeException,
)
OWN_OUTPUTS: Final = [f"stride{stride}" for stride in STRIDES]


@dataclass(frozen=True)
class Weights:
    """Which file was measured."""

    model: str
    sha256: str

    @classmethod
    def of(cls, path: Path) -> Weights:
        return cls(path.name, sha256(path.read_bytes()).hexdigest())


@dataclass(frozen=True)
class Landmarker:
    """A landmark network for square cuts of `side` pixels."""

    network: Network
    side: int

    def points(
        self, images: Sequence[Image], crops: Sequence[Crop]
    ) -> NDArray[np.float32]:
        """One crop (for cuts of `side` pixels) of each picture → (n, 68, 2) pixels of the pictures."""
        if not crops:
            return np.zeros((0, 68, 2), np.float32)
        cuts = [
            cut(image, crop, self.side)
            for image, crop in zip(images, crops, strict=True)
        ]
        return to_frame(self.network.run(network_input(cuts))[0], crops, self.side)


def load_landmarker(path: Path | None) -> tuple[Landmarker, Weights]:
    """The product's, or a file for cuts of any size. Raises ConfigurationError."""
    path = path or model_path(LANDMARKS_FILE)
    sides = _inputs(path)[1:]
    if len(sides) != 3 or sides[0] != 3 or sides[1] != sides[2] or not sides[1]:
        raise ConfigurationError(
            f"{path}: is no landmark network, its input is (n, {_shown(sides)})"
        )
    network = load_network(path)
    check_answer(path, network, (3, sides[1], sides[1]), 136)
    return Landmarker(network, sides[1]), Weights.of(path)


def load_embedder(path: Path | None) -> tuple[Embedder, Weights]:
    """The product's own, or a file for aligned faces of 112×112 pixels. Raises ConfigurationError."""
    path = path or embedding_model(None)
    _inputs(path)
    network = load_network(path)
    check_answer(path, network, (3, FACE_SIDE, FACE_SIDE), None)
    return Embedder(network, path.stem), Weights.of(path)


def load_classifier(path: Path | None) -> tuple[ExpressionClassifier, Weights]:
    """The product's, or a file for grey faces of 48×48 pixels. Raises ConfigurationError."""
    path = path or model_path(EXPRESSION_FILE)
    _inputs(path)
    network = load_network(path)
    check_answer(path, network, (1, EXPRESSION_SIDE, EXPRESSION_SIDE), len(CLASSES))
    return ExpressionClassifier(network), Weights.of(path)


def load_quality(path: Path | None) -> tuple[QualityScore, Weights]:
    """The product's, or a file for cuts of 56×56 pixels. Raises ConfigurationError."""
    path = path or model_path(QUALITY_FILE)
    _inputs(path)
    network = load_network(path)
    check_answer(path, network, (3, QUALITY_SIDE, QUALITY_SIDE), 1)
    return QualityScore(network), Weights.of(path)


def load_measured_detector(given: str | None) -> tuple[Detector, Weights]:
    """The product's, `mtcnn`, or a file of YuNet or of our own detector. Raises ConfigurationError."""
    if given is None:
        return _shipped_detector()
    if given == MTCNN:
        return Mtcnn.load(), _mtcnn_weights()
    path = Path(given)
    outputs = [output.name for output in _loaded(path).graph.output]
    if outputs[0] == "cls_8":
        return YuNet(load_network(path)), Weights.of(path)
    if outputs == OWN_OUTPUTS:
        return SingleShot(load_network(path)), Weights.of(path)
    raise ConfigurationError(
        f"{path}: its outputs {', '.join(outputs)} are those of no detector that we know"
    )


def _shipped_detector() -> tuple[Detector, Weights]:
    found = load_detector(None)
    return found, Weights.of(model_path(DETECTOR_FILE)) if isinstance(
        found, SingleShot
    ) else _mtcnn_weights()


def _mtcnn_weights() -> Weights:
    """The three files of the `mtcnn` package, one after the other."""
    files = [
        distribution("mtcnn").locate_file(f"mtcnn/assets/weights/{net}.lz4")
        for net in ("pnet", "rnet", "onet")
    ]
    content = b"".join(Path(str(file)).read_bytes() for file in files)
    return Weights(MTCNN, sha256(content).hexdigest())


def check_answer(
    path: Path, network: Network, shape: tuple[int, ...], length: int | None
) -> None:
    """Raises ConfigurationError unless an input of this shape is answered by so many numbers, None is any."""
    try:
        answer = network.run(np.zeros((1, *shape), np.float32))[0].shape
    except OnnxError as error:
        raise ConfigurationError(
            f"{path}: does not take pictures of {shape}"
        ) from error
    if len(answer) != 2 or answer[1] != (length or answer[1]):
        raise ConfigurationError(
            f"{path}: answers {answer}, expected (1, {length or 'any'})"
        )


def _inputs(path: Path) -> list[int]:
    """Sides of the input, 0 where one is left open."""
    model = _loaded(path)
    return [side.dim_value for side in model.graph.input[0].type.tensor_type.shape.dim]


def _loaded(path: Path) -> onnx.ModelProto:
    try:
        model = onnx.load(path)
    except (OSError, DecodeError) as error:
        raise ConfigurationError(f"{path}: is no ONNX file ({error})") from error
    if not model.graph.input:
        raise ConfigurationError(f"{path}: is no ONNX file of a network")
    return model


def _shown(sides: Sequence[int]) -> str:
    return ", ".join(str(side or "any") for side in sides)
