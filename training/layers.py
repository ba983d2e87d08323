"""Building blocks of the networks; `fold` merges their normalisation before export."""

from itertools import pairwise

from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import fuse_conv_bn_eval


def convolution(
    inputs: int,
    outputs: int,
    *,
    kernel: int = 3,
    stride: int = 1,
    groups: int = 1,
) -> nn.Sequential:
    """Return a convolution with batch normalisation and without activation."""
    layer = nn.Conv2d(
        inputs,
        outputs,
        kernel,
        stride,
        # Keeps the size, or halves it exactly.
        padding=kernel // 2,
        groups=groups,
        # The normalisation after it has one.
        bias=False,
    )
    return nn.Sequential(layer, nn.BatchNorm2d(outputs))


def activated(
    inputs: int,
    outputs: int,
    *,
    kernel: int = 3,
    stride: int = 1,
    groups: int = 1,
) -> nn.Sequential:
    """Return a convolution with batch normalisation and ReLU."""
    layers = convolution(
        inputs,
        outputs,
        kernel=kernel,
        stride=stride,
        groups=groups,
    )
    return nn.Sequential(*layers, nn.ReLU(inplace=True))


def separable(
    inputs: int,
    outputs: int,
    *,
    stride: int = 1,
) -> nn.Sequential:
    """Return a 3×3 convolution of each channel, then a 1×1 one across channels.

    Both are normalised and activated.
    """
    depthwise = activated(
        inputs,
        inputs,
        stride=stride,
        groups=inputs,
    )
    pointwise = activated(
        inputs,
        outputs,
        kernel=1,
    )
    return nn.Sequential(*depthwise, *pointwise)


class Residual(nn.Module):
    """Add two 3×3 convolutions of the input to it (He et al. 2015, arXiv:1512.03385)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        first = activated(channels, channels)
        second = convolution(channels, channels)
        self.body = nn.Sequential(*first, *second)

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(x + self.body(x))


def fold(network: nn.Module) -> None:
    """Merge each batch normalisation into the convolution before it, in place; for inference."""
    for block in network.modules():
        if isinstance(block, nn.Sequential):
            _fold_block(block)


def _fold_block(block: nn.Sequential) -> None:
    for place, (layer, following) in enumerate(pairwise(list(block))):
        if not isinstance(layer, nn.Conv2d):
            continue
        if not isinstance(following, nn.BatchNorm2d):
            continue
        block[place] = fuse_conv_bn_eval(layer, following)
        block[place + 1] = nn.Identity()
