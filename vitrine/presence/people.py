"""The people in front of one camera: tracks joined to presences."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from math import hypot
from typing import Final

from vitrine.ids import presence_id
from vitrine.presence.presence import SURE_MOVES, Presence, Terms, place_of
from vitrine.presence.prints import Prints
from vitrine.schemas import Exposure, Face, FrameFaces
from vitrine.telemetry import metrics

SLOWEST_FRAMES_NS: Final = 2_000_000_000
"""Who was in the last frame is still there in one that comes sooner, whatever gaps are bridged."""
NEAR_FACES = 1.5
NEAR_GROWTH = 1.5
"""A new track goes on with a lost one within so many face heights, and within this ratio of its size."""
AT_ONCE_FACES = 0.6
FACES_A_SECOND = 4.0
AT_ONCE_GROWTH = 1.2
GROWTH_A_SECOND = 1.0
"""And sooner, within less: nobody is suddenly elsewhere."""
RISE: Final = 2.0
"""People keep their height: up and down counts as so many times as far."""
LONGEST_WALK_S: Final = 1.0
"""Lost people are expected to have gone on so long as they went."""
UNPROVEN_NS: Final = 3_000_000_000
"""A face that was there for so long and has not moved is a print."""
HELD_NS: Final = 6_000_000_000
"""So is one that moved only as others passed before it, and that for so long."""
STILL_NS: Final = 5_000_000_000
"""And, from then on, one that lived and has not moved for so long."""
DOUBT_NS: Final = 1_000_000_000
"""At the place of a print, a face that has not moved for so long may be that print."""
BODY_FACES: Final = 1.2
"""Half the breadth of a body, in face heights."""
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
    behind_since_ns: int = 0
    """When the log took the first of the frames that come from far behind it; 0 without such frames."""
    synthetic: bool = False
    presences: list[Presence] = field(default_factory=list)
    """Oldest first."""
    founders: dict[str, TrackUse] = field(default_factory=dict)
    prints: Prints = field(default_factory=Prints)

    def observe(self, frame: FrameFaces, terms: Terms) -> Iterator[Exposure]:
        """Take a frame, later than the one before; yields the parts of presences that are finished by it."""
        last_ns = self.seen_ns
        at_ns = frame.captured_at_ns
        self.seen_ns = at_ns
        self.synthetic = frame.synthetic
        for presence in [
            p for p in self.presences if _is_over(p, last_ns, at_ns, terms.bridge_ns)
        ]:
            yield from self._end(presence, terms)
        faces = {face.track_id: face for face in frame.faces}
        self._remember(faces, at_ns)
        zone = terms.stand.zone
        shares = {track: face.box[3] / frame.height for track, face in faces.items()}
        present = {
            t: f
            for t, f in faces.items()
            if zone.min_face <= shares[t] <= zone.max_face
        }
        printed = self._printed(present, faces, at_ns) if terms.proof_of_life else set()
        living = {
            track: face for track, face in present.items() if track not in printed
        }
        for presence, face in self._joined(
            living, faces.keys() - printed, at_ns, terms.bridge_ns
        ):
            presence.feel(at_ns, face, covered=_is_covered(face, frame.faces))
            presence.observe(at_ns, face, shares[face.track_id], terms)
            presence.living |= not terms.proof_of_life and presence.start_ns < at_ns
            yield from presence.cut(terms, synthetic=self.synthetic)
        if terms.proof_of_life:
            yield from self._unmask(at_ns, terms)

    def end(self, terms: Terms) -> Iterator[Exposure]:
        """Nothing more comes: yields the rest of all presences."""
        for presence in list(self.presences):
            yield from self._end(presence, terms)

    def _end(self, presence: Presence, terms: Terms) -> Iterator[Exposure]:
        self.presences.remove(presence)
        if not presence.living and presence.seen_ns > presence.start_ns:
            metrics.DECOYS.labels(self.camera_id).inc()
        yield from presence.end(terms, synthetic=self.synthetic)

    def _printed(
        self, present: dict[str, Face], visible: Collection[str], at_ns: int
    ) -> set[str]:
        """The tracks that show a print, or may do."""
        self.prints.forget(at_ns)
        followed = {p.track_ids[-1]: p for p in self.presences}
        return {
            t
            for t, face in present.items()
            if self._shows_print(face, followed.get(t), visible, at_ns)
        }

    def _shows_print(
        self,
        face: Face,
        presence: Presence | None,
        visible: Collection[str],
        at_ns: int,
    ) -> bool:
        place = place_of(face)
        if self.prints.followed(face.track_id, place, at_ns):
            return True
        shown = self.prints.at(place, visible)
        if shown is None:
            return False
        if presence is None:
            shown.track_id = face.track_id
        else:  # it came here from elsewhere: somebody who stands before the print, until it keeps still
            presence.feel(at_ns, face, covered=True)
            if at_ns - presence.moved_ns <= DOUBT_NS:
                return False
        shown.seen_ns = at_ns
        return True

    def _unmask(self, at_ns: int, terms: Terms) -> Iterator[Exposure]:
        """End the presences that turn out to be prints."""
        for presence in [p for p in self.presences if p.seen_ns == at_ns]:
            still_ns = at_ns - max(presence.start_ns, presence.moved_ns)
            held = not presence.living and at_ns - presence.start_ns >= HELD_NS
            if still_ns < (STILL_NS if presence.living else UNPROVEN_NS) and not held:
                continue
            if presence.moves < SURE_MOVES and not presence.published:
                presence.living = False
                self.prints.learn(
                    (presence.x, presence.y, presence.size),
                    at_ns,
                    presence.track_ids[-1],
                )
            yield from self._end(presence, terms)

    def _remember(self, visible: Collection[str], at_ns: int) -> None:
        for track in list(self.founders):
            use = self.founders[track]
            if track in visible:
                use.seen_ns = at_ns
            elif at_ns - use.seen_ns > TRACK_MEMORY_NS:
                del self.founders[track]

    def _joined(
        self,
        present: dict[str, Face],
        visible: Collection[str],
        at_ns: int,
        bridge_ns: int,
    ) -> list[tuple[Presence, Face]]:
        """Each face in the zone with its presence: of the same track, else lost nearby, else a new one."""
        followed = {p.track_ids[-1]: p for p in self.presences}
        lost = [
            p
            for p in self.presences
            if p.track_ids[-1] not in visible and at_ns - p.seen_ns < bridge_ns
        ]
        new = [face for track, face in present.items() if track not in followed]
        rejoined = _nearest_first(lost, new, at_ns)
        pairs = [
            (followed[track], face)
            for track, face in present.items()
            if track in followed
        ]
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


def _is_covered(face: Face, faces: Iterable[Face]) -> bool:
    """Whether another face, or the body below it, may lie before this one."""
    x, y, size = place_of(face)
    for other in faces:
        other_x, other_y, other_size = place_of(other)
        reach = BODY_FACES * other_size + size / 2
        above = other_y - other_size / 2 < y + size / 2
        if other.track_id != face.track_id and above and abs(other_x - x) <= reach:
            return True
    return False


def _nearest_first(
    lost: list[Presence], new: list[Face], at_ns: int
) -> dict[str, Presence]:
    """Which new track goes on with which lost presence: nearest pairs first, each of both once."""
    distances = [
        (distance, i, j)
        for i, presence in enumerate(lost)
        for j, face in enumerate(new)
        if (distance := _distance(presence, face, at_ns)) is not None
    ]
    joined: dict[str, Presence] = {}
    taken: set[int] = set()
    for _, i, j in sorted(distances):
        if i not in taken and new[j].track_id not in joined:
            taken.add(i)
            joined[new[j].track_id] = lost[i]
    return joined


def _distance(presence: Presence, face: Face, at_ns: int) -> float | None:
    """From where a lost face would be by now, in heights of the larger face; None if too far, or of too
    different a size."""
    x, y, size = place_of(face)
    larger = max(size, presence.size)
    smaller = min(size, presence.size)
    gap_s = (at_ns - presence.seen_ns) / 1e9
    expected_x = presence.x + presence.speed * min(gap_s, LONGEST_WALK_S)
    distance = hypot(x - expected_x, RISE * (y - presence.y)) / larger
    near = distance <= min(NEAR_FACES, AT_ONCE_FACES + FACES_A_SECOND * gap_s)
    alike = larger <= smaller * min(
        NEAR_GROWTH, AT_ONCE_GROWTH + GROWTH_A_SECOND * gap_s
    )
    return distance if near and alike else None
