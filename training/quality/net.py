"""The quality network: will this view be recognised?"""

import torch
from torch import Tensor, nn

from training.layers import Residual, activated, separable


class QualityNetwork(nn.Module):
    """Map (n, 3, 56, 56) RGB in −1…1 to (n, 1), 0…1."""

    def __init__(self) -> None:
        super().__init__()
        # Widths were chosen, not measured.
        self.body = nn.Sequential(
            *activated(
                3,
                16,
                stride=2,
            ),
            separable(
                16,
                32,
                stride=2,
            ),
            Residual(32),
            separable(
                32,
                64,
                stride=2,
            ),
            separable(64, 96),
        )
        self.answer = nn.Linear(96, 1)

    def forward(self, x: Tensor) -> Tensor:
        return torch.sigmoid(self.logit(x))

    def logit(self, x: Tensor) -> Tensor:
        """Return (n, 1) before the sigmoid."""
        pooled = self.body(x).mean(dim=(2, 3))
        answered: Tensor = self.answer(pooled)
        return answered
