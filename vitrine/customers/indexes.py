"""The index that suits a number of templates: exact search, or sketches first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import Final, Protocol

import numpy as np

from vitrine.customers.index import Index, Neighbour
from vitrine.customers.records import Template, Vector

# Exact search of 49,999 takes 3.6 ms of a core (95th percentile), of 100,000 6.6 ms, and by
# sketches 0.7 ms (`python -m benchmarks.gallery_scale`). Below, what they may overlook is not worth
# it.
SKETCHED_FROM: Final = 50_000
"""Templates from which on they are sketched, where Faiss is installed (`vitrine[large]`)."""


class AnyIndex(Protocol):
    """Search the templates of one model."""

    def __len__(self) -> int:
        """Return the number of templates."""

    def replaced(self, changes: Mapping[str, Sequence[Template]]) -> AnyIndex:
        """Return an index in which these are all templates of some customers, by customer."""

    def nearest(self, vector: Vector, most: int) -> list[Neighbour]:
        """Return up to `most` templates by their similarity with a view (d,), the highest first."""


def index_of(templates: Sequence[Template]) -> AnyIndex:
    """Return an index of templates of one model, at least one."""
    owners = [template.customer_id for template in templates]
    vectors = np.stack([template.vector for template in templates])
    index = Index(owners, vectors.astype(np.float32, copy=False))
    return suited(index)


def suited(index: AnyIndex) -> AnyIndex:
    """Return an index, or one that suits so many templates better."""
    if not isinstance(index, Index) or len(index) < SKETCHED_FROM:
        return index
    if find_spec("faiss") is None:
        return index
    from vitrine.customers.sketch import SketchIndex  # noqa: PLC0415

    return SketchIndex.of(index.owners, index.vectors)
