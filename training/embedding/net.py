"""The embedding network: MobileFaceNet (Chen et al. 2018, arXiv:1804.07573), thinner blocks."""

from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import Tensor, nn


class Shape(NamedTuple):
    """Say how wide a block of the teacher is."""

    inputs: int
    hidden: int
    outputs: int
    stride: int


DIMENSIONS: Final = 128
STEM: Final = 64
BLOCKS: Final = (
    Shape(64, 128, 64, 2),
    *4 * (Shape(64, 128, 64, 1),),
    Shape(64, 256, 128, 2),
    *6 * (Shape(128, 256, 128, 1),),
    Shape(128, 512, 128, 2),
    *2 * (Shape(128, 256, 128, 1),),
)
HEAD: Final = 512
LAST: Final = 7
"""Pixels of a side that are left after all strides: 112 / 16."""


class Bottleneck(nn.Module):
    """Widen, filter each channel by 3×3, narrow; add the input (Sandler et al. 2018).

    arXiv:1801.04381.
    """

    def __init__(
        self,
        inputs: int,
        hidden: int,
        outputs: int,
        stride: int,
    ) -> None:
        super().__init__()
        self.widen = nn.Conv2d(inputs, hidden, 1)
        self.filter = nn.Conv2d(
            hidden,
            hidden,
            3,
            stride,
            1,
            groups=hidden,
        )
        self.narrow = nn.Conv2d(hidden, outputs, 1)
        # A block that halves the size has no input of its own size to add.
        self.added = stride == 1

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.narrow(self.hidden(x))
        if self.added:
            return x + y
        return y

    def hidden(self, x: Tensor) -> Tensor:
        """Return what `narrow` sees."""
        wide = nn.functional.relu6(self.widen(x))
        return nn.functional.relu6(self.filter(wide))


class EmbeddingNetwork(nn.Module):
    """Map (n, 3, 112, 112) to (n, 128) of length 1.

    The input is what `vitrine.vision.embedding.embedding_input` gives. There are no normalisation
    layers: the weights that training starts from have them folded in.
    """

    def __init__(self, keep: float = 1.0) -> None:
        """Keep this share of the teacher's channels within each block."""
        super().__init__()
        # In the order of the public file: `read_network` pairs layers by it.
        self.first = nn.Conv2d(
            3,
            STEM,
            3,
            2,
            1,
        )
        self.filter = nn.Conv2d(
            STEM,
            STEM,
            3,
            1,
            1,
            groups=STEM,
        )
        self.mix = nn.Conv2d(STEM, STEM, 1)
        blocks = [_block(shape, keep) for shape in BLOCKS]
        self.blocks = nn.Sequential(*blocks)
        self.widen = nn.Conv2d(BLOCKS[-1].outputs, HEAD, 1)
        self.gather = nn.Conv2d(
            HEAD,
            HEAD,
            LAST,
            groups=HEAD,
        )
        self.embed = nn.Conv2d(HEAD, DIMENSIONS, 1)

    def forward(self, x: Tensor) -> Tensor:
        features = self.blocks(self.stem(x))
        wide = nn.functional.relu6(self.widen(features))
        gathered = self.gather(wide)
        vectors: Tensor = self.embed(gathered).flatten(1)
        lengths: Tensor = torch.linalg.vector_norm(
            vectors,
            dim=1,
            keepdim=True,
        )
        return vectors / lengths

    def stem(self, x: Tensor) -> Tensor:
        """Return what the first block sees."""
        x = nn.functional.relu6(self.first(x))
        x = nn.functional.relu(self.filter(x))
        return nn.functional.relu(self.mix(x))


def _block(shape: Shape, keep: float) -> Bottleneck:
    hidden = round(keep * shape.hidden)
    return Bottleneck(
        shape.inputs,
        hidden,
        shape.outputs,
        shape.stride,
    )


def read_network(path: Path, keep: float = 1.0) -> EmbeddingNetwork:
    """Read the public MobileFaceNet file, or one of ours that keeps this share of its channels.

    Raises ValueError for another architecture.
    """
    network = EmbeddingNetwork(keep)
    layers = [layer for layer in network.modules() if isinstance(layer, nn.Conv2d)]
    stored = _convolutions(path)
    expected = [tuple(layer.weight.shape) for layer in layers]
    found = [weight.shape for weight, _ in stored]
    if found != expected:
        raise ValueError(
            f"{path}: not the layers of MobileFaceNet with 128 dimensions, of which"
            f" {keep:g} of the channels are kept"
        )
    with torch.no_grad():
        for layer, (weight, bias) in zip(
            layers,
            stored,
            strict=True,
        ):
            assert layer.bias is not None
            # Copies, because arrays of an ONNX file are read-only and torch warns of those.
            own_weight = torch.from_numpy(weight.copy())
            own_bias = torch.from_numpy(bias.copy())
            layer.weight.copy_(own_weight)
            layer.bias.copy_(own_bias)
    return network.eval()


Array = NDArray[np.float32]


def _convolutions(path: Path) -> list[tuple[Array, Array]]:
    """Return weight and bias of each convolution of an ONNX file, in order."""
    graph = onnx.load(path).graph
    arrays: dict[str, Array] = {}
    for tensor in graph.initializer:
        arrays[tensor.name] = numpy_helper.to_array(tensor)
    found: list[tuple[Array, Array]] = []
    for node in graph.node:
        if node.op_type != "Conv":
            continue
        if len(node.input) != 3:
            raise ValueError(
                f"{path}: not the layers of MobileFaceNet, one has no bias"
            )
        _, weight, bias = node.input
        found.append((arrays[weight], arrays[bias]))
    return found
