"""Events that wait in the store of offers until the bus has them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from vitrine.programme.recent import RecentIds
from vitrine.schemas import Interaction

# Chosen, not measured: a store that is away grants nothing, so few ids gather; some 2 MB at most.
MOST_PUBLISHED: Final = 10_000
"""Ids that are kept for a store that is away."""


class PendingEvents:
    """Keep which events the bus has while the store still holds them, and when to read the store.

    The store holds an event beside its effect until it is told to forget it. An id that falls out
    of the bound is published once more when the store is back; its id makes the repetition
    harmless.
    """

    def __init__(self, most: int = MOST_PUBLISHED) -> None:
        self._published = RecentIds(most)
        self.unread = True
        """The store may hold events that nobody has published."""

    def store_lost(self) -> None:
        """Read the store again: it may have granted an offer whose answer was lost."""
        self.unread = True

    def to_publish(self, stored: Iterable[Interaction]) -> list[Interaction]:
        """Return the events of the store that the bus may not have; the store counts as read."""
        self.unread = False
        known = self._published
        return [event for event in stored if event.interaction_id not in known]

    def published(self, interaction_ids: Iterable[str]) -> None:
        """Take in events that the bus has."""
        for interaction_id in interaction_ids:
            self._published.add(interaction_id)

    def to_forget(self) -> list[str]:
        """Return the events that the store no longer has to hold."""
        return list(self._published)

    def forgotten(self, interaction_ids: Iterable[str]) -> None:
        """Drop events that the store has forgotten."""
        for interaction_id in interaction_ids:
            self._published.discard(interaction_id)
