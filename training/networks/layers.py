"""Building blocks of the networks; `fold` merges their normalisation before export."""

from itertools import pairwise

from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import fuse_conv_bn_eval


def convolution(
    inputs: int, outputs: int, *, kernel: int = 3, stride: int = 1, groups: int = 1
) -> nn.Sequential:
    """Convolution and batch normalisation; no activation."""
    layer = nn.Conv2d(
        inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False
    )
    return nn.Sequential(layer, nn.BatchNorm2d(outputs))


def activated(
    inputs: int, outputs: int, *, kernel: int = 3, stride: int = 1, groups: int = 1
) -> nn.Sequential:
    """Convolution, batch normalisation, ReLU."""
    layers = convolution(inputs, outputs, kernel=kernel, stride=stride, groups=groups)
    return nn.Sequential(*layers, nn.ReLU(inplace=True))


def separable(inputs: int, outputs: int, *, stride: int = 1) -> nn.Sequential:
    """3×3 convolution of each channel, then 1×1 across channels, each normalised and activated."""
    depthwise = activated(inputs, inputs, stride=stride, groups=inputs)
    return nn.Sequential(*depthwise, *activated(inputs, outputs, kernel=1))


class Residual(nn.Module):
    """Two 3×3 convolutions around which the input passes (He et al. 2015, arXiv:1512.03385)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *activated(channels, channels), *convolution(channels, channels)
        )

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(x + self.body(x))


def fold(network: nn.Module) -> None:
    """Merges each batch normalisation that follows a convolution into it, in place; for inference."""
    for block in network.modules():
        if not isinstance(block, nn.Sequential):
            continue
        for at, (layer, following) in enumerate(pairwise(list(block))):
            if isinstance(layer, nn.Conv2d) and isinstance(following, nn.BatchNorm2d):
                block[at], block[at + 1] = (
                    fuse_conv_bn_eval(layer, following),
                    nn.Identity(),
                )
