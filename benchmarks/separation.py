"""Measure how well an embedding tells people apart.

The figures are mean cosines, area under the ROC curve, equal error rate and accept rate.
"""

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

# Fewer than for means: each repeat sorts all pairs of people. Chosen, not measured.
REPEATS: Final = 200
ACCEPTED: Final = 1e-2
"""The false accept rate at which the true accept rate is told."""
NAMES: Final = (
    "cosine of the same person",
    "cosine of others",
    "AUC",
    "EER",
    f"accepted at {ACCEPTED:.0%} false",
)
Cosines = NDArray[np.float64]


def separation(
    embedder: Embedder, people: Sequence[Sequence[Image]]
) -> dict[str, Figure]:
    """Return the figures of people with two aligned pictures each.

    The intervals are a bootstrap over people.
    """
    first = embeddings(embedder, people, 0)
    second = embeddings(embedder, people, 1)
    products = first @ second.T
    cosines = products.astype(np.float64)
    everybody = np.arange(len(people))
    values = figures(cosines, everybody)
    repeats = resampled(
        partial(figures, cosines),
        len(people),
        REPEATS,
    )
    found = {}
    for column, name in enumerate(NAMES):
        found[name] = Figure(
            value=float(values[column]),
            repeats=repeats[:, column],
            count=len(people),
        )
    return found


def embeddings(
    embedder: Embedder,
    people: Sequence[Sequence[Image]],
    picture: int,
) -> NDArray[np.float32]:
    """Return the embedding (n, 128) of everybody's picture with this number."""
    found = [embedder.embed([pictures[picture]]) for pictures in people]
    return np.concatenate(found)


def figures(cosines: Cosines, chosen: NDArray[np.intp]) -> Cosines:
    """Return mean cosine of the same and of others, AUC, EER, true accept rate of chosen people.

    `cosines` (n, n) compares everybody's first picture with everybody's second.
    """
    part = cosines[np.ix_(chosen, chosen)]
    # A person who was drawn twice is no pair of two people.
    different = chosen[:, None] != chosen[None, :]
    same = np.diag(part)
    other = part[different]
    ones = np.ones(len(same))
    zeros = np.zeros(len(other))
    labels = np.concatenate([ones, zeros])
    scores = np.concatenate([same, other])
    false, true, _ = roc_curve(labels, scores)
    missed = 1 - true
    # Where both errors are nearest: the curve has steps, and may not cross there.
    apart = np.abs(false - missed)
    equal = apart.argmin()
    allowed = false <= ACCEPTED
    accepted = true[allowed].max()
    return np.array(
        [
            same.mean(),
            other.mean(),
            roc_auc_score(labels, scores),
            false[equal],
            accepted,
        ]
    )
