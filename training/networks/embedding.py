"""The embedding network: MobileFaceNet (Chen et al. 2018, arXiv:1804.07573) with thinner blocks."""

from pathlib import Path
from typing import Final

import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

DIMENSIONS: Final = 128
STEM: Final = 64
BLOCKS: Final = (
    (64, 128, 64, 2),
    *4 * ((64, 128, 64, 1),),
    (64, 256, 128, 2),
    *6 * ((128, 256, 128, 1),),
    (128, 512, 128, 2),
    *2 * ((128, 256, 128, 1),),
)
"""Channels in, within and out, and stride; of the teacher."""
HEAD: Final = 512


class Bottleneck(nn.Module):
    """Widen, 3×3 of each channel, narrow (Sandler et al. 2018, arXiv:1801.04381); added to its input."""

    def __init__(self, inputs: int, hidden: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.widen = nn.Conv2d(inputs, hidden, 1)
        self.filter = nn.Conv2d(hidden, hidden, 3, stride, 1, groups=hidden)
        self.narrow = nn.Conv2d(hidden, outputs, 1)
        self.added = stride == 1

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.narrow(self.hidden(x))
        return x + y if self.added else y

    def hidden(self, x: Tensor) -> Tensor:
        """What `narrow` sees."""
        return nn.functional.relu6(self.filter(nn.functional.relu6(self.widen(x))))


class EmbeddingNetwork(nn.Module):
    """(n, 3, 112, 112) as `vitrine.vision.embedding.embedding_input` gives → (n, 128) of length 1.

    Without normalisation layers: the weights that training starts from have it folded in.
    """

    def __init__(self, keep: float = 1.0) -> None:
        """`keep`: share of the teacher's channels within each block."""
        super().__init__()
        self.first = nn.Conv2d(3, STEM, 3, 2, 1)
        self.filter = nn.Conv2d(STEM, STEM, 3, 1, 1, groups=STEM)
        self.mix = nn.Conv2d(STEM, STEM, 1)
        self.blocks = nn.Sequential(
            *(Bottleneck(a, round(keep * b), c, s) for a, b, c, s in BLOCKS)
        )
        self.widen = nn.Conv2d(BLOCKS[-1][2], HEAD, 1)
        self.gather = nn.Conv2d(HEAD, HEAD, 7, groups=HEAD)
        self.embed = nn.Conv2d(HEAD, DIMENSIONS, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = self.gather(nn.functional.relu6(self.widen(self.blocks(self.stem(x)))))
        vectors: Tensor = self.embed(y).flatten(1)
        lengths: Tensor = torch.linalg.vector_norm(vectors, dim=1, keepdim=True)
        return vectors / lengths

    def stem(self, x: Tensor) -> Tensor:
        """What the first block sees."""
        x = nn.functional.relu6(self.first(x))
        return nn.functional.relu(self.mix(nn.functional.relu(self.filter(x))))


def load_teacher(path: Path) -> EmbeddingNetwork:
    """The public MobileFaceNet file as a network of ours. Raises ValueError for another architecture."""
    graph = onnx.load(path).graph
    arrays = {
        tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer
    }
    found = [
        [arrays[name] for name in node.input[1:]]
        for node in graph.node
        if node.op_type == "Conv"
    ]
    network = EmbeddingNetwork()
    layers = [layer for layer in network.modules() if isinstance(layer, nn.Conv2d)]
    shapes = [[tuple(layer.weight.shape), (layer.out_channels,)] for layer in layers]
    if [[a.shape for a in some] for some in found] != shapes:
        raise ValueError(f"{path}: not the layers of MobileFaceNet with 128 dimensions")
    with torch.no_grad():
        for layer, (weight, bias) in zip(layers, found, strict=True):
            layer.weight.copy_(torch.from_numpy(weight.copy()))
            assert layer.bias is not None
            layer.bias.copy_(torch.from_numpy(bias.copy()))
    return network.eval()
