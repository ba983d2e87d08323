"""The enrolled customers that views are compared with, an open set."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from sklearn.neighbors import NearestNeighbors

from vitrine.customers.records import Template, Vector
from vitrine.customers.rules import RecognitionRules


class Gallery:
    """Keep templates by model; a view is never compared with those of another model."""

    def __init__(
        self,
        templates: Sequence[Template],
        rules: RecognitionRules,
    ) -> None:
        self._rules = rules
        self._owners: dict[str, list[str]] = {}
        self._search: dict[str, NearestNeighbors] = {}
        by_model: dict[str, list[Template]] = defaultdict(list)
        for template in templates:
            by_model[template.model].append(template)
        for model, enrolled in by_model.items():
            vectors = np.stack([template.vector for template in enrolled])
            search = NearestNeighbors(metric="cosine", algorithm="brute")
            self._search[model] = search.fit(vectors)
            self._owners[model] = [template.customer_id for template in enrolled]
        self.customers = frozenset(template.customer_id for template in templates)
        """Ids of everybody who may be recognised, whatever the model."""

    def match(self, vector: Vector, model: str) -> str | None:
        """Return the customer whom a view (d,) resembles, or None when nobody is near.

        Of the nearest templates, those from the threshold on vote, each with its
        similarity.
        """
        if model not in self._search:
            return None
        least = self._rules.known(model)
        weights: dict[str, float] = defaultdict(float)
        for customer_id, similarity in self._nearest(vector, model):
            if similarity >= least:
                weights[customer_id] += similarity
        if not weights:
            return None
        return max(weights, key=weights.__getitem__)

    def _nearest(self, vector: Vector, model: str) -> list[tuple[str, float]]:
        """Return customer and cosine similarity of the nearest templates."""
        owners = self._owners[model]
        count = min(self._rules.neighbours, len(owners))
        distances, places = self._search[model].kneighbors(
            vector[None],
            n_neighbors=count,
        )
        nearest = []
        for distance, place in zip(distances[0], places[0], strict=True):
            nearest.append((owners[place], 1.0 - float(distance)))
        return nearest
