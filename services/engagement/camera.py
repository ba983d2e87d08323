"""The people in front of one camera: tracks joined to presences."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from math import hypot
from typing import Final

from services.engagement.presence import Presence, Terms, place_of
from vitrine.ids import presence_id
from vitrine.schemas import Exposure, Face, FrameFaces

SLOWEST_FRAMES_NS: Final = 2_000_000_000
"""Who was in the last frame is still there in one that comes sooner, whatever gaps are bridged."""
NEAR_FACES: Final = 1.5
"""A new track goes on with a lost one within so many face heights, and within this ratio of its size."""
TRACK_MEMORY_NS: Final = 10_000_000_000
"""A track that was not seen for so long does not come back."""


@dataclass(slots=True)
class TrackUse:
    """How many presences a track has begun, and when it was last seen, in the zone or not."""

    presences: int
    seen_ns: int


@dataclass(slots=True)
class Camera:
    """One camera's presences at one stand, as of its last frame."""

    stand_id: str
    camera_id: str
    seen_ns: int
    appended_at_ns: int
    """When the log took its last frame."""
    synthetic: bool = False
    presences: list[Presence] = field(default_factory=list)
    """Oldest first."""
    founders: dict[str, TrackUse] = field(default_factory=dict)

    def observe(self, frame: FrameFaces, terms: Terms) -> Iterator[Exposure]:
        """Take a frame, later than the one before; yields the parts of presences that are finished by it."""
        last_ns, at_ns = self.seen_ns, frame.captured_at_ns
        self.seen_ns, self.synthetic = at_ns, frame.synthetic
        for presence in [p for p in self.presences if _is_over(p, last_ns, at_ns, terms.bridge_ns)]:
            self.presences.remove(presence)
            yield from presence.end(terms, synthetic=self.synthetic)
        faces = {face.track_id: face for face in frame.faces}
        self._remember(faces, at_ns)
        zone = terms.stand.zone
        shares = {track: face.box[3] / frame.height for track, face in faces.items()}
        present = {t: f for t, f in faces.items() if zone.min_face <= shares[t] <= zone.max_face}
        for presence, face in self._joined(present, faces, at_ns, terms.bridge_ns):
            presence.observe(at_ns, face, shares[face.track_id], terms)
            yield from presence.cut(terms, synthetic=self.synthetic)

    def end(self, terms: Terms) -> Iterator[Exposure]:
        """Nothing more comes: yields the rest of all presences."""
        for presence in self.presences:
            yield from presence.end(terms, synthetic=self.synthetic)
        self.presences.clear()

    def _remember(self, visible: Collection[str], at_ns: int) -> None:
        for track in list(self.founders):
            use = self.founders[track]
            if track in visible:
                use.seen_ns = at_ns
            elif at_ns - use.seen_ns > TRACK_MEMORY_NS:
                del self.founders[track]

    def _joined(
        self, present: dict[str, Face], visible: Collection[str], at_ns: int, bridge_ns: int
    ) -> list[tuple[Presence, Face]]:
        """Each face in the zone with its presence: of the same track, else lost nearby, else a new one."""
        followed = {p.track_ids[-1]: p for p in self.presences}
        lost = [p for p in self.presences if p.track_ids[-1] not in visible and at_ns - p.seen_ns < bridge_ns]
        new = [face for track, face in present.items() if track not in followed]
        rejoined = _nearest_first(lost, new)
        pairs = [(followed[track], face) for track, face in present.items() if track in followed]
        for face in new:
            presence = rejoined.get(face.track_id) or self._begin(face, at_ns)
            pairs.append((presence, face))
        return pairs

    def _begin(self, face: Face, at_ns: int) -> Presence:
        track = face.track_id
        use = self.founders.setdefault(track, TrackUse(0, at_ns))
        use.presences += 1
        # A track that left the zone for longer than a gap and came back founds another presence.
        name = track if use.presences == 1 else f"{track}.{use.presences}"
        presence = Presence.begin(presence_id(self.stand_id, name), at_ns, face)
        self.presences.append(presence)
        return presence


def _is_over(presence: Presence, last_ns: int, at_ns: int, bridge_ns: int) -> bool:
    """Whether somebody was not seen for too long; `last_ns` is the time of the frame before."""
    if presence.seen_ns == last_ns:
        bridge_ns = max(bridge_ns, SLOWEST_FRAMES_NS)
    return at_ns - presence.seen_ns >= bridge_ns


def _nearest_first(lost: list[Presence], new: list[Face]) -> dict[str, Presence]:
    """Which new track goes on with which lost presence: nearest pairs first, each of both once."""
    distances = [
        (distance, i, j)
        for i, presence in enumerate(lost)
        for j, face in enumerate(new)
        if (distance := _distance(presence, face)) is not None
    ]
    joined: dict[str, Presence] = {}
    taken: set[int] = set()
    for _, i, j in sorted(distances):
        if i not in taken and new[j].track_id not in joined:
            taken.add(i)
            joined[new[j].track_id] = lost[i]
    return joined


def _distance(presence: Presence, face: Face) -> float | None:
    """Between the centres, in heights of the larger face; None if too far, or of too different a size."""
    x, y, size = place_of(face)
    larger, smaller = max(size, presence.size), min(size, presence.size)
    distance = hypot(x - presence.x, y - presence.y) / larger
    return distance if distance <= NEAR_FACES and larger <= NEAR_FACES * smaller else None
