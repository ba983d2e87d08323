"""A gallery whose customers a feed-forward network names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Final, Self

from vitrine.customers.gallery import KEPT_BELOW, MARGIN, Gallery
from vitrine.customers.index import Neighbour
from vitrine.customers.net import Net
from vitrine.customers.records import Template, Vector, by_customer
from vitrine.customers.rules import RecognitionRules

SURE: Final = 0.5
"""Chance from which on a net's answer counts: more than all others have together."""

ByCustomer = Mapping[str, Sequence[Template]]


@dataclass(frozen=True, slots=True)
class Lesson:
    """Hold what nets were trained on: templates by customer."""

    templates: ByCustomer

    @property
    def models(self) -> set[str]:
        """The models that made the templates."""
        found = set()
        for own in self.templates.values():
            found |= {template.model for template in own}
        return found

    def of(self, model: str) -> tuple[list[str], list[Vector]]:
        """Return the owners (n) and vectors (n) of a model's templates."""
        owners = []
        vectors = []
        for customer_id, templates in self.templates.items():
            for template in templates:
                if template.model == model:
                    owners.append(customer_id)
                    vectors.append(template.vector)
        return owners, vectors


class LearnedGallery(Gallery):
    """Name customers by a net for each model, and by search whom it has not learned yet.

    A net only proposes. Its customer has to reach the threshold that the search asks for, so that
    strangers are not taken for customers more often, whatever the net has learned.
    """

    def __init__(self, templates: Sequence[Template], rules: RecognitionRules) -> None:
        super().__init__(templates, rules)
        self._templates: ByCustomer = by_customer(templates)
        self._lesson = Lesson({})
        self._nets: Mapping[str, Net] = {}
        self._rest = Gallery([], rules)

    @property
    def lesson(self) -> Lesson:
        """All templates, for nets to be trained on."""
        return Lesson(self._templates)

    @property
    def learned_customers(self) -> int:
        """How many customers the nets name."""
        learned = self._lesson.templates
        return sum(self._is_learned(customer_id) for customer_id in learned)

    def learned(self, lesson: Lesson, nets: Mapping[str, Net]) -> Self:
        """Return the gallery with nets, by model, that were trained on a lesson.

        Who was changed since is searched for; who is gone is nobody to them. Without nets the
        search answers for everybody.
        """
        gallery = copy(self)
        gallery._lesson = lesson if nets else Lesson({})
        gallery._nets = nets
        gallery._rest = gallery._unlearned()
        return gallery

    def replaced(self, changes: ByCustomer) -> Self:
        """Return the gallery after changes, as `Gallery.replaced`."""
        gallery = super().replaced(changes)
        changed = dict(self._templates)
        for customer_id, templates in changes.items():
            changed.pop(customer_id, None)
            if templates:
                changed[customer_id] = tuple(templates)
        gallery._templates = changed
        gallery._rest = gallery._unlearned()
        return gallery

    def match(
        self,
        vector: Vector,
        model: str,
        known: str | None = None,
    ) -> Neighbour | None:
        """Return the customer whom a track (d,) resembles, as `Gallery.match`.

        Who is known already stays so also where the net refuses to say.
        """
        if model not in self._nets:
            return super().match(vector, model, known)
        least = self.thresholds.get(model, 1.0)
        found = clearly_first(
            self._named(vector, model, least),
            self._rest.match(vector, model),
        )
        if found is None and known is not None:
            same = self._similar(known, vector, model)
            if same is not None and same.similarity >= least - KEPT_BELOW:
                return same
        return found

    def _named(self, vector: Vector, model: str, least: float) -> Neighbour | None:
        """Return whom the net names, if it is sure and they are similar enough."""
        net = self._nets[model]
        (chances,) = net.chances(vector[None])
        place = int(chances.argmax())
        is_nobody = place == len(net.customers)
        if is_nobody or chances[place] < SURE:
            return None
        customer_id = net.customers[place]
        if not self._is_learned(customer_id):
            return None
        named = self._similar(customer_id, vector, model)
        if named is None or named.similarity < least:
            return None
        return named

    def _similar(
        self, customer_id: str, vector: Vector, model: str
    ) -> Neighbour | None:
        """Return a customer with the similarity of their most similar template."""
        own = self._templates.get(customer_id, ())
        comparable = [template for template in own if template.model == model]
        similarities = [float(template.vector @ vector) for template in comparable]
        if not similarities:
            return None
        return Neighbour(customer_id, max(similarities))

    def _is_learned(self, customer_id: str) -> bool:
        """Return True while a customer's templates are those of the lesson."""
        learned = self._lesson.templates.get(customer_id)
        return learned is not None and learned is self._templates.get(customer_id)

    def _unlearned(self) -> Gallery:
        """Return a gallery of those whom the nets do not know, at the thresholds of all."""
        if not self._nets:
            return self._rest
        templates: list[Template] = []
        for customer_id, own in self._templates.items():
            if not self._is_learned(customer_id):
                templates += own
        rest = Gallery(templates, self._rules)
        rest.thresholds = self.thresholds
        return rest


def clearly_first(one: Neighbour | None, other: Neighbour | None) -> Neighbour | None:
    """Return the more similar of two customers; None where it hardly leads, or none is there."""
    if one is None or other is None:
        return one or other
    if abs(one.similarity - other.similarity) < MARGIN:
        return None
    return max(one, other, key=lambda each: each.similarity)
