"""The expression network: a small residual network on grey faces of 48 pixels."""

from typing import Final

from torch import Tensor, nn

from training.layers import Residual, activated

CHANNELS: Final = (16, 24, 48, 96)
"""At strides 1, 2, 4 and 8; chosen, not measured."""


class ExpressionNetwork(nn.Module):
    """Map (n, 1, 48, 48) to (n, 8) logits of vitrine.vision.expression_classes.CLASSES."""

    def __init__(self, classes: int, dropout: float) -> None:
        super().__init__()
        at1, at2, at4, at8 = CHANNELS
        self.features = nn.Sequential(
            activated(1, at1),
            activated(
                at1,
                at2,
                stride=2,
            ),
            Residual(at2),
            activated(
                at2,
                at4,
                stride=2,
            ),
            Residual(at4),
            activated(
                at4,
                at8,
                stride=2,
            ),
            Residual(at8),
            Residual(at8),
        )
        self.answer = nn.Sequential(nn.Dropout(dropout), nn.Linear(at8, classes))

    def forward(self, x: Tensor) -> Tensor:
        pooled = self.features(x).mean(dim=(2, 3))
        answered: Tensor = self.answer(pooled)
        return answered
