"""Anonymous visitors of one stand on one day: which tracks belong together.

Two tracks become one visitor by their embeddings, which stay in memory and are dropped
at the end of the day.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, field
from datetime import date
from math import hypot
from typing import Final

import numpy as np

from vitrine import ids
from vitrine.clock import SECOND_NS
from vitrine.customers.evidence import Evidence
from vitrine.customers.liveness import Liveness
from vitrine.customers.records import NOTHING_AGREED, Agreement, Vector

# Part of the definition of a visit (docs/architecture.md): presences of one visitor
# with gaps up to a minute. A convention, not measured.
VISIT_GAP_NS: Final = 60 * SECOND_NS

# The tracker may begin a new track while the old one of the same face still ends;
# so short an overlap does not prove two people. Chosen, not measured.
CONCURRENT_NS: Final = SECOND_NS // 2

# Who left the picture seconds ago, and somebody who appears there, are mostly one person. Less
# likeness is asked of them: at 0.40 in place of 0.50, two photos of a person with a mask are one
# visitor in 90 % in place of 76 %, and those of different people in 1.7 % in place of 0.3 %
# (`python -m benchmarks.covered_faces`, docs/attacks.md).
NEARBY_LESS: Final = 0.10
# Chosen, not measured: how far people go, and come closer, while a track is broken.
NEARBY_NS: Final = 3 * SECOND_NS
NEARBY_FACES: Final = 2.0
NEARBY_SIZES: Final = 1.5


@dataclass(frozen=True, slots=True)
class Place:
    """Hold where a face is: centre and height, pixels."""

    x: float
    y: float
    height: float

    def is_near(self, other: Place) -> bool:
        """Return True for a face of about the size, some face heights away at most."""
        larger = max(self.height, other.height)
        smaller = min(self.height, other.height)
        way = hypot(self.x - other.x, self.y - other.y)
        return way <= NEARBY_FACES * larger and larger <= NEARBY_SIZES * smaller


@dataclass(slots=True)
class Visitor:
    """Hold what is known of somebody without a name, seen today."""

    visitor_id: str
    visit_id: str
    first_ns: int
    last_ns: int
    total: Vector | None = None
    """Sum of the unit vectors of all good views, (d,) float32."""
    opted_out: bool = False
    not_customers: set[str] = field(default_factory=set)
    """Customers whom the visitor was taken for, and said not to be."""
    denies: bool = False
    """The visitor said so of a customer who is not known here, as before a restart."""
    returning: bool = False
    """A visit of today ended before this one."""

    def similarity(self, vector: Vector) -> float:
        """Return the cosine similarity with the mean of all views; -1 without any."""
        if self.total is None:
            return -1.0
        lengths = np.linalg.norm(self.total) * np.linalg.norm(vector)
        if lengths == 0:
            return -1.0
        return float(self.total @ vector / lengths)

    def may_be(self, customer_id: str) -> bool:
        """Return False for a customer whom the visitor said not to be.

        Where it is not known whom they meant, that is the first one.
        """
        if self.denies:
            self.denies = False
            self.not_customers.add(customer_id)
        return customer_id not in self.not_customers

    def add(self, vector: Vector) -> None:
        """Remember one more view, or the sum of several."""
        if self.total is None:
            self.total = vector.copy()
        else:
            self.total = self.total + vector


@dataclass(slots=True)
class Track:
    """Hold one track, and who it is as far as we know."""

    track_id: str
    camera_id: str
    visitor: Visitor
    first_ns: int
    first_offset: int
    last_ns: int
    views: list[Vector] = field(default_factory=list)
    """Good views until the track is matched with the day's visitors; then empty."""
    matched: bool = False
    first_place: Place | None = None
    last_place: Place | None = None
    viewed_ns: int = -1
    """Capture time of the latest good view; before any, below all times."""
    evidence: Evidence = field(default_factory=Evidence)
    """What the good views say together."""
    customer_id: str | None = None
    agreement: Agreement = NOTHING_AGREED
    """Of the customer, while the track is known."""
    confidence: float = 0.0
    """Of the latest decision about it."""
    liveness: Liveness = field(default_factory=Liveness)
    """What was seen of life since the track was taken for who it is now."""

    def follows(self, other: Track) -> bool:
        """Return True for a track that begins where and soon after another one was lost."""
        if self.camera_id != other.camera_id:
            return False
        if self.first_place is None or other.last_place is None:
            return False
        gap_ns = self.first_ns - other.last_ns
        if not -CONCURRENT_NS <= gap_ns <= NEARBY_NS:
            return False
        return self.first_place.is_near(other.last_place)

    def overlaps(self, other: Track) -> bool:
        """Return True when one camera saw both for longer than a hand-over takes."""
        if self.camera_id != other.camera_id:
            return False
        begin_ns = max(self.first_ns, other.first_ns)
        end_ns = min(self.last_ns, other.last_ns)
        return end_ns - begin_ns > CONCURRENT_NS


class StandDay:
    """Keep the visitors of one stand on one local day."""

    def __init__(self, stand_id: str, day: date) -> None:
        self.stand_id = stand_id
        self.day = day
        self.visitors: dict[str, Visitor] = {}
        self.tracks: dict[str, Track] = {}
        self.latest_ns = 0
        """Capture time of the latest picture with a face."""
        self.model = ""
        """Of the embeddings; empty before the first one."""

    def use(self, model: str) -> None:
        """Name the model of the embeddings to come, and forget those of another one.

        Embeddings of different models are never compared.
        """
        if model == self.model:
            return
        self.model = model
        for visitor in self.visitors.values():
            visitor.total = None
        for track in self.tracks.values():
            track.views = []
            track.matched = False
            track.evidence.clear()

    def begin(
        self,
        track_id: str,
        camera_id: str,
        at_ns: int,
        offset: int,
    ) -> Track:
        """Add a track as a visitor of its own, until it proves to be an earlier one.

        `offset` is that of the first record with the track.
        """
        visitor_id = ids.visitor_id(self.stand_id, self.day, track_id)
        visitor = Visitor(
            visitor_id=visitor_id,
            visit_id=ids.visit_id(visitor_id, track_id),
            first_ns=at_ns,
            last_ns=at_ns,
        )
        track = Track(
            track_id=track_id,
            camera_id=camera_id,
            visitor=visitor,
            first_ns=at_ns,
            first_offset=offset,
            last_ns=at_ns,
        )
        self.visitors[visitor_id] = visitor
        self.tracks[track_id] = track
        return track

    def see(
        self,
        track: Track,
        at_ns: int,
        place: Place | None = None,
    ) -> None:
        """Extend the track and its visitor's visit to `at_ns`; never backwards."""
        if track.first_place is None:
            track.first_place = place
        if at_ns >= track.last_ns:
            track.last_place = place
        self.latest_ns = max(self.latest_ns, at_ns)
        track.last_ns = max(track.last_ns, at_ns)
        track.visitor.last_ns = max(track.visitor.last_ns, at_ns)

    def may_be(self, track: Track, customer_id: str) -> bool:
        """Return False for a customer whom the track's visitor said not to be.

        Who it is of the day's visitors is not known from the first view on: until then, that any
        of them said so.
        """
        if track.matched:
            return track.visitor.may_be(customer_id)
        for visitor in self.visitors.values():
            if customer_id in visitor.not_customers:
                return False
        return track.visitor.may_be(customer_id)

    def add_view(
        self,
        track: Track,
        vector: Vector,
        *,
        views: int,
        threshold: float,
    ) -> list[Track]:
        """Remember a good view; with `views` of them, look for an earlier visitor.

        Returns the tracks whose visitor changed. `threshold` is the least similarity.
        """
        if track.matched:
            track.visitor.add(vector)
            return []
        track.views.append(vector)
        if len(track.views) < views:
            return []
        total: Vector = np.stack(track.views).sum(axis=0)
        track.views = []
        track.matched = True
        earlier = self._most_similar(track, total, threshold)
        if earlier is None:
            track.visitor.add(total)
            return []
        return self._join(track, earlier, total)

    def _most_similar(
        self,
        track: Track,
        total: Vector,
        threshold: float,
    ) -> Visitor | None:
        """Return the visitor of the day whom a track resembles most, or None below `threshold`.

        Who is in the picture of the same camera at the same time is somebody else. Of who was
        lost there before less is asked.
        """
        excluded = self._present_with(track)
        followed = self._followed_by(track)
        best = None
        highest = threshold
        for visitor in self.visitors.values():
            if visitor.visitor_id in excluded:
                continue
            similarity = visitor.similarity(total)
            if visitor.visitor_id in followed:
                similarity += NEARBY_LESS
            if similarity >= highest:
                best = visitor
                highest = similarity
        return best

    def _followed_by(self, track: Track) -> Set[str]:
        """Return the visitors whose tracks were lost where and when this one began."""
        found = set()
        for other in self.tracks.values():
            if other is not track and track.follows(other):
                found.add(other.visitor.visitor_id)
        return found

    def _present_with(self, track: Track) -> Set[str]:
        """Return the track's own visitor, and those whom its camera saw beside it."""
        found = {track.visitor.visitor_id}
        for other in self.tracks.values():
            if other is not track and other.overlaps(track):
                found.add(other.visitor.visitor_id)
        return found

    def _join(
        self,
        track: Track,
        found: Visitor,
        total: Vector,
    ) -> list[Track]:
        """Make one visitor of a track's own and `found`; the older one stays.

        Returns the tracks whose visitor changed.
        """
        own = track.visitor
        older = found
        younger = own
        if own.first_ns < found.first_ns:
            older = own
            younger = found
        if own.first_ns - older.last_ns > VISIT_GAP_NS:
            older.visit_id = ids.visit_id(older.visitor_id, track.track_id)
            older.returning = True
        older.returning = older.returning or younger.returning
        older.not_customers |= younger.not_customers
        older.denies = older.denies or younger.denies
        older.last_ns = max(older.last_ns, younger.last_ns)
        older.add(total)
        if younger.total is not None:
            older.add(younger.total)
        del self.visitors[younger.visitor_id]
        changed = []
        for other in self.tracks.values():
            if other.visitor is younger:
                other.visitor = older
                changed.append(other)
        return changed

    def forget_ended(self, now_ns: int, after_ns: int) -> None:
        """Drop tracks that were last seen more than `after_ns` ago.

        With them go the visitors of whom no track and no view is left.
        """
        oldest_ns = now_ns - after_ns
        ended = [track for track in self.tracks.values() if track.last_ns < oldest_ns]
        for track in ended:
            del self.tracks[track.track_id]
        remaining = {track.visitor.visitor_id for track in self.tracks.values()}
        for track in ended:
            visitor = track.visitor
            if visitor.total is None and visitor.visitor_id not in remaining:
                self.visitors.pop(visitor.visitor_id, None)

    def goes_on(self, visit_id: str) -> bool:
        """Return True while a track of the visit is kept."""
        tracks = self.tracks.values()
        return any(track.visitor.visit_id == visit_id for track in tracks)

    def visit(self, visit_id: str) -> Visitor | None:
        """Return the visitor of a visit, or None when it is not of this stand and day."""
        for visitor in self.visitors.values():
            if visitor.visit_id == visit_id:
                return visitor
        return None
