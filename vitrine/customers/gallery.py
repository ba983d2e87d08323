"""The enrolled customers that views are compared with: nearest neighbours, and nobody when none is near."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from sklearn.neighbors import NearestNeighbors

Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Template:
    """One enrolled view: whose, by which model, and the unit vector (d,) float32."""

    customer_id: str
    model: str
    vector: Vector


@dataclass(frozen=True, slots=True)
class Match:
    """The customer that a view resembles, and the cosine similarity of the nearest template."""

    customer_id: str
    similarity: float


class Gallery:
    """Templates by model; those of another model are never compared."""

    def __init__(
        self,
        templates: Sequence[Template],
        *,
        neighbours: int,
        threshold: Callable[[str], float],
    ) -> None:
        """`threshold`: the least similarity, by model."""
        from sklearn.neighbors import NearestNeighbors  # noqa: PLC0415 - who only enrols needs it not

        self._neighbours = neighbours
        self._threshold = threshold
        self.customers = frozenset(template.customer_id for template in templates)
        self._customers: dict[str, list[str]] = {}
        self._search: dict[str, NearestNeighbors] = {}
        for model in {template.model for template in templates}:
            ours = [template for template in templates if template.model == model]
            self._customers[model] = [template.customer_id for template in ours]
            search = NearestNeighbors(metric="cosine", algorithm="brute")
            self._search[model] = search.fit(
                np.stack([template.vector for template in ours])
            )

    def match(self, vector: Vector, model: str) -> Match | None:
        """The customer of the nearest templates above the threshold, weighted by similarity; else None."""
        if model not in self._search:
            return None
        customers = self._customers[model]
        least = self._threshold(model)
        count = min(self._neighbours, len(customers))
        distances, places = self._search[model].kneighbors(
            vector[None], n_neighbors=count
        )
        weights: dict[str, float] = {}
        nearest: dict[str, float] = {}
        for distance, place in zip(distances[0], places[0], strict=True):
            similarity = 1.0 - float(distance)
            if similarity >= least:
                customer = customers[place]
                weights[customer] = weights.get(customer, 0.0) + similarity
                nearest.setdefault(customer, similarity)
        if not weights:
            return None
        best = max(weights, key=lambda customer: weights[customer])
        return Match(best, nearest[best])
