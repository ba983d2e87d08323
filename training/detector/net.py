"""The detector: a depthwise-separable backbone, a feature pyramid, one prediction a cell.

Pyramid after Lin et al. 2017 (arXiv:1612.03144); no anchors, after Tian et al. 2019 (FCOS,
arXiv:1904.01355).
"""

import math
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.layers import activated, separable
from vitrine.vision.detectors.single_shot import OUTPUTS, STRIDES

CHANNELS: Final = (16, 24, 48, 96, 128)
"""At strides 2, 4, 8, 16 and 32; chosen, not measured."""
BLOCKS: Final = (1, 3, 4, 3)
"""At strides 4, 8, 16 and 32; chosen, not measured."""
PYRAMID: Final = 48
"""Channels of each level of the pyramid; chosen, not measured."""
RARE: Final = 0.01
"""Share of cells that hold a face, in the first guess.

The prior of Lin et al. 2017 (arXiv:1708.02002): without it the many empty cells shake the start.
"""


class DetectorNetwork(nn.Module):
    """Map (n, 3, H, W) BGR in −1…1 to (n, 15, H / stride, W / stride) at each stride.

    `vitrine.vision.detectors.single_shot` says what the 15 numbers are.
    """

    def __init__(self) -> None:
        super().__init__()
        first, *channels = CHANNELS
        inputs = (first, *channels[:-1])
        self.stem = nn.Sequential(
            *activated(
                3,
                first,
                stride=2,
            )
        )
        stages = map(
            _stage,
            inputs,
            channels,
            BLOCKS,
        )
        self.stages = nn.ModuleList(stages)
        self.across = nn.ModuleList()
        self.mix = nn.ModuleList()
        self.heads = nn.ModuleList()
        # The first stage, at stride 4, is too fine for the pyramid.
        for width in channels[1:]:
            across = nn.Conv2d(width, PYRAMID, 1)
            self.across.append(across)
        for _ in STRIDES:
            mix = separable(PYRAMID, PYRAMID)
            self.mix.append(mix)
        for _ in STRIDES:
            answer = nn.Conv2d(PYRAMID, OUTPUTS, 1)
            self.heads.append(answer)
        # After all layers are made: an order of draws that a seed reproduces.
        for head in self.heads:
            _begin_head(head)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        x = self.stages[0](self.stem(x))
        levels: list[Tensor] = []
        for stage in self.stages[1:]:
            x = stage(x)
            levels.append(x)
        outputs: list[Tensor] = []
        above: Tensor | None = None
        for place in reversed(range(len(STRIDES))):
            here = self.across[place](levels[place])
            # From coarse to fine: what is large tells where small things are.
            if above is not None:
                here = here + functional.interpolate(
                    above,
                    scale_factor=2.0,
                    mode="nearest",
                )
            above = self.mix[place](here)
            outputs.insert(0, self.heads[place](above))
        return tuple(outputs)


def _begin_head(head: nn.Module) -> None:
    """Give a head small weights, and a bias that finds faces rare."""
    assert isinstance(head, nn.Conv2d)
    assert head.bias is not None
    # 0.01 as Lin et al. begin theirs.
    nn.init.normal_(head.weight, std=0.01)
    nn.init.zeros_(head.bias)
    # The first output is the score's logit.
    odds = RARE / (1 - RARE)
    nn.init.constant_(head.bias[:1], math.log(odds))


class _Separable(nn.Module):
    """Add a separable convolution of the input to it."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = separable(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        passed: Tensor = x + self.body(x)
        return passed


def _stage(
    inputs: int,
    outputs: int,
    blocks: int,
) -> nn.Sequential:
    down = separable(
        inputs,
        outputs,
        stride=2,
    )
    stage = nn.Sequential(*down)
    for _ in range(blocks):
        block = _Separable(outputs)
        stage.append(block)
    return stage


def flat(outputs: tuple[Tensor, ...]) -> Tensor:
    """Return the maps of all strides as one list of cells, row by row: (n, cells, 15)."""
    levels = [level.flatten(2) for level in outputs]
    return torch.cat(levels, dim=2).transpose(1, 2)
