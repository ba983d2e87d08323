"""The enrolled customers that views are compared with, an open set."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from copy import copy
from typing import Final, Self

from vitrine.customers.index import Neighbour
from vitrine.customers.indexes import AnyIndex, index_of, suited
from vitrine.customers.records import Agreement, Template, Vector
from vitrine.customers.rules import RecognitionRules
from vitrine.customers.tags import Agreements

# Chosen: with them held-out customers are never taken for another, and no decision turns, in the
# replay of `python -m benchmarks.open_set`.
MARGIN: Final = 0.05
"""Lead of who wins the vote on the second."""
KEPT_BELOW: Final = 0.08
"""How far below the threshold who is known stays so."""


class Gallery:
    """Keep templates by model; a view is never compared with those of another model."""

    def __init__(self, templates: Sequence[Template], rules: RecognitionRules) -> None:
        self._rules = rules
        self._indexes: dict[str, AnyIndex] = {}
        for model, enrolled in _by_model(templates).items():
            self._indexes[model] = index_of(enrolled)
        self.thresholds = self._thresholds()
        """The least similarity with a customer, by model, for as many templates as there are."""
        agreements = {each.customer_id: each.agreement for each in templates}
        self.agreements = Agreements(agreements, rules.tag_customers)
        """How each customer may be addressed."""

    @property
    def customers(self) -> Set[str]:
        """Ids of everybody who may be recognised, whatever the model."""
        return self.agreements.keys()

    def _thresholds(self) -> dict[str, float]:
        thresholds = {}
        for model, index in self._indexes.items():
            thresholds[model] = self._rules.known(model, len(index))
        return thresholds

    def replaced(self, changes: Mapping[str, Sequence[Template]]) -> Self:
        """Return the gallery after changes: these are now all templates of some customers.

        Who has none is gone, also from large galleries of before. Nothing of the others is read
        again.
        """
        added: list[Template] = []
        agreements: dict[str, Agreement | None] = {}
        for customer_id, templates in changes.items():
            added += templates
            agreements[customer_id] = templates[0].agreement if templates else None
        new = _by_model(added)
        indexes = {}
        for model in self._indexes.keys() | new.keys():
            index = self._indexes.get(model)
            if index is None:
                index = index_of(new[model])
            else:
                theirs = _of_model(changes, model)
                index = suited(index.replaced(theirs))
            if len(index):
                indexes[model] = index
        gallery = copy(self)
        gallery._indexes = indexes
        gallery.thresholds = gallery._thresholds()
        gallery.agreements = self.agreements.replaced(agreements)
        return gallery

    def match(
        self,
        vector: Vector,
        model: str,
        known: str | None = None,
    ) -> Neighbour | None:
        """Return the customer whom a track (d,) resembles, with the similarity; None for nobody.

        The nearest templates vote, each with its similarity. Who wins has to be similar enough, and
        clearly before the second. Who is `known` already stays so for somewhat less, unless
        somebody else wins like that: a change needs more than the decision did.
        """
        index = self._indexes.get(model)
        if index is None:
            return None
        votes: dict[str, float] = defaultdict(float)
        nearest: dict[str, Neighbour] = {}
        for neighbour in index.nearest(vector, self._rules.neighbours):
            votes[neighbour.customer_id] += neighbour.similarity
            nearest.setdefault(neighbour.customer_id, neighbour)
        if not votes:
            return None
        first = max(votes, key=votes.__getitem__)
        lead = _lead(votes, first)
        least = self.thresholds[model]
        found = nearest[first]
        if found.similarity >= least and lead >= MARGIN:
            return found
        same = nearest.get(known or "")
        if same is not None and same.similarity >= least - KEPT_BELOW:
            return same
        return None

    def lookalike(self, vector: Vector, model: str) -> str | None:
        """Return the customer whom recognition would take one picture (d,) for, or None.

        Whoever comes second: here it is worse to overlook somebody.
        """
        index = self._indexes.get(model)
        if index is None:
            return None
        for nearest in index.nearest(vector, 1):
            if nearest.similarity >= self.thresholds[model]:
                return nearest.customer_id
        return None


def _lead(votes: Mapping[str, float], first: str) -> float:
    """Return how far who has most votes is before the second."""
    others = [vote for customer_id, vote in votes.items() if customer_id != first]
    return votes[first] - max(others, default=0.0)


def _by_model(templates: Iterable[Template]) -> dict[str, list[Template]]:
    """Return templates by the model that made them."""
    by_model: dict[str, list[Template]] = defaultdict(list)
    for template in templates:
        by_model[template.model].append(template)
    return by_model


def _of_model(
    changes: Mapping[str, Sequence[Template]],
    model: str,
) -> dict[str, list[Template]]:
    """Return by customer those templates that a model made."""
    theirs = {}
    for customer_id, templates in changes.items():
        theirs[customer_id] = [each for each in templates if each.model == model]
    return theirs
