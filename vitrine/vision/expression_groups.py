"""Four groups of expressions, calibrated: what the network says reliably enough to act upon.

Single negative expressions are told apart badly (models/expression_48.card.md), so they are one.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from vitrine.schemas import EXPRESSION_GROUPS, ExpressionGroup
from vitrine.vision.expression_classes import CLASSES

GROUP_OF: Final[dict[str, ExpressionGroup]] = {
    "happiness": "positive",
    "surprise": "surprised",
    "sadness": "negative",
    "anger": "negative",
    "disgust": "negative",
    "fear": "negative",
    "neutral": "neutral",
    # Never found where people see it, and mostly taken for neutral.
    "contempt": "neutral",
}
MODEL: Final = "expression-groups-1"
"""Names the network, the groups and their calibration; changes with any of them."""

# Least negative log likelihood on one half of FER2013Valid; benchmarks.expression_groups fits it
# and measures on the other half.
TEMPERATURE: Final = 0.75
# No logarithm of 0.
LEAST: Final = 1e-9

_PLACES: Final = [EXPRESSION_GROUPS.index(GROUP_OF[name]) for name in CLASSES]


def grouped(
    shares: NDArray[np.floating],
    temperature: float = TEMPERATURE,
) -> NDArray[np.float64]:
    """Return the probabilities (n, 4) of EXPRESSION_GROUPS from shares (n, 8) of CLASSES.

    The logits are divided by `temperature` (Guo et al. 2017, arXiv:1706.04599), then added
    up; rows add up to 1.
    """
    scaled = np.log(np.maximum(shares, LEAST)) / temperature
    largest = scaled.max(axis=1, keepdims=True)
    powers = np.exp(scaled - largest)
    calibrated = powers / powers.sum(axis=1, keepdims=True)
    groups = np.zeros((len(shares), len(EXPRESSION_GROUPS)))
    for column, place in enumerate(_PLACES):
        groups[:, place] += calibrated[:, column]
    return groups
