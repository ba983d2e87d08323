"""Events as the index knows them: their names, and the windows of event time."""

from __future__ import annotations

from typing import NamedTuple

from vitrine.campaigns.audience import rank
from vitrine.schemas import Coverage, Event, Exposure, Identity, Interaction, Play

TOPICS = ("plays", "exposures", "identities", "interactions", "coverage")


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
        return range(
            self.floor(first_ns),
            end_ns + 1,
            self.size_ns,
        )


def key_of(event: Event) -> Key:
    """Return what makes two records the same event. Raises TypeError for another topic's event."""
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
    """Tell whether an event takes the place of the one with its id.

    Only a later decision about a track does.
    """
    match event, known:
        case Identity(), Identity():
            return rank(event) > rank(known)
    return False
