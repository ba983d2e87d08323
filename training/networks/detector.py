"""The detector: a depthwise-separable backbone, a feature pyramid, one prediction a cell.

Pyramid after Lin et al. 2017 (arXiv:1612.03144); no anchors, after Tian et al. 2019 (FCOS, arXiv:1904.01355).
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.networks.layers import activated, separable
from vitrine.vision.detectors.single_shot import OUTPUTS, STRIDES

CHANNELS = (16, 24, 48, 96, 128)
"""At strides 2, 4, 8, 16 and 32."""
BLOCKS = (1, 3, 4, 3)
"""At strides 4, 8, 16 and 32."""
PYRAMID = 48
RARE = 0.01
"""Share of cells that hold a face, in the first guess."""


class DetectorNetwork(nn.Module):
    """(n, 3, H, W) BGR in −1…1 → at each stride (n, 15, H / stride, W / stride), see `single_shot`."""

    def __init__(self) -> None:
        super().__init__()
        first, *channels = CHANNELS
        self.stem = nn.Sequential(*activated(3, first, stride=2))
        inputs = (first, *channels[:-1])
        self.stages = nn.ModuleList(map(_stage, inputs, channels, BLOCKS))
        self.across = nn.ModuleList(nn.Conv2d(c, PYRAMID, 1) for c in channels[1:])
        self.mix = nn.ModuleList(separable(PYRAMID, PYRAMID) for _ in STRIDES)
        self.heads = nn.ModuleList(nn.Conv2d(PYRAMID, OUTPUTS, 1) for _ in STRIDES)
        for head in self.heads:
            nn.init.normal_(head.weight, std=0.01)  # type: ignore[arg-type]
            nn.init.zeros_(head.bias)  # type: ignore[arg-type]
            nn.init.constant_(head.bias[:1], math.log(RARE / (1 - RARE)))  # type: ignore[index]

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        x = self.stages[0](self.stem(x))
        levels = []
        for stage in self.stages[1:]:
            x = stage(x)
            levels.append(x)
        outputs: list[Tensor] = []
        above: Tensor | None = None
        for place in reversed(range(len(STRIDES))):
            here = self.across[place](levels[place])
            if above is not None:
                here = here + functional.interpolate(
                    above, scale_factor=2.0, mode="nearest"
                )
            above = self.mix[place](here)
            outputs.insert(0, self.heads[place](above))
        return tuple(outputs)


class _Separable(nn.Module):
    """A separable convolution around which the input passes."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = separable(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        passed: Tensor = x + self.body(x)
        return passed


def _stage(inputs: int, outputs: int, blocks: int) -> nn.Sequential:
    return nn.Sequential(
        *separable(inputs, outputs, stride=2),
        *(_Separable(outputs) for _ in range(blocks)),
    )


def flat(outputs: tuple[Tensor, ...]) -> Tensor:
    """The maps of all strides as one list of cells, row by row: (n, cells, 15)."""
    return torch.cat([level.flatten(2) for level in outputs], dim=2).transpose(1, 2)
