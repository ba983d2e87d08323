"""The people in front of one camera: tracks joined to presences."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from vitrine.clock import SECOND_NS
from vitrine.ids import presence_id
from vitrine.presence.bridging import nearest_first
from vitrine.presence.company import group_sizes, pairs_beside
from vitrine.presence.liveness import place_of
from vitrine.presence.presence import Presence
from vitrine.presence.rules import PresenceRules
from vitrine.presence.shown_groups import Groups
from vitrine.presence.static_faces import StaticFaces
from vitrine.schemas import Exposure, Face, FrameFaces

# Chosen, not measured: a camera of a frame a second has still people before it.
SLOWEST_FRAMES_NS: Final = 2 * SECOND_NS
"""A person in the last frame is still there in one that comes sooner, whatever gaps are
bridged."""

# Chosen, not measured: a track that stayed behind at a static face is noticed
# before the gap that is bridged is over.
DOUBT_NS: Final = SECOND_NS
"""At the place of a static face, a face that has not moved for longer may be that one."""

# Shoulders are some three heads broad.
BODY_FACES: Final = 1.2
"""Half the breadth of a body, in face heights."""

# Chosen, not measured: the tracker gives a lost track up within a few seconds.
TRACK_MEMORY_NS: Final = 10 * SECOND_NS
"""A track that was not seen for longer does not come back."""

NOTHING_JUDGED: Final[Mapping[str, Groups]] = MappingProxyType({})


@dataclass(slots=True)
class Finished:
    """Hold what a frame, or the end of a source, finished."""

    exposures: list[Exposure] = field(default_factory=list)
    static_faces: int = 0
    """Presences that ended without having moved: they are not counted as people."""


@dataclass(slots=True)
class TrackUse:
    """Hold how many presences a track has begun, and when it was last seen anywhere."""

    presences: int
    seen_ns: int


@dataclass(slots=True)
class CameraPeople:
    """Keep the presences in front of one camera of a stand, as of its last frame."""

    stand_id: str
    camera_id: str
    seen_ns: int
    appended_at_ns: int
    """Time at which the log took its last frame."""
    behind_since_ns: int = 0
    """Time at which the log took the first of the frames from far behind the last one;
    0 without such frames."""
    synthetic: bool = False
    presences: list[Presence] = field(default_factory=list)
    """Oldest first."""
    founders: dict[str, TrackUse] = field(default_factory=dict)
    """Tracks that have begun a presence."""
    static_faces: StaticFaces = field(default_factory=StaticFaces)

    def observe(
        self,
        frame: FrameFaces,
        rules: PresenceRules,
        groups: Mapping[str, Groups] = NOTHING_JUDGED,
    ) -> Finished:
        """Take a frame, later than the one before; return what is finished by it.

        `groups` are those of expressions, by the tracks that were judged.
        """
        finished = Finished()
        at_ns = frame.captured_at_ns
        last_ns = self.seen_ns
        self.seen_ns = at_ns
        self.synthetic = frame.synthetic
        self._end_lost(last_ns, rules, finished)
        visible = {face.track_id for face in frame.faces}
        self._remember_founders(visible)
        present = _in_zone(frame, rules)
        if not rules.count_static_faces:
            static = self._static_tracks(present, visible)
            present = [face for face in present if face.track_id not in static]
            visible -= static
        pairs = self._joined(
            present,
            visible,
            rules.bridge_ns,
        )
        for presence, face in pairs:
            covered = _is_covered(face, frame.faces)
            presence.check_liveness(at_ns, face, covered=covered)
            face_share = _share(face, frame)
            judged = groups.get(face.track_id)
            presence.observe(at_ns, face, face_share, rules, judged)
            if rules.count_static_faces and presence.start_ns < at_ns:
                presence.liveness.proven = True
            parts = presence.cut(rules, synthetic=self.synthetic)
            finished.exposures += parts
        self._compare_neighbours(at_ns - last_ns)
        if not rules.count_static_faces:
            self._end_static(rules, finished)
        return finished

    def group_sizes(self) -> dict[str, int]:
        """Return for each presence that is shown how many came together."""
        companions = {}
        for presence in self.presences:
            if presence.liveness.proven:
                companions[presence.presence_id] = presence.companions()
        return group_sizes(companions)

    def _compare_neighbours(self, passed_ns: int) -> None:
        """Let those in this frame see who is beside them; `passed_ns` since the last frame."""
        present = {}
        for presence in self.presences:
            if presence.seen_ns == self.seen_ns:
                present[presence.presence_id] = presence
        neighbours = [presence.neighbour for presence in present.values()]
        for pair in pairs_beside(neighbours):
            both = (present[pair.one], present[pair.other])
            if pair.came_together:
                present[pair.one].stand_beside(pair.other, passed_ns)
                present[pair.other].stand_beside(pair.one, passed_ns)
            if pair.comparable:
                for presence in both:
                    presence.compared += 1
                    presence.lower += presence.presence_id == pair.lower

    def end(self, rules: PresenceRules) -> Finished:
        """End all presences, as nothing more comes; return the rest of them."""
        finished = Finished()
        for presence in list(self.presences):
            self._end_one(presence, rules, finished)
        return finished

    def _end_one(
        self,
        presence: Presence,
        rules: PresenceRules,
        finished: Finished,
    ) -> None:
        self.presences.remove(presence)
        # A face of a single view is noise, and no static face either.
        seen_again = presence.seen_ns > presence.start_ns
        if seen_again and not presence.liveness.proven:
            finished.static_faces += 1
        parts = presence.end(rules, synthetic=self.synthetic)
        finished.exposures += parts

    def _end_lost(
        self,
        last_ns: int,
        rules: PresenceRules,
        finished: Finished,
    ) -> None:
        """End the presences that were not seen for too long, last at `last_ns`."""
        for presence in list(self.presences):
            bridge_ns = rules.bridge_ns
            if presence.seen_ns == last_ns:
                bridge_ns = max(bridge_ns, SLOWEST_FRAMES_NS)
            unseen_ns = self.seen_ns - presence.seen_ns
            if unseen_ns >= bridge_ns:
                self._end_one(presence, rules, finished)

    def _end_static(self, rules: PresenceRules, finished: Finished) -> None:
        """End the presences that keep still, and learn the places of static faces."""
        at_ns = self.seen_ns
        for presence in list(self.presences):
            liveness = presence.liveness
            if presence.seen_ns != at_ns:
                continue
            if not liveness.is_static(presence.start_ns, at_ns):
                continue
            if not liveness.is_sure() and not presence.published:
                liveness.proven = False
                place = (
                    presence.x,
                    presence.y,
                    presence.height_px,
                )
                self.static_faces.add(
                    place=place,
                    at_ns=at_ns,
                    track_id=presence.track_id,
                )
            self._end_one(presence, rules, finished)

    def _static_tracks(
        self, present: Iterable[Face], visible: Collection[str]
    ) -> set[str]:
        """Return the tracks that show a static face, or may do."""
        self.static_faces.forget(self.seen_ns)
        followed = self._followed()
        static = set()
        for face in present:
            presence = followed.get(face.track_id)
            if self._shows_static_face(face, presence, visible):
                static.add(face.track_id)
        return static

    def _shows_static_face(
        self,
        face: Face,
        presence: Presence | None,
        visible: Collection[str],
    ) -> bool:
        at_ns = self.seen_ns
        place = place_of(face)
        if self.static_faces.follow(face.track_id, place, at_ns):
            return True
        shown = self.static_faces.at(place, visible)
        if shown is None:
            return False
        if presence is None:
            shown.track_id = face.track_id
        else:
            # The track came here from elsewhere: somebody stands before the static
            # face, until the track keeps still.
            presence.check_liveness(at_ns, face, covered=True)
            still_ns = at_ns - presence.liveness.moved_ns
            if still_ns <= DOUBT_NS:
                return False
        shown.seen_ns = at_ns
        return True

    def _remember_founders(self, visible: Collection[str]) -> None:
        for track, use in list(self.founders.items()):
            if track in visible:
                use.seen_ns = self.seen_ns
                continue
            unseen_ns = self.seen_ns - use.seen_ns
            if unseen_ns > TRACK_MEMORY_NS:
                del self.founders[track]

    def _followed(self) -> dict[str, Presence]:
        """Return the presences by their present track."""
        return {presence.track_id: presence for presence in self.presences}

    def _joined(
        self,
        present: Iterable[Face],
        visible: Collection[str],
        bridge_ns: int,
    ) -> list[tuple[Presence, Face]]:
        """Return each face in the zone with its presence.

        The presence of the same track, else one that was lost nearby, else a new one.
        """
        followed = self._followed()
        pairs = []
        new = []
        for face in present:
            presence = followed.get(face.track_id)
            if presence is None:
                new.append(face)
            else:
                pairs.append((presence, face))
        lost = self._lost(visible, bridge_ns)
        rejoined = nearest_first(
            lost=lost,
            new=new,
            at_ns=self.seen_ns,
        )
        for face in new:
            presence = rejoined.get(face.track_id)
            if presence is None:
                presence = self._begin(face)
            pairs.append((presence, face))
        return pairs

    def _lost(self, visible: Collection[str], bridge_ns: int) -> list[Presence]:
        """Return the presences that a new track may go on with."""
        lost = []
        for presence in self.presences:
            if presence.track_id in visible:
                continue
            unseen_ns = self.seen_ns - presence.seen_ns
            if unseen_ns < bridge_ns:
                lost.append(presence)
        return lost

    def _begin(self, face: Face) -> Presence:
        track = face.track_id
        use = self.founders.get(track)
        if use is None:
            use = TrackUse(presences=0, seen_ns=self.seen_ns)
            self.founders[track] = use
        use.presences += 1
        name = track
        if use.presences > 1:
            # The track left the zone for longer than a gap, and came back.
            name = f"{track}.{use.presences}"
        presence = Presence.begin(
            presence_id=presence_id(self.stand_id, name),
            at_ns=self.seen_ns,
            face=face,
        )
        self.presences.append(presence)
        return presence


def _share(face: Face, frame: FrameFaces) -> float:
    """Return a face's height as a share of the picture's."""
    return face.box[3] / frame.height


def _in_zone(frame: FrameFaces, rules: PresenceRules) -> list[Face]:
    """Return the faces in the zone, one a track."""
    zone = rules.stand.zone
    faces = {face.track_id: face for face in frame.faces}
    in_zone = []
    for face in faces.values():
        share = _share(face, frame)
        if zone.min_face <= share <= zone.max_face:
            in_zone.append(face)
    return in_zone


def _is_covered(face: Face, faces: Iterable[Face]) -> bool:
    """Return true where another face, or the body below it, may lie before this one."""
    x, y, height_px = place_of(face)
    for other in faces:
        if other.track_id == face.track_id:
            continue
        other_x, other_y, other_height_px = place_of(other)
        reach_px = BODY_FACES * other_height_px + height_px / 2
        aside_px = abs(other_x - x)
        other_top = other_y - other_height_px / 2
        bottom = y + height_px / 2
        if other_top < bottom and aside_px <= reach_px:
            return True
    return False
