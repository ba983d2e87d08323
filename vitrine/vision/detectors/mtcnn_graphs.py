"""The three networks of MTCNN as ONNX graphs, from the weights inside the `mtcnn` wheel.

The wheel's code needs TensorFlow and is never imported. Its arrays are in Keras order: kernels (h, w, in,
out), dense layers after a flattening of (width, height, channel), each followed by the slopes of its PReLU.
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
SIDES: Final[dict[Stage, int | str]] = {"pnet": "side", "rnet": 24, "onet": 48}
HEADS: Final[dict[Stage, tuple[str, ...]]] = {
    "pnet": ("offsets", "faces"),
    "rnet": ("offsets", "faces"),
    "onet": ("offsets", "points", "faces"),
}
"""Outputs: box offsets, point offsets, and the probabilities of no face and face."""


def read_weights(stage: Stage) -> list[Weights]:
    """The arrays of a network in the wheel's order. Raises ConfigurationError when the wheel is missing."""
    try:
        path = distribution("mtcnn").locate_file(f"mtcnn/assets/weights/{stage}.lz4")
    except PackageNotFoundError:
        raise ConfigurationError(
            "the package mtcnn, which carries detector weights, is missing"
        ) from None
    # Unpacked here: joblib's own reader of lz4 files leaves one open, and Python 3.13 complains at exit.
    weights: list[Weights] = joblib.load(
        BytesIO(lz4.frame.decompress(Path(str(path)).read_bytes()))
    )
    return weights


def build_graph(stage: Stage, weights: Sequence[Weights]) -> onnx.ModelProto:
    """The network for pictures (N, 3, H, W) float32, BGR, 0…255."""
    graph = _Graph(weights)
    for place, pool in enumerate(POOLS[stage]):
        graph.convolution(of_pixels=place == 0)
        graph.prelu()
        if pool:
            graph.add(
                "MaxPool", kernel_shape=[pool[0]] * 2, strides=[2, 2], auto_pad=pool[1]
            )
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
    """A chain of nodes that takes its weights in order."""

    def __init__(self, weights: Sequence[Weights]) -> None:
        self._weights = iter(weights)
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []
        self.last = "pictures"

    def add(self, kind: str, *constants: Weights, **attributes: Any) -> None:
        names = [f"c{len(self._constants) + i}" for i in range(len(constants))]
        self._constants += [
            numpy_helper.from_array(c, n) for c, n in zip(constants, names, strict=True)
        ]
        result = f"t{len(self._nodes)}"
        self._nodes.append(
            helper.make_node(kind, [self.last, *names], [result], **attributes)
        )
        self.last = result

    def convolution(self, of_pixels: bool = False) -> None:
        kernel = next(self._weights).transpose(3, 2, 0, 1)
        bias = next(self._weights)
        if (
            of_pixels
        ):  # (pixel - 127.5) / 128, and RGB from BGR: exact, as no edge is padded
            kernel = kernel[:, ::-1] / np.float32(128)
            bias = bias - np.float32(127.5) * kernel.sum(axis=(1, 2, 3))
        self.add("Conv", np.ascontiguousarray(kernel), bias)

    def dense(self) -> None:
        self.add("Gemm", next(self._weights), next(self._weights))

    def prelu(self) -> None:
        slopes = next(self._weights)
        self.add("PRelu", slopes.reshape(-1, 1, 1) if slopes.ndim == 3 else slopes)

    def output(self, name: str) -> None:
        self._nodes[-1].output[0] = name

    def model(self, stage: Stage) -> onnx.ModelProto:
        side = SIDES[stage]
        shape: list[int | str] = (
            ["batch", 3, side, side]
            if stage != "pnet"
            else ["batch", 3, "height", "width"]
        )
        inputs = [helper.make_tensor_value_info("pictures", TensorProto.FLOAT, shape)]
        outputs = [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, None)
            for name in HEADS[stage]
        ]
        graph = helper.make_graph(self._nodes, stage, inputs, outputs, self._constants)
        return helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8
        )
