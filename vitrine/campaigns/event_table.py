"""A table of events with groups, and drafts that lie over it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import Generic, Protocol, TypeVar

from vitrine.campaigns.events import Grid
from vitrine.schemas import Event

E = TypeVar("E", bound=Event)
# Property and value: events that share it are found together.
Group = tuple[str, str | int]

NOTHING: AbstractSet[str] = frozenset()


class Source(Protocol):
    """Put events into a table that left memory before, when they are asked for."""

    def bring_event(self, topic: str, name: str) -> None:
        """Bring the event with an id, if there is one."""
        ...

    def bring_group(self, topic: str, group: Group) -> None:
        """Bring all events of a group."""
        ...


class EventTable(Generic[E]):
    """Keep the events of one topic by id, and their ids by group.

    A draft lies over a `base` that it does not change: it answers for both, and holds only what
    was added to it. An event in the draft replaces the one with its id in the base.

    What a table was not told of it asks its `source` for, which may have it on a page.
    """

    def __init__(
        self,
        topic: str,
        grid: Grid,
        groups_of: Callable[[Grid, E], list[Group]],
        source: Source | None = None,
    ) -> None:
        self.topic = topic
        self.events: dict[str, E] = {}
        self._grid = grid
        # No method of the index: with that a draft would be a circle, and stay in memory until
        # Python searches for such.
        self._groups_of = groups_of
        self._groups: defaultdict[Group, set[str]] = defaultdict(set)
        self._source = source
        self.base: EventTable[E] | None = None

    def groups_of(self, event: E) -> list[Group]:
        """Return what an event is found by beside its id."""
        return self._groups_of(self._grid, event)

    def get(self, name: str) -> E | None:
        """Return the event with an id."""
        found = self.events.get(name)
        if found is not None:
            return found
        if self.base is not None:
            return self.base.get(name)
        if self._source is not None:
            self._source.bring_event(self.topic, name)
        return self.events.get(name)

    def group(self, group: Group) -> list[E]:
        """Return the events of a group.

        In a draft, an event that was replaced there is found under its former groups too.
        """
        names = self._names(group)
        if self.base is not None:
            names = names | self.base._names(group)
        found = [self.get(name) for name in names]
        return [event for event in found if event is not None]

    def held(self, group: Group) -> list[E]:
        """Return the events of a group that are in memory, in this table itself."""
        names = self._groups.get(group, NOTHING)
        return [self.events[name] for name in names]

    def _names(self, group: Group) -> AbstractSet[str]:
        if self._source is not None:
            self._source.bring_group(self.topic, group)
        return self._groups.get(group, NOTHING)

    def before(self, group: Group) -> list[E]:
        """Return the events of a group without those of the draft."""
        if self.base is None:
            return []
        return self.base.group(group)

    def get_before(self, name: str) -> E | None:
        """Return the event that had an id before the draft."""
        if self.base is None:
            return None
        return self.base.get(name)

    def put(self, name: str, event: E) -> None:
        """Add an event with an id that is not there."""
        self.events[name] = event
        for group in self.groups_of(event):
            self._groups[group].add(name)

    def take(self, other: EventTable[E]) -> None:
        """Add the events of another table, which has none of this one's and is not used again."""
        self.events.update(other.events)
        for group, names in other._groups.items():
            # Most groups are new: their names need not be added one by one.
            self._groups.setdefault(group, names).update(names)

    def remove(self, name: str) -> None:
        """Drop the event with an id, if it is there."""
        event = self.events.pop(name, None)
        if event is None:
            return
        for group in self.groups_of(event):
            names = self._groups[group]
            names.discard(name)
            # Empty groups would stay for every visit and presence that ever was.
            if not names:
                del self._groups[group]
