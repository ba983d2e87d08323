"""The enrolled customers that views are compared with, an open set."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.neighbors import NearestNeighbors

from vitrine.customers.records import Template, Vector
from vitrine.customers.rules import RecognitionRules
from vitrine.customers.tags import with_shared_tags


class Gallery:
    """Keep templates by model; a view is never compared with those of another model."""

    def __init__(self, templates: Sequence[Template], rules: RecognitionRules) -> None:
        self._rules = rules
        agreements = {each.customer_id: each.agreement for each in templates}
        self.agreements = with_shared_tags(agreements, rules.tag_customers)
        """How each customer may be addressed."""
        self.customers = frozenset(self.agreements)
        """Ids of everybody who may be recognised, whatever the model."""
        by_model: dict[str, list[Template]] = defaultdict(list)
        for template in templates:
            by_model[template.model].append(template)
        self._indexes: dict[str, Index] = {}
        for model, enrolled in by_model.items():
            self._indexes[model] = Index(enrolled)

    def match(self, vector: Vector, model: str) -> str | None:
        """Return the customer whom a view (d,) resembles, or None when nobody is near.

        Of the nearest templates, those from the threshold on vote, each with its
        similarity.
        """
        index = self._indexes.get(model)
        if index is None:
            return None
        least = self._rules.known(model)
        weights: dict[str, float] = defaultdict(float)
        for neighbour in index.nearest(vector, self._rules.neighbours):
            if neighbour.similarity >= least:
                weights[neighbour.customer_id] += neighbour.similarity
        if not weights:
            return None
        return max(weights, key=weights.__getitem__)


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Hold the owner of a template, and its cosine similarity with a view."""

    customer_id: str
    similarity: float


class Index:
    """Search the templates of one model, at least one."""

    def __init__(self, templates: Sequence[Template]) -> None:
        self._templates = templates
        # With cosines scikit-learn compares one by one: a tree is no faster in 128
        # dimensions, and a few thousand templates are one product of matrices.
        vectors = np.stack([template.vector for template in templates])
        self._search = NearestNeighbors(metric="cosine")
        self._search.fit(vectors)

    def nearest(self, vector: Vector, most: int) -> list[Neighbour]:
        """Return up to `most` templates, the most similar first."""
        count = min(most, len(self._templates))
        distances, places = self._search.kneighbors(
            vector[np.newaxis], n_neighbors=count
        )
        found = []
        for distance, place in zip(distances[0], places[0], strict=True):
            owner = self._templates[place].customer_id
            similarity = 1.0 - float(distance)
            found.append(Neighbour(owner, similarity))
        return found
