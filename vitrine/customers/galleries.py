"""The galleries of the stands: everybody who consented, or whoever allows it there by phone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vitrine.customers.gallery import Gallery
from vitrine.customers.hands import Allowance, allowed_at
from vitrine.customers.records import Template
from vitrine.schemas import Recognition


class Galleries:
    """Give each stand its gallery, as of one moment."""

    def __init__(
        self,
        everybody: Gallery,
        nobody: Gallery,
        allowances: Sequence[Allowance] = (),
        in_hand: Mapping[str, Sequence[Template]] | None = None,
    ) -> None:
        """Take templates `in_hand` by customer, compared only where they allow it now.

        `nobody` is an empty gallery.
        """
        self._everybody = everybody
        self._nobody = nobody
        self._allowances = allowances
        self._in_hand = in_hand or {}
        self._made: dict[tuple[str, Recognition], Gallery] = {}

    def at(self, stand_id: str, recognition: Recognition) -> Gallery:
        """Return whom views of a stand are compared with."""
        kind = (stand_id, recognition)
        if kind not in self._made:
            self._made[kind] = self._make(stand_id, recognition)
        return self._made[kind]

    def _make(self, stand_id: str, recognition: Recognition) -> Gallery:
        if recognition == "none":
            return self._nobody
        gallery = self._nobody
        if recognition == "enrolled":
            gallery = self._everybody
        allowed = {}
        for customer_id in sorted(allowed_at(self._allowances, stand_id)):
            templates = self._in_hand.get(customer_id)
            if templates:
                allowed[customer_id] = templates
        if allowed:
            gallery = gallery.replaced(allowed)
        return gallery
