"""Xception for landmarks: entry, middle and exit flow (Chollet 2016, arXiv:1610.02357).

Narrower and shorter than the paper's network, which is for 299 pixels and a thousand classes:
its channels divided by six, and four middle blocks in place of eight.
"""

from typing import Final

import torch
from torch import Tensor, nn

from training.layers import activated, convolution

ENTRY: Final = (32, 64, 128)
"""Channels after each block of the entry flow, which each halve the picture."""
MIDDLE: Final = 4
"""Blocks of the middle flow."""
EXIT: Final = 192
LAST: Final = 256


def _separable(inputs: int, outputs: int) -> nn.Sequential:
    """Return a convolution of each channel, then one across channels, and one normalisation."""
    depthwise = nn.Conv2d(
        inputs,
        inputs,
        3,
        padding=1,
        groups=inputs,
        bias=False,
    )
    across = convolution(inputs, outputs, kernel=1)
    return nn.Sequential(depthwise, *across)


class Halving(nn.Module):
    """Two separable convolutions and a maximum, beside a residual that halves too."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            # Not in place: the residual needs the input.
            nn.ReLU(),
            *_separable(inputs, outputs),
            nn.ReLU(inplace=True),
            *_separable(outputs, outputs),
            nn.MaxPool2d(3, 2, 1),
        )
        self.residual = convolution(
            inputs,
            outputs,
            kernel=1,
            stride=2,
        )

    def forward(self, x: Tensor) -> Tensor:
        body: Tensor = self.body(x)
        residual: Tensor = self.residual(x)
        return body + residual


class Keeping(nn.Module):
    """Three separable convolutions, added to their input: a block of the middle flow."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for _ in range(3):
            layers += [nn.ReLU(), *_separable(channels, channels)]
        self.body = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        body: Tensor = self.body(x)
        return x + body


class Xception(nn.Module):
    """Map (n, 3, S, S) to (n, outputs)."""

    def __init__(self, outputs: int) -> None:
        super().__init__()
        first, *widths = ENTRY
        entry: list[nn.Module] = [
            *activated(
                3,
                16,
                stride=2,
            ),
            *activated(16, first),
        ]
        for width in widths:
            entry.append(Halving(first, width))
            first = width
        self.entry = nn.Sequential(*entry)
        self.middle = nn.Sequential(*[Keeping(first) for _ in range(MIDDLE)])
        self.exit = nn.Sequential(
            Halving(first, EXIT),
            *_separable(EXIT, LAST),
            nn.ReLU(inplace=True),
            nn.AdaptiveAvgPool2d(1),
        )
        self.head = nn.Linear(LAST, outputs)

    def forward(self, x: Tensor) -> Tensor:
        found = self.exit(self.middle(self.entry(x)))
        answer: Tensor = self.head(torch.flatten(found, 1))
        return answer
