"""The raw events of one stand, as many as late events may still need."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any

from vitrine.campaigns.audience import rank
from vitrine.campaigns.windows import Window
from vitrine.schemas import Coverage, Event, Exposure, Identity, Interaction, Play

Key = tuple[str, str]
"""Topic and id of an event."""

IDS: dict[str, Callable[[Any], str]] = {
    "plays": lambda e: e.play_id,
    "exposures": lambda e: e.exposure_id,
    "identities": lambda e: e.track_id,
    "interactions": lambda e: e.interaction_id,
    "coverage": lambda e: f"{e.camera_id}/{e.start_ns}",
}
"""What makes two records of a topic the same event; of the identities of a track, the latest stays."""


@dataclass(slots=True)
class StandEvents:
    """Events by id, in one table for each topic."""

    plays: dict[str, Play] = field(default_factory=dict)
    exposures: dict[str, Exposure] = field(default_factory=dict)
    identities: dict[str, Identity] = field(default_factory=dict)
    interactions: dict[str, Interaction] = field(default_factory=dict)
    coverage: dict[str, Coverage] = field(default_factory=dict)

    def fork(self) -> StandEvents:
        """A copy that can change; the events themselves are shared."""
        return StandEvents(*(dict(getattr(self, one.name)) for one in fields(self)))

    def table(self, topic: str) -> dict[str, Event]:
        """The events of one topic."""
        table: dict[str, Event] = getattr(self, topic)
        return table

    def add(self, topic: str, event: Event) -> Key | None:
        """Keep an event; None when it is known already or an identity that has been replaced."""
        table = self.table(topic)
        name = IDS[topic](event)
        known = table.get(name)
        if known is not None and not (
            isinstance(event, Identity)
            and isinstance(known, Identity)
            and rank(event) > rank(known)
        ):
            return None
        table[name] = event
        return topic, name

    def prune(self, oldest_ns: int) -> list[Key]:
        """Drop what ended before `oldest_ns`, except decisions about people whose exposures are kept."""
        kept = {
            t
            for e in self.exposures.values()
            if e.end_ns >= oldest_ns
            for t in e.track_ids
        }
        dropped = [
            (topic, name)
            for topic in IDS
            for name, event in self.table(topic).items()
            if event.occurred_at_ns < oldest_ns
            and not (topic == "identities" and name in kept)
        ]
        for topic, name in dropped:
            del self.table(topic)[name]
        return dropped

    def around(self, window: Window) -> dict[str, Any]:
        """The events that `window_rows` needs for a window, by its parameters."""
        last = max(
            (p.end_ns for p in self.plays.values() if window.holds(p.start_ns)),
            default=window.end_ns,
        )
        wide = Window(window.stand_id, window.start_ns, max(last, window.end_ns))
        near = [e for e in self.exposures.values() if wide.meets(e.start_ns, e.end_ns)]
        presences = {e.presence_id for e in near}
        exposures = [e for e in self.exposures.values() if e.presence_id in presences]
        interactions = [
            i for i in self.interactions.values() if self._concerns(i, window, wide)
        ]
        tracks = {track for exposure in exposures for track in exposure.track_ids}
        visits = {i.visit_id for i in interactions}
        identities = [
            i for t, i in self.identities.items() if t in tracks or i.visit_id in visits
        ]
        named = {i.play_id for i in interactions}
        plays = [
            p
            for n, p in self.plays.items()
            if n in named or wide.meets(p.start_ns, p.end_ns + 1)
        ]
        coverage = [
            c for c in self.coverage.values() if window.meets(c.start_ns, c.end_ns)
        ]
        return {
            "plays": plays,
            "exposures": exposures,
            "identities": identities,
            "interactions": interactions,
            "coverage": coverage,
        }

    def _concerns(self, one: Interaction, window: Window, wide: Window) -> bool:
        play = self.plays.get(one.play_id or "")
        return wide.holds(one.at_ns) or (
            play is not None and window.holds(play.start_ns)
        )
