"""Printed faces that a camera sees: where they are, and which tracks show them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from math import hypot
from typing import Final

Place = tuple[float, float, float]
"""Centre and height of a face, pixels."""

SAME_FACES = 0.4
SAME_GROWTH = 1.6
"""A track that begins so near a print, in face heights, and within this ratio of its size, shows it: whoever
stands half before it draws the landmarks aside."""
LEFT_FACES = 0.6
LEFT_GROWTH = 1.65
"""A track that showed a print and is so far off now was taken over by somebody who walks past."""
REMEMBERED_NS: Final = 120_000_000_000
"""A print that was not seen for so long is forgotten."""
MOST_PRINTS: Final = 16


@dataclass(slots=True)
class Print:
    """One printed face."""

    place: Place
    seen_ns: int
    track_id: str
    """What shows it, or did last; empty when somebody took that track over."""

    def near(self, place: Place, faces: float, growth: float) -> bool:
        """Whether a face lies within so many heights of the larger one and this ratio of sizes."""
        (x, y, size), (px, py, print_size) = place, self.place
        larger = max(size, print_size)
        smaller = min(size, print_size)
        return hypot(x - px, y - py) <= faces * larger and larger <= growth * smaller


@dataclass(slots=True)
class Prints:
    """The printed faces of one camera."""

    known: list[Print] = field(default_factory=list)

    def learn(self, place: Place, at_ns: int, track_id: str) -> None:
        """A track shows a print there."""
        self.known.append(Print(place, at_ns, track_id))
        self.known = sorted(self.known, key=lambda p: p.seen_ns)[-MOST_PRINTS:]

    def forget(self, at_ns: int) -> None:
        """Prints that were not seen for long."""
        self.known = [p for p in self.known if at_ns - p.seen_ns <= REMEMBERED_NS]

    def followed(self, track_id: str, place: Place, at_ns: int) -> bool:
        """Whether a track that showed a print still does."""
        shown = next((p for p in self.known if p.track_id == track_id), None)
        if shown is None:
            return False
        if shown.near(place, LEFT_FACES, LEFT_GROWTH):
            shown.seen_ns = at_ns
            return True
        shown.track_id = ""
        return False

    def at(self, place: Place, visible: Collection[str]) -> Print | None:
        """The print that a face at this place would be, if no other visible track shows it."""
        free = (p for p in self.known if p.track_id not in visible)
        return next((p for p in free if p.near(place, SAME_FACES, SAME_GROWTH)), None)
