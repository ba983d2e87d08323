"""Static faces, such as printed ones, that a camera sees: their places and tracks."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from math import hypot
from typing import Final

from vitrine.clock import SECOND_NS

Place = tuple[float, float, float]
"""Centre and height of a face, pixels."""

# Chosen on trials with pasted prints of 20 to 110 px that people pass
# (docs/metrics.md, Static faces): whoever stands half before a static face draws
# its landmarks aside, and the detector draws its box larger or smaller.
SAME_FACES: Final = 0.4
SAME_GROWTH: Final = 1.6
"""A track that begins so near a static face, in face heights, and within this ratio of
its size, shows it."""
LEFT_FACES: Final = 0.6
LEFT_GROWTH: Final = 1.65
"""A track that showed a static face and is so far off now follows somebody who walks
past."""

# Chosen, not measured: longer than somebody stands before a poster.
REMEMBERED_NS: Final = 120 * SECOND_NS
"""A static face that was not seen for longer is forgotten."""

# Chosen, not measured: more than a picture of a shop front holds.
MOST_STATIC_FACES: Final = 16


@dataclass(slots=True)
class StaticFace:
    """Represent one static face."""

    place: Place
    seen_ns: int
    track_id: str
    """The track that shows it, or did last; empty when somebody took that track over."""

    def is_near(
        self,
        place: Place,
        faces: float,
        growth: float,
    ) -> bool:
        """Return true within so many heights of the larger face and this ratio of sizes."""
        x, y, height_px = place
        own_x, own_y, own_height_px = self.place
        larger_px = max(height_px, own_height_px)
        smaller_px = min(height_px, own_height_px)
        away_px = hypot(x - own_x, y - own_y)
        return away_px <= faces * larger_px and larger_px <= growth * smaller_px


@dataclass(slots=True)
class StaticFaces:
    """Keep the static faces of one camera."""

    known: list[StaticFace] = field(default_factory=list)

    def add(
        self,
        place: Place,
        at_ns: int,
        track_id: str,
    ) -> None:
        """Remember a static face that a track shows; the longest unseen one may go."""
        face = StaticFace(
            place=place,
            seen_ns=at_ns,
            track_id=track_id,
        )
        self.known.append(face)
        self.known.sort(key=lambda face: face.seen_ns)
        del self.known[:-MOST_STATIC_FACES]

    def forget(self, at_ns: int) -> None:
        """Drop those that were not seen for long."""
        oldest_ns = at_ns - REMEMBERED_NS
        self.known = [face for face in self.known if face.seen_ns >= oldest_ns]

    def follow(
        self,
        track_id: str,
        place: Place,
        at_ns: int,
    ) -> bool:
        """Return true where a track that showed a static face still does.

        Otherwise the track does not belong to that face any more.
        """
        for face in self.known:
            if face.track_id != track_id:
                continue
            if face.is_near(place, LEFT_FACES, LEFT_GROWTH):
                face.seen_ns = at_ns
                return True
            face.track_id = ""
            return False
        return False

    def at(self, place: Place, visible: Collection[str]) -> StaticFace | None:
        """Return the static face at a place, unless another visible track shows it."""
        for face in self.known:
            if face.track_id in visible:
                continue
            if face.is_near(place, SAME_FACES, SAME_GROWTH):
                return face
        return None
