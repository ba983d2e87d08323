"""The three networks of MTCNN as ONNX graphs, from the weights inside the `mtcnn` wheel.

The wheel's code needs TensorFlow and is never imported. Its arrays are in Keras order: kernels
(h, w, in, out), dense layers after a flattening of (width, height, channel), each followed by the
slopes of its PReLU.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, distribution
from io import BytesIO
from pathlib import Path
from typing import Any, Final, Literal

import joblib
import lz4.frame
import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from vitrine.errors import ConfigurationError

Stage = Literal["pnet", "rnet", "onet"]
Weights = NDArray[np.float32]

# Each pooling follows the convolution of that place: kernel, and how the edge is padded.
POOLS: Final[dict[Stage, tuple[tuple[int, str] | None, ...]]] = {
    "pnet": ((2, "SAME_UPPER"), None, None),
    "rnet": ((3, "SAME_UPPER"), (3, "VALID"), None),
    "onet": ((3, "SAME_UPPER"), (3, "VALID"), (2, "SAME_UPPER"), None),
}
# Height and width of the input; the first network takes any.
SIZES: Final[dict[Stage, tuple[int, int] | tuple[str, str]]] = {
    "pnet": ("height", "width"),
    "rnet": (24, 24),
    "onet": (48, 48),
}
# Outputs: box offsets, point offsets, and the probabilities of no face and face.
HEADS: Final[dict[Stage, tuple[str, ...]]] = {
    "pnet": ("offsets", "faces"),
    "rnet": ("offsets", "faces"),
    "onet": ("offsets", "points", "faces"),
}


def read_weights(stage: Stage) -> list[Weights]:
    """Return the arrays of a network in the wheel's order.

    Raises ConfigurationError when the wheel is missing.
    """
    try:
        path = distribution("mtcnn").locate_file(f"mtcnn/assets/weights/{stage}.lz4")
    except PackageNotFoundError:
        raise ConfigurationError(
            "the package mtcnn, which carries detector weights, is missing"
        ) from None
    # Unpacked here: joblib's own reader of lz4 files leaves one open, and Python 3.13 complains
    # at exit.
    packed = Path(str(path)).read_bytes()
    content = BytesIO(lz4.frame.decompress(packed))
    weights: list[Weights] = joblib.load(content)
    return weights


def build_graph(stage: Stage, weights: Sequence[Weights]) -> onnx.ModelProto:
    """Return the network for pictures (N, 3, H, W) float32, BGR, 0…255."""
    graph = _Graph(weights)
    for place, pool in enumerate(POOLS[stage]):
        graph.convolution(of_pixels=place == 0)
        graph.prelu()
        if pool is not None:
            graph.pool(*pool)
    if stage != "pnet":
        graph.add("Transpose", perm=[0, 3, 2, 1])
        graph.add("Flatten")
        graph.dense()
        graph.prelu()
    trunk = graph.last
    for name in HEADS[stage]:
        graph.last = trunk
        if stage == "pnet":
            graph.convolution()
        else:
            graph.dense()
        if name == "faces":
            graph.add("Softmax", axis=1)
        graph.output(name)
    return graph.model(stage)


class _Graph:
    """Build a chain of nodes that takes its weights in order."""

    def __init__(self, weights: Sequence[Weights]) -> None:
        self._weights = iter(weights)
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []
        self.last = "pictures"

    def add(self, kind: str, *constants: Weights, **attributes: Any) -> None:
        inputs = [self.last]
        for constant in constants:
            name = f"c{len(self._constants)}"
            self._constants.append(numpy_helper.from_array(constant, name))
            inputs.append(name)
        result = f"t{len(self._nodes)}"
        node = helper.make_node(
            kind,
            inputs,
            [result],
            **attributes,
        )
        self._nodes.append(node)
        self.last = result

    def convolution(self, of_pixels: bool = False) -> None:
        kernel = next(self._weights).transpose(3, 2, 0, 1)
        bias = next(self._weights)
        if of_pixels:
            # (pixel - 127.5) / 128, and RGB from BGR: exact, as no edge is padded.
            kernel = kernel[:, ::-1] / np.float32(128)
            bias = bias - np.float32(127.5) * kernel.sum(axis=(1, 2, 3))
        self.add("Conv", np.ascontiguousarray(kernel), bias)

    def pool(self, side: int, padding: str) -> None:
        self.add(
            "MaxPool",
            kernel_shape=[side, side],
            strides=[2, 2],
            auto_pad=padding,
        )

    def dense(self) -> None:
        weights = next(self._weights)
        bias = next(self._weights)
        self.add("Gemm", weights, bias)

    def prelu(self) -> None:
        slopes = next(self._weights)
        if slopes.ndim == 3:
            slopes = slopes.reshape(-1, 1, 1)
        self.add("PRelu", slopes)

    def output(self, name: str) -> None:
        self._nodes[-1].output[0] = name

    def model(self, stage: Stage) -> onnx.ModelProto:
        height, width = SIZES[stage]
        shape: list[int | str | None] = ["batch", 3, height, width]
        pictures = helper.make_tensor_value_info(
            "pictures",
            TensorProto.FLOAT,
            shape,
        )
        outputs = []
        for name in HEADS[stage]:
            output = helper.make_tensor_value_info(
                name,
                TensorProto.FLOAT,
                None,
            )
            outputs.append(output)
        graph = helper.make_graph(
            self._nodes,
            stage,
            [pictures],
            outputs,
            self._constants,
        )
        return helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", 17)],
            ir_version=8,
        )
