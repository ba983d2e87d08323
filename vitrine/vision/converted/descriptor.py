"""Make an embedding network out of dlib's descriptor of faces.

The file takes the product's aligned face and gives a vector of length 1, so that nothing else has
to know. dlib's own serialization is read as far as that one network needs it: the layers' names
and numbers are those of dlib 19.24 (Boost Software License), its shape that of
examples/dnn_face_recognition_ex.cpp.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import numpy as np
import onnx
from numpy.typing import NDArray

from vitrine.errors import ConfigurationError
from vitrine.vision.converted.graph import Graph
from vitrine.vision.embedding import DEVIATION, LENGTH, MEAN, SIDE

Floats = NDArray[np.float32]

DLIB_SIDE: Final = 150
# dlib's input layer: RGB minus these, over 256.
DLIB_MEAN: Final = np.array([122.782, 117.001, 104.298], np.float32).reshape(3, 1, 1)
DLIB_SCALE: Final = np.float32(256)
CHANNELS: Final = (32, 32, 32, 64, 64, 64, 64, 128, 128, 128, 256, 256, 256, 256)
"""Of each block of two convolutions, input first."""
HALVING: Final = (3, 7, 10, 13)
"""Blocks with a stride of 2."""
FIRST_SIDE: Final = 35
"""Of what the first block gets."""
# Where dlib's chip lies in the product's aligned face: dlib's eyes are 52.55 of its 150 pixels
# apart and at (74.0, 47.1), those of the ArcFace template 35.24 apart and at (55.91, 51.60).
PER_PIXEL: Final = 35.24 / 52.55
LEFT: Final = 55.91 - 74.0 * PER_PIXEL
TOP: Final = 51.60 - 47.1 * PER_PIXEL

LAYER: Final = re.compile(rb"\x05con_4|\x07affine_|\x04fc_2\x01\x80\x02\x00\x01")
"""What stands before the weights of a layer: the length of its name, the name, sizes."""
LAYERS: Final = 2 * (1 + 2 * len(CHANNELS)) + 1
TENSOR_VERSION: Final = 2


def embedding_of_descriptor(content: bytes) -> onnx.ModelProto:
    """Return the embedding network of `dlib_face_recognition_resnet_model_v1.dat`.

    Raises ConfigurationError for another file.
    """
    layers = _layers(content)
    graph = Graph()
    value = _affine(
        graph, _convolution(graph, _chip(graph), layers, CHANNELS[0], 7, 2), layers
    )
    value = graph.add("Relu", [value])
    value = graph.add("MaxPool", [value], kernel_shape=[3, 3], strides=[2, 2])
    size = (CHANNELS[0], FIRST_SIDE)
    for place, channels in enumerate(CHANNELS):
        if place in HALVING:
            value = _halving(graph, value, layers, size, channels)
            size = (channels, size[1] // 2)
        else:
            added = _convolved(graph, value, layers, channels, 1)
            value = graph.add("Relu", [graph.add("Add", [added, value])])
    value = graph.add("GlobalAveragePool", [value])
    value = graph.add("Flatten", [value])
    last = graph.constant(next(layers).reshape(size[0], LENGTH))
    value = graph.add("MatMul", [value, last])
    value = graph.add("LpNormalization", [value], axis=1, p=2)
    return graph.model(
        ("input", (3, SIDE, SIDE)),
        (value, "embedding", (LENGTH,)),
    )


def _layers(content: bytes) -> Iterator[Floats]:
    """Return the weights of convolutions, affine layers and the last layer, input first."""
    ends = [found.end() for found in LAYER.finditer(content)]
    if len(ends) != LAYERS:
        raise ConfigurationError(
            f"has {len(ends)} layers with weights, expected {LAYERS}"
        )
    return iter([_tensor(content, end) for end in ends])


def _tensor(content: bytes, at: int) -> Floats:
    """Return the numbers of the tensor that is serialized at this place."""
    sizes = []
    for _ in range(5):
        size, at = _integer(content, at)
        sizes.append(size)
    version, *shape = sizes
    if version != TENSOR_VERSION:
        raise ConfigurationError(
            f"has a tensor of version {version}, expected {TENSOR_VERSION}"
        )
    return np.frombuffer(content, "<f4", int(np.prod(shape)), at)


def _integer(content: bytes, at: int) -> tuple[int, int]:
    """Return a number and the place after it: a byte with its length, then its bytes."""
    start = at + 1
    end = start + content[at]
    return int.from_bytes(content[start:end], "little"), end


def _chip(graph: Graph) -> str:
    """Return dlib's chip of the aligned face, normalised as dlib does."""
    pixels = graph.add("Mul", ["input", graph.constant(DEVIATION * np.float32(255))])
    pixels = graph.add("Add", [pixels, graph.constant(MEAN * np.float32(255))])
    # From the chip's pixels to the aligned face, in coordinates of −1…1 over its pixel centres.
    last = (SIDE - 1) / 2
    places = np.arange(DLIB_SIDE) * PER_PIXEL
    x = (LEFT + places) / last - 1
    y = (TOP + places) / last - 1
    grid = np.stack(np.meshgrid(x, y), axis=-1)[None].astype(np.float32)
    count = graph.add(
        "Slice",
        [
            graph.add("Shape", ["input"]),
            graph.constant(np.array([0], np.int64)),
            graph.constant(np.array([1], np.int64)),
        ],
    )
    sizes = graph.add(
        "Concat", [count, graph.constant(np.array([1, 1, 1], np.int64))], axis=0
    )
    grids = graph.add("Expand", [graph.constant(grid), sizes])
    chip = graph.add(
        "GridSample", [pixels, grids], align_corners=1, padding_mode="border"
    )
    centred = graph.add("Sub", [chip, graph.constant(DLIB_MEAN)])
    return graph.add("Div", [centred, graph.constant(DLIB_SCALE)])


def _halving(
    graph: Graph,
    given: str,
    layers: Iterator[Floats],
    size: tuple[int, int],
    channels: int,
) -> str:
    """Return a block whose result has half the side and `channels` channels.

    `size` is the channels and the side of what is given. dlib adds tensors of different sizes as
    if the smaller one went on with zeros.
    """
    before, side = size
    added = _convolved(graph, given, layers, channels, 2)
    half = graph.add("AveragePool", [given], kernel_shape=[2, 2], strides=[2, 2])
    convolved_side = (side - 3) // 2 + 1
    missing = side // 2 - convolved_side
    added = _with_zeros(graph, added, 0, missing)
    half = _with_zeros(graph, half, channels - before, 0)
    return graph.add("Relu", [graph.add("Add", [added, half])])


def _with_zeros(graph: Graph, given: str, channels: int, side: int) -> str:
    """Return a value with so many more channels, rows and columns, which are 0."""
    if not channels and not side:
        return given
    more = np.array([0, 0, 0, 0, 0, channels, side, side], np.int64)
    return graph.add("Pad", [given, graph.constant(more)])


def _convolved(
    graph: Graph,
    given: str,
    layers: Iterator[Floats],
    channels: int,
    stride: int,
) -> str:
    """Return what two convolutions make, the first with this stride."""
    value = _convolution(graph, given, layers, channels, 3, stride)
    value = graph.add("Relu", [_affine(graph, value, layers)])
    return _affine(graph, _convolution(graph, value, layers, channels, 3, 1), layers)


def _convolution(
    graph: Graph,
    given: str,
    layers: Iterator[Floats],
    channels: int,
    side: int,
    stride: int,
) -> str:
    """Return a convolution; dlib pads those with a stride of 1."""
    weights = next(layers)
    kernel = weights[:-channels].reshape(channels, -1, side, side)
    around = side // 2 if stride == 1 else 0
    inputs = [given, graph.constant(kernel), graph.constant(weights[-channels:])]
    return graph.add("Conv", inputs, strides=[stride] * 2, pads=[around] * 4)


def _affine(graph: Graph, given: str, layers: Iterator[Floats]) -> str:
    """Return each channel times its factor, plus its offset."""
    factors, offsets = next(layers).reshape(2, -1, 1, 1)
    scaled = graph.add("Mul", [given, graph.constant(factors)])
    return graph.add("Add", [scaled, graph.constant(offsets)])
