"""The landmark network: heat maps and the mean place of each.

Integral regression after Sun et al. 2018 (arXiv:1711.08229).
"""

from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.layers import Residual, activated, separable
from vitrine.vision.shape import POINT_COUNT

CHANNELS: Final = (16, 32, 48, 96)
"""At strides 2, 4, 8 and 16; chosen, not measured."""
STRIDE: Final = 4
"""Pixels of the input to a cell of the heat maps."""


class LandmarkNetwork(nn.Module):
    """Map (n, 3, S, S) RGB in −1…1 to (n, 2 × points) crop coordinates; S is a multiple of 16."""

    def __init__(self, size: int, points: int = POINT_COUNT) -> None:
        super().__init__()
        at2, at4, at8, at16 = CHANNELS
        self.to4 = nn.Sequential(
            *activated(
                3,
                at2,
                stride=2,
            ),
            *activated(
                at2,
                at4,
                stride=2,
            ),
        )
        self.to8 = nn.Sequential(
            *activated(
                at4,
                at8,
                stride=2,
            ),
            Residual(at8),
        )
        self.to16 = nn.Sequential(
            *activated(
                at8,
                at16,
                stride=2,
            ),
            Residual(at16),
            Residual(at16),
        )
        self.down16 = nn.Conv2d(at16, at8, 1)
        self.mix8 = activated(at8, at8)
        self.down8 = nn.Conv2d(at8, at4, 1)
        self.mix4 = separable(at4, at4)
        self.heat = nn.Conv2d(at4, points, 1)
        self.register_buffer(
            "places",
            cell_places(size),
            persistent=False,
        )

    def forward(self, x: Tensor) -> Tensor:
        fine = self.to4(x)
        middle = self.to8(fine)
        coarse = self.to16(middle)
        middle = self.mix8(middle + doubled(self.down16(coarse)))
        fine = self.mix4(fine + doubled(self.down8(middle)))
        heat = self.heat(fine).flatten(2)
        # In half precision the mean place would be off by some pixels.
        shares = heat.float().softmax(dim=2)
        return torch.flatten(shares @ self.places, 1)


def doubled(x: Tensor) -> Tensor:
    """Return each pixel four times, at twice the size."""
    return functional.interpolate(
        x,
        scale_factor=2.0,
        mode="nearest",
    )


def cell_places(size: int) -> Tensor:
    """Return crop coordinates of the heat maps' cells, (cells, 2).

    0 is the crop's centre, ±1 its edges.
    """
    cells = size // STRIDE
    line = (torch.arange(cells) * 2 + 1) / cells - 1
    rows, columns = torch.meshgrid(
        line,
        line,
        indexing="ij",
    )
    return torch.stack([columns.flatten(), rows.flatten()], dim=1)
