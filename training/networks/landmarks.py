"""The landmark network: heat maps and the mean place of each.

Integral regression after Sun et al. 2018 (arXiv:1711.08229).
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.networks.layers import Residual, activated, separable
from vitrine.vision.shape import POINT_COUNT

CHANNELS = (16, 32, 48, 96)
"""At strides 2, 4, 8 and 16."""
STRIDE = 4
"""Pixels of the input to a cell of the heat maps."""


class LandmarkNetwork(nn.Module):
    """(n, 3, S, S) RGB in −1…1 → (n, 136) crop coordinates; S a multiple of 16."""

    def __init__(self, size: int) -> None:
        super().__init__()
        a, b, c, d = CHANNELS
        self.to4 = nn.Sequential(*activated(3, a, stride=2), *activated(a, b, stride=2))
        self.to8 = nn.Sequential(*activated(b, c, stride=2), Residual(c))
        self.to16 = nn.Sequential(*activated(c, d, stride=2), Residual(d), Residual(d))
        self.down16 = nn.Conv2d(d, c, 1)
        self.mix8 = activated(c, c)
        self.down8 = nn.Conv2d(c, b, 1)
        self.mix4 = separable(b, b)
        self.heat = nn.Conv2d(b, POINT_COUNT, 1)
        self.register_buffer("places", cell_places(size), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        fine = self.to4(x)
        middle = self.to8(fine)
        coarse = self.to16(middle)
        middle = self.mix8(middle + doubled(self.down16(coarse)))
        fine = self.mix4(fine + doubled(self.down8(middle)))
        shares = self.heat(fine).flatten(2).float().softmax(dim=2)
        return torch.flatten(shares @ self.places, 1)


def doubled(x: Tensor) -> Tensor:
    """Each pixel four times."""
    return functional.interpolate(x, scale_factor=2.0, mode="nearest")


def cell_places(size: int) -> Tensor:
    """Crop coordinates of the heat maps' cells, (cells, 2): 0 the crop's centre, ±1 its edges."""
    cells = size // STRIDE
    line = (torch.arange(cells) * 2 + 1) / cells - 1
    rows, columns = torch.meshgrid(line, line, indexing="ij")
    return torch.stack([columns.flatten(), rows.flatten()], dim=1)
