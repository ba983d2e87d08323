"""The events of one stand, indexed by window, as many as late events may still need."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from vitrine.campaigns.event_pages import events_of, group_mark, name_mark
from vitrine.campaigns.event_table import EventTable, Group
from vitrine.campaigns.events import TOPICS, Grid, Key, key_of, replaces
from vitrine.campaigns.shelf import Shelf
from vitrine.campaigns.windows import Window, WindowEvents
from vitrine.schemas import Coverage, Event, Exposure, Identity, Interaction, Play


class EventIndex:
    """Keep the events of one stand in a table for each topic, grouped by their windows.

    Adding an event and finding those of a window take time in proportion to what is added and
    found, however many hours are kept. Identities have no windows: they are found by track.

    Events of windows that closed some time ago are on pages of the `shelf`. Whoever asks for one
    gets it all the same: its page is read, and in memory until `put_back`.
    """

    def __init__(self, grid: Grid, base: EventIndex | None = None) -> None:
        self.grid = grid
        # A draft asks its base.
        source = self if base is None else None
        self.plays = EventTable("plays", grid, groups_of_play, source)
        self.exposures = EventTable("exposures", grid, groups_of_exposure, source)
        self.identities = EventTable("identities", grid, groups_of_identity, source)
        self.interactions = EventTable(
            "interactions", grid, groups_of_interaction, source
        )
        self.coverage = EventTable("coverage", grid, groups_of_coverage, source)
        self._tables: dict[str, EventTable[Any]] = {
            topic: getattr(self, topic) for topic in TOPICS
        }
        if base is not None:
            for topic, table in self._tables.items():
                table.base = base._tables[topic]
        self.shelf: Shelf = Shelf() if base is None else base.shelf
        self.brought: dict[int, list[Key]] = {}
        """Window of a page that was read → its events."""
        self.ends: defaultdict[int, set[Key]] = defaultdict(set)
        """Window → events that end in it, without those of pages."""
        self._asked: dict[int, WindowEvents] = {}
        """Window → what was answered of it: its rows ask, then its slot."""

    def draft(self) -> EventIndex:
        """Return an index over this one that holds only what is added to it."""
        return EventIndex(self.grid, self)

    def get(self, key: Key) -> Event | None:
        """Return an event that is known."""
        return self._tables[key.topic].get(key.name)

    def add(self, event: Event, key: Key | None = None) -> bool:
        """Keep an event; False when it is known already, or an identity that has been replaced."""
        key = key or key_of(event)
        known = self.get(key)
        if known is not None and not replaces(event, known):
            return False
        self.put(key, event)
        return True

    def bring_event(self, topic: str, name: str) -> None:
        """Read the page of an event, if it is on one."""
        if not self.shelf:
            return
        for start_ns in self.shelf.find(name_mark(topic, name)):
            self._bring(start_ns)

    def bring_group(self, topic: str, group: Group) -> None:
        """Read the pages of a group."""
        if not self.shelf:
            return
        for start_ns in self.shelf.find(group_mark(topic, group)):
            self._bring(start_ns)

    def _bring(self, start_ns: int) -> None:
        if start_ns in self.brought:
            return
        self.brought[start_ns] = []
        for key, event in events_of(self.shelf.lines(start_ns)):
            self._tables[key.topic].put(key.name, event)
            self.brought[start_ns].append(key)

    def put_back(self) -> None:
        """Let the events of pages leave memory."""
        for keys in self.brought.values():
            for key in keys:
                self._table(key.topic).remove(key.name)
        self.brought.clear()

    def adopt(self, draft: EventIndex) -> None:
        """Take over what a draft of this index holds."""
        self.put_back()
        self._asked.clear()
        for topic, table in self._tables.items():
            added = draft._tables[topic]
            # A decision that is replaced has to leave its window.
            for name in table.events.keys() & added.events.keys():
                self.drop(Key(topic, name))
            table.take(added)
        for start_ns, keys in draft.ends.items():
            self.ends[start_ns] |= keys

    def own_events(self) -> Iterator[tuple[Key, Event]]:
        """Yield every event; of a draft, those that were added to it."""
        for topic in TOPICS:
            table = self._table(topic)
            for name, event in table.events.items():
                yield Key(topic, name), event

    def drop(self, key: Key) -> None:
        """Forget an event, if it is there."""
        self._asked.clear()
        table = self._table(key.topic)
        event = table.events.get(key.name)
        if event is None:
            return
        end_ns = self.grid.floor(event.occurred_at_ns)
        self.ends[end_ns].discard(key)
        if not self.ends[end_ns]:
            del self.ends[end_ns]
        table.remove(key.name)

    def counted_windows(self) -> set[int]:
        """Return the windows with something to count: the index's own plays and interactions."""
        windows = set()
        for play in self.plays.events.values():
            window_ns = self.grid.floor(play.start_ns)
            windows.add(window_ns)
        for interaction in self.interactions.events.values():
            window_ns = self.grid.floor(interaction.at_ns)
            windows.add(window_ns)
        return windows

    def of_window(self, window: Window) -> WindowEvents:
        """Return the events that the join of a window needs."""
        if window.start_ns not in self._asked:
            self._asked[window.start_ns] = self._needed(window)
        return self._asked[window.start_ns]

    def _needed(self, window: Window) -> WindowEvents:
        starting = self.plays.group(("starts", window.start_ns))
        end_ns = window.end_ns
        for play in starting:
            end_ns = max(end_ns, play.end_ns)
        windows = self.grid.covered(window.start_ns, end_ns - 1)
        exposures = self._exposures(windows)
        interactions = self.interactions.group(("window", window.start_ns))
        return WindowEvents(
            plays=self._plays(windows, interactions),
            exposures=exposures,
            identities=self._identities(exposures),
            interactions=interactions,
            coverage=self.coverage.group(("window", window.start_ns)),
        )

    def _plays(self, windows: range, interactions: list[Interaction]) -> list[Play]:
        """Return the plays on the screen in windows, and those that interactions name."""
        found: dict[str, Play] = {}
        for start_ns in windows:
            plays = self.plays.group(("starts", start_ns))
            plays += self.plays.group(("crosses", start_ns))
            for play in plays:
                found[play.play_id] = play
        for interaction in interactions:
            named = self.plays.get(interaction.play_id or "")
            if named is not None:
                found[named.play_id] = named
        return list(found.values())

    def _exposures(self, windows: range) -> list[Exposure]:
        """Return all parts of the presences in windows: parts elsewhere name the visitor too."""
        # By presence, because a part alone does not know all tracks of its visitor.
        presences = set()
        for start_ns in windows:
            present = self.exposures.group(("window", start_ns))
            for exposure in present:
                presences.add(exposure.presence_id)
        found = []
        for presence in presences:
            found += self.exposures.group(("presence", presence))
        return found

    def _identities(self, exposures: list[Exposure]) -> list[Identity]:
        """Return the decisions about the tracks of exposures."""
        found: dict[str, Identity] = {}
        for exposure in exposures:
            for track in exposure.track_ids:
                identity = self.identities.get(track)
                if identity is not None:
                    found[track] = identity
        return list(found.values())

    def put(self, key: Key, event: Event) -> None:
        """Keep an event, in the place of one with its id."""
        self._asked.clear()
        table = self._tables[key.topic]
        if key.name in table.events:
            self.drop(key)
        table.put(key.name, event)
        end_ns = self.grid.floor(event.occurred_at_ns)
        self.ends[end_ns].add(key)

    def groups_of(self, key: Key, event: Event) -> list[Group]:
        """Return what an event is found by beside its id."""
        return self._table(key.topic).groups_of(event)

    def _table(self, topic: str) -> EventTable[Event]:
        return self._tables[topic]


def groups_of_play(grid: Grid, play: Play) -> list[Group]:
    """Return where a play starts, and the other windows that it lasts into."""
    first_ns = grid.floor(play.start_ns)
    windows = grid.covered(play.start_ns, play.end_ns)
    groups: list[Group] = [("starts", first_ns)]
    groups += [("crosses", start_ns) for start_ns in windows if start_ns != first_ns]
    return groups


def groups_of_exposure(grid: Grid, exposure: Exposure) -> list[Group]:
    """Return the presence, the windows and the tracks of a part."""
    windows = grid.covered(exposure.start_ns, exposure.end_ns)
    groups: list[Group] = [("presence", exposure.presence_id)]
    groups += [("window", start_ns) for start_ns in windows]
    groups += [("track", track) for track in exposure.track_ids]
    return groups


def groups_of_identity(_grid: Grid, _: Identity) -> list[Group]:
    """Return nothing: a decision is found by its track."""
    return []


def groups_of_interaction(grid: Grid, one: Interaction) -> list[Group]:
    """Return the window of an interaction, and the play that it names."""
    start_ns = grid.floor(one.at_ns)
    groups: list[Group] = [("window", start_ns)]
    if one.play_id is not None:
        groups.append(("play", one.play_id))
    return groups


def groups_of_coverage(grid: Grid, report: Coverage) -> list[Group]:
    """Return the windows of a report."""
    windows = grid.covered(report.start_ns, report.end_ns)
    return [("window", start_ns) for start_ns in windows]
