"""How well an embedding tells people apart: distributions of cosines, AUC, equal error rate, accept rate."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score, roc_curve

from benchmarks.intervals import Figure, resampled
from vitrine.vision.crop import Image
from vitrine.vision.embedding import Embedder

REPEATS: Final = 200
ACCEPTED: Final = 1e-2
"""The false accept rate at which the true accept rate is told."""
Cosines = NDArray[np.float64]


def separation(
    embedder: Embedder, people: Sequence[Sequence[Image]]
) -> dict[str, Figure]:
    """Figures of people with two aligned pictures each; the interval is a bootstrap over people."""
    first, second = (
        np.concatenate([embedder.embed([p[k]]) for p in people]) for k in (0, 1)
    )
    cosines = (first @ second.T).astype(np.float64)
    names = (
        "cosine of the same person",
        "cosine of others",
        "AUC",
        "EER",
        f"accepted at {ACCEPTED:.0%} false",
    )
    values = figures(cosines, np.arange(len(people)))
    repeats = resampled(partial(figures, cosines), len(people), REPEATS)
    return {
        name: Figure(float(values[k]), repeats[:, k], len(people))
        for k, name in enumerate(names)
    }


def figures(cosines: Cosines, chosen: NDArray[np.intp]) -> Cosines:
    """Mean cosine of the same and of others, AUC, EER, true accept rate, for chosen people.

    `cosines` (n, n) compares everybody's first picture with everybody's second.
    """
    part = cosines[np.ix_(chosen, chosen)]
    same = np.diag(part)
    other = part[chosen[:, None] != chosen[None, :]]
    labels = np.concatenate([np.ones(len(same)), np.zeros(len(other))])
    scores = np.concatenate([same, other])
    false, true, _ = roc_curve(labels, scores)
    error = float(false[np.argmin(np.abs(false - (1 - true)))])
    accepted = float(true[false <= ACCEPTED].max())
    return np.array(
        [same.mean(), other.mean(), roc_auc_score(labels, scores), error, accepted]
    )
