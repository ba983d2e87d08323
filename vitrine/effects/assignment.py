"""Was chance as it was logged? Counts of slots against the probabilities of their arms."""

from __future__ import annotations

from math import exp, log
from typing import Final

import numpy as np
from scipy.special import betaln

from vitrine.effects.table import SlotTable

ALPHA: Final = 0.001
"""How often a right assignment is ever called wrong. Usual for sample-ratio checks."""
PRIOR_SLOTS: Final = 200.0
"""How many slots the alternative's belief in the logged probability is worth.

Chosen, not measured: it finds deviations of some points within a few hundred slots.
"""


def mismatch_p(table: SlotTable) -> float:
    """Return the p-value of the logged probabilities, at any look.

    For each probability the evidence is that of a beta-binomial mixture around it (Lindon & Malek
    2022, "Anytime-valid inference for multinomial count data"); that of several is their product.
    Arms drawn in blocks of an hour scatter less than such draws, so that for them it is cautious.
    """
    log_evidence = 0.0
    for probability in np.unique(table.probability):
        same = table.probability == probability
        adaptive = int(table.adaptive[same].sum())
        plain = int(same.sum()) - adaptive
        log_evidence += log_mixture_ratio(adaptive, plain, float(probability))
    if log_evidence <= 0:
        return 1.0
    return exp(-log_evidence)


def log_mixture_ratio(ones: int, zeros: int, probability: float) -> float:
    """Return the logarithm of how much better a mixture around `probability` explains counts."""
    prior_ones = PRIOR_SLOTS * probability
    prior_zeros = PRIOR_SLOTS * (1 - probability)
    mixture = betaln(prior_ones + ones, prior_zeros + zeros)
    mixture -= betaln(prior_ones, prior_zeros)
    logged = ones * log(probability) + zeros * log(1 - probability)
    return float(mixture - logged)
