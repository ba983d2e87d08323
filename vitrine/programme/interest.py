"""Who is interested in which product: by looking at it for a time, or by touch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Final

from vitrine.clock import SECOND_NS
from vitrine.schemas import Person

# Chosen, not measured: most of a creative of eight seconds.
INTEREST_S: Final = 5.0
"""Time that somebody looks at creatives of a product, engaged, until it counts as interest."""
# Chosen, not measured: somebody who stands some way off and looks has about 60.
ENGAGED: Final = 50.0
"""Least engagement score in that time."""
# Snapshots come four times a second; time between those of an interruption is nobody's.
LONGEST_STEP_NS: Final = SECOND_NS


@dataclass(slots=True)
class Interests:
    """Add up interest by presence; it goes when the person does, and with a restart."""

    _seconds: dict[tuple[str, str], float] = field(default_factory=dict)
    """(presence, product) → seconds; endless for who touched."""

    def observe(
        self,
        people: Sequence[Person],
        product: str | None,
        passed_ns: int,
    ) -> None:
        """Take in who is there, and that they could see `product` for so long."""
        present = {person.presence_id for person in people}
        for key in list(self._seconds):
            if key[0] not in present:
                del self._seconds[key]
        if product is None or not 0 < passed_ns <= LONGEST_STEP_NS:
            return
        for person in people:
            if person.attending and person.score >= ENGAGED and not person.child:
                key = (person.presence_id, product)
                seconds = self._seconds.get(key, 0.0)
                self._seconds[key] = seconds + passed_ns / SECOND_NS

    def touch(self, people: Sequence[Person], product: str) -> None:
        """Take in a touch: whose it was is not seen, so the nearest who looks counts."""
        looking = [p for p in people if p.attending and not p.child]
        if not looking:
            return
        nearest = max(looking, key=lambda person: (person.face or 0.0, person.score))
        self._seconds[nearest.presence_id, product] = inf

    def has(self, presence_id: str, product: str) -> bool:
        """Return whether somebody is interested in a product."""
        return self._seconds.get((presence_id, product), 0.0) >= INTEREST_S
