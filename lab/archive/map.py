"""Lay faces out in the plane, so that those of one person lie together (t-SNE)."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from vitrine.lab.archive.grouping import Floats

# As many are laid out in half a minute on one core; a screen shows no more. Chosen, not measured.
MOST: Final = 3_000
FEWEST: Final = 5
PERPLEXITY: Final = 20.0
"""About the number of neighbours that stay near (van der Maaten and Hinton 2008)."""


def chosen(qualities: Floats) -> NDArray[np.intp]:
    """Return the places of the faces that a map shows: the best ones, in their order."""
    best = np.argsort(-qualities, kind="stable")[:MOST]
    return np.sort(best)


def laid_out(vectors: Floats) -> NDArray[np.float64]:
    """Return places (n, 2) within 0…1 of vectors (n, d); always the same for the same vectors."""
    from sklearn.manifold import TSNE  # noqa: PLC0415 - seconds to import

    count = len(vectors)
    if count < FEWEST:
        return np.column_stack([np.linspace(0.3, 0.7, count), np.full(count, 0.5)])
    perplexity = min(PERPLEXITY, (count - 1) / 3)
    layout = TSNE(perplexity=perplexity, init="pca", metric="cosine", random_state=0)
    places = layout.fit_transform(vectors).astype(np.float64)
    low = places.min(axis=0)
    span = np.maximum(places.max(axis=0) - low, 1e-9)
    return np.asarray((places - low) / span)
