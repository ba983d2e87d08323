"""Exact search for the templates that a view resembles most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from vitrine.customers.records import Template, Vector


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Hold the owner of a template, and its cosine similarity with a view."""

    customer_id: str
    similarity: float


class Index:
    """Search the templates of one model.

    All of them are compared, by one product of a matrix and a vector. In 128 dimensions a tree
    gains nothing; how long that takes prints `python -m benchmarks.gallery_scale`.
    """

    def __init__(self, owners: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """`vectors` (n, d) are of length 1; `owners` are n ids of customers."""
        self.owners = owners
        self.vectors = vectors

    def __len__(self) -> int:
        """Return the number of templates."""
        return len(self.owners)

    def replaced(self, changes: Mapping[str, Sequence[Template]]) -> Self:
        """Return an index in which these are all templates of some customers, by customer.

        Without templates a customer is gone. Everybody else's are copied as they are, once for all
        changes: 50,000 take some milliseconds.
        """
        kept = [owner not in changes for owner in self.owners]
        owners = [owner for owner in self.owners if owner not in changes]
        vectors = self.vectors
        if len(owners) < len(kept):
            vectors = vectors[kept]
        added = []
        for customer_id, templates in changes.items():
            for template in templates:
                owners.append(customer_id)
                added.append(template.vector)
        if added:
            vectors = np.vstack([vectors, *added])
        return type(self)(owners, vectors)

    def joined(self, other: Index) -> Self:
        """Return an index of the templates of both."""
        owners = [*self.owners, *other.owners]
        return type(self)(owners, np.vstack([self.vectors, other.vectors]))

    def nearest(self, vector: Vector, most: int) -> list[Neighbour]:
        """Return up to `most` templates by their similarity with a view (d,), the highest first."""
        count = min(most, len(self))
        if count == 0:
            return []
        similarities = self.vectors @ vector
        places = np.argpartition(similarities, -count)[-count:]
        by_similarity = np.argsort(-similarities[places], kind="stable")
        found = []
        for place in places[by_similarity]:
            owner = self.owners[place]
            similarity = float(similarities[place])
            found.append(Neighbour(owner, similarity))
        return found
