"""The events of one stand, indexed by window, as many as late events may still need."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple, cast

from vitrine.campaigns.audience import rank
from vitrine.campaigns.event_table import EventTable, Group
from vitrine.campaigns.windows import Window, WindowEvents
from vitrine.schemas import Coverage, Event, Exposure, Identity, Interaction, Play


class Key(NamedTuple):
    """Name an event: its topic, and its id there."""

    topic: str
    name: str


class Grid(NamedTuple):
    """Cut event time into windows."""

    size_ns: int
    horizon_ns: int
    """Age from which windows are final: older parts of a long span concern nobody."""

    def floor(self, at_ns: int) -> int:
        """Return the start of the window that holds a moment."""
        return at_ns // self.size_ns * self.size_ns

    def covered(self, start_ns: int, end_ns: int) -> range:
        """Return the starts of the windows that share a moment with a span, its end included."""
        first_ns = max(start_ns, end_ns - self.horizon_ns)
        return range(self.floor(first_ns), end_ns + 1, self.size_ns)


class EventIndex:
    """Keep the events of one stand in a table for each topic, grouped by the windows that they concern.

    Adding an event and finding those of a window take time in proportion to what is added and found,
    however many hours are kept. Identities have no windows: they are found by track and by visit.
    """

    def __init__(self, grid: Grid, base: EventIndex | None = None) -> None:
        self.grid = grid
        self.plays: EventTable[Play]
        self.exposures: EventTable[Exposure]
        self.identities: EventTable[Identity]
        self.interactions: EventTable[Interaction]
        self.coverage: EventTable[Coverage]
        if base is None:
            self.plays = EventTable(self._groups_of_play)
            self.exposures = EventTable(self._groups_of_exposure)
            self.identities = EventTable(self._groups_of_identity)
            self.interactions = EventTable(self._groups_of_interaction)
            self.coverage = EventTable(self._groups_of_coverage)
        else:
            self.plays = base.plays.draft()
            self.exposures = base.exposures.draft()
            self.identities = base.identities.draft()
            self.interactions = base.interactions.draft()
            self.coverage = base.coverage.draft()
        self._base = base
        self._ends: defaultdict[int, set[Key]] = defaultdict(set)
        """Window → events that end in it, for pruning."""

    def draft(self) -> EventIndex:
        """Return an index over this one that holds only what is added to it."""
        return EventIndex(self.grid, self)

    def add(self, event: Event) -> bool:
        """Keep an event; False when it is known already, or an identity that has been replaced."""
        key = key_of(event)
        table = self._table(key.topic)
        known = table.get(key.name)
        if known is not None and not replaces(event, known):
            return False
        self._put(key, event)
        return True

    def adopt(self, draft: EventIndex) -> None:
        """Take over what a draft of this index holds."""
        for key, event in draft.own_events():
            self._put(key, event)

    def own_events(self) -> Iterator[tuple[Key, Event]]:
        """Yield every event; of a draft, those that were added to it."""
        for topic in TOPICS:
            for name, event in self._table(topic).events.items():
                yield Key(topic, name), event

    def expired(self, oldest_ns: int) -> list[Key]:
        """Return the events that ended before a window's start, with those of the base of a draft.

        Decisions about people whose exposures are kept are not among them.
        """
        ends = [self._ends]
        if self._base is not None:
            ends.append(self._base._ends)
        found: set[Key] = set()
        for one in ends:
            for start_ns in one:
                if start_ns < oldest_ns:
                    found.update(one[start_ns])
        return [key for key in sorted(found) if self._has_expired(key, oldest_ns)]

    def _has_expired(self, key: Key, oldest_ns: int) -> bool:
        event = self._table(key.topic).get(key.name)
        if event is None or event.occurred_at_ns >= oldest_ns:
            return False
        if key.topic != "identities":
            return True
        exposures = self.exposures.group(("track", key.name))
        return all(exposure.end_ns < oldest_ns for exposure in exposures)

    def drop(self, key: Key) -> None:
        """Forget an event, if it is there."""
        table = self._table(key.topic)
        event = table.events.get(key.name)
        if event is None:
            return
        end_ns = self.grid.floor(event.occurred_at_ns)
        self._ends[end_ns].discard(key)
        if not self._ends[end_ns]:
            del self._ends[end_ns]
        table.remove(key.name)

    def counted_windows(self) -> set[int]:
        """Return the windows of the index's own plays and interactions: those that have something to count."""
        moments = [play.start_ns for play in self.plays.events.values()]
        moments += [one.at_ns for one in self.interactions.events.values()]
        return {self.grid.floor(at_ns) for at_ns in moments}

    def of_window(self, window: Window) -> WindowEvents:
        """Return the events that the join of a window needs."""
        starting = self.plays.group(("starts", window.start_ns))
        end_ns = max([window.end_ns, *(play.end_ns for play in starting)])
        plays: dict[str, Play] = {}
        exposures: dict[str, Exposure] = {}
        interactions: dict[str, Interaction] = {}
        for start_ns in self.grid.covered(window.start_ns, end_ns - 1):
            for group in (("starts", start_ns), ("crosses", start_ns)):
                plays.update((play.play_id, play) for play in self.plays.group(group))
            for exposure in self.exposures.group(("window", start_ns)):
                exposures[exposure.exposure_id] = exposure
            for one in self.interactions.group(("window", start_ns)):
                interactions[one.interaction_id] = one
        for play in starting:
            for one in self.interactions.group(("play", play.play_id)):
                interactions[one.interaction_id] = one
        for one in interactions.values():
            named = self.plays.get(one.play_id or "")
            if named is not None:
                plays[named.play_id] = named
        self._complete_presences(exposures)
        return WindowEvents(
            plays=list(plays.values()),
            exposures=list(exposures.values()),
            identities=self._identities(exposures, interactions),
            interactions=list(interactions.values()),
            coverage=self.coverage.group(("window", window.start_ns)),
        )

    def _complete_presences(self, exposures: dict[str, Exposure]) -> None:
        """Add the parts of the presences that lie elsewhere: their tracks name the visitor too."""
        presences = {exposure.presence_id for exposure in exposures.values()}
        for presence in presences:
            for part in self.exposures.group(("presence", presence)):
                exposures[part.exposure_id] = part

    def _identities(
        self,
        exposures: dict[str, Exposure],
        interactions: dict[str, Interaction],
    ) -> list[Identity]:
        """Return the decisions about the tracks of exposures and about the visits of interactions."""
        found: dict[str, Identity] = {}
        for exposure in exposures.values():
            for track in exposure.track_ids:
                identity = self.identities.get(track)
                if identity is not None:
                    found[track] = identity
        for one in interactions.values():
            if one.visit_id is None:
                continue
            for identity in self.identities.group(("visit", one.visit_id)):
                found[identity.track_id] = identity
        return list(found.values())

    def _put(self, key: Key, event: Event) -> None:
        self.drop(key)
        self._table(key.topic).put(key.name, event)
        self._ends[self.grid.floor(event.occurred_at_ns)].add(key)

    def _table(self, topic: str) -> EventTable[Event]:
        return cast("EventTable[Event]", getattr(self, topic))

    def _groups_of_play(self, play: Play) -> list[Group]:
        first_ns = self.grid.floor(play.start_ns)
        later = set(self.grid.covered(play.start_ns, play.end_ns)) - {first_ns}
        groups: list[Group] = [("starts", first_ns)]
        groups += [("crosses", start_ns) for start_ns in later]
        return groups

    def _groups_of_exposure(self, exposure: Exposure) -> list[Group]:
        windows = self.grid.covered(exposure.start_ns, exposure.end_ns)
        groups: list[Group] = [("presence", exposure.presence_id)]
        groups += [("window", start_ns) for start_ns in windows]
        groups += [("track", track) for track in exposure.track_ids]
        return groups

    def _groups_of_identity(self, identity: Identity) -> list[Group]:
        return [("visit", identity.visit_id)]

    def _groups_of_interaction(self, one: Interaction) -> list[Group]:
        groups: list[Group] = [("window", self.grid.floor(one.at_ns))]
        if one.play_id is not None:
            groups.append(("play", one.play_id))
        if one.visit_id is not None:
            groups.append(("visit", one.visit_id))
        return groups

    def _groups_of_coverage(self, report: Coverage) -> list[Group]:
        windows = self.grid.covered(report.start_ns, report.end_ns)
        return [("window", start_ns) for start_ns in windows]


TOPICS = ("plays", "exposures", "identities", "interactions", "coverage")


def key_of(event: Event) -> Key:
    """Return what makes two records the same event. Raises TypeError for an event of another topic."""
    match event:
        case Play():
            return Key("plays", event.play_id)
        case Exposure():
            return Key("exposures", event.exposure_id)
        case Identity():
            return Key("identities", event.track_id)
        case Interaction():
            return Key("interactions", event.interaction_id)
        case Coverage():
            return Key("coverage", f"{event.camera_id}/{event.start_ns}")
    raise TypeError(f"{type(event).__name__} is no event of a campaign")


def replaces(event: Event, known: Event) -> bool:
    """Tell whether an event takes the place of one with its id: only a later decision about a track does."""
    if not isinstance(event, Identity) or not isinstance(known, Identity):
        return False
    return rank(event) > rank(known)
