"""The expression network: a small residual network on grey faces of 48 pixels."""

from torch import Tensor, nn

from training.networks.layers import Residual, activated

CHANNELS = (16, 24, 48, 96)
"""At strides 1, 2, 4 and 8."""


class ExpressionNetwork(nn.Module):
    """(n, 1, 48, 48) → (n, 8) logits of vitrine.vision.expression_classes.CLASSES."""

    def __init__(self, classes: int, dropout: float) -> None:
        super().__init__()
        a, b, c, d = CHANNELS
        self.features = nn.Sequential(
            activated(1, a),
            activated(a, b, stride=2),
            Residual(b),
            activated(b, c, stride=2),
            Residual(c),
            activated(c, d, stride=2),
            Residual(d),
            Residual(d),
        )
        self.answer = nn.Sequential(nn.Dropout(dropout), nn.Linear(d, classes))

    def forward(self, x: Tensor) -> Tensor:
        answered: Tensor = self.answer(self.features(x).mean(dim=(2, 3)))
        return answered
