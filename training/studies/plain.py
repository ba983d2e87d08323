"""The two small networks of the studies: plain convolutions, then fully connected layers."""

from typing import Final

import torch
from torch import Tensor, nn

CHANNELS: Final = (32, 64, 128, 256)
"""Of the custom network's four stages. The study names none."""


class CustomNetwork(nn.Module):
    """Halve the picture four times by convolution and maximum; then two full layers."""

    def __init__(self, size: int, outputs: int) -> None:
        super().__init__()
        stages: list[nn.Module] = []
        before = 3
        for channels in CHANNELS:
            stages += [
                nn.Conv2d(
                    before,
                    channels,
                    3,
                    padding=1,
                ),
                nn.ReLU(inplace=True),
                nn.MaxPool2d(2),
            ]
            before = channels
        self.features = nn.Sequential(*stages)
        side = size // 2 ** len(CHANNELS)
        self.head = nn.Sequential(
            nn.Linear(before * side * side, 256),
            nn.ReLU(inplace=True),
            nn.Dropout(0.1),
            nn.Linear(256, outputs),
        )

    def forward(self, x: Tensor) -> Tensor:
        found = self.features(x)
        answer: Tensor = self.head(torch.flatten(found, 1))
        return answer


class LeNet(nn.Module):
    """LeNet-5 (LeCun et al. 1998) with ReLU and maximum in place of sigmoid and mean."""

    def __init__(self, size: int, outputs: int) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 6, 5),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(2),
            nn.Conv2d(6, 16, 5),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(2),
        )
        # Each stage loses four pixels to its kernel and half of the rest to the maximum.
        side = ((size - 4) // 2 - 4) // 2
        self.head = nn.Sequential(
            nn.Linear(16 * side * side, 120),
            nn.ReLU(inplace=True),
            nn.Linear(120, 84),
            nn.ReLU(inplace=True),
            nn.Linear(84, outputs),
        )

    def forward(self, x: Tensor) -> Tensor:
        found = self.features(x)
        answer: Tensor = self.head(torch.flatten(found, 1))
        return answer
