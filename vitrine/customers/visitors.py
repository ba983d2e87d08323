"""Anonymous visitors of one stand on one day: which tracks belong together.

Two tracks become one visitor by their embeddings, which stay in memory and are dropped
at the end of the day.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from vitrine import ids
from vitrine.clock import SECOND_NS
from vitrine.customers.in_order import InOrder
from vitrine.customers.records import Vector
from vitrine.customers.tracks import Place, Track, Visitor

# Part of the definition of a visit (docs/architecture.md): presences of one visitor
# with gaps up to a minute. A convention, not measured.
VISIT_GAP_NS: Final = 60 * SECOND_NS

# Who left the picture seconds ago, and somebody who appears there, are mostly one person. Less
# likeness is asked of them: at 0.40 in place of 0.50, two photos of a person with a mask are one
# visitor in 86 % in place of 79 %, and those of different people in 0.4 % in place of 0.02 %
# (`python -m benchmarks.covered_faces`, docs/attacks.md).
NEARBY_LESS: Final = 0.10


@dataclass(frozen=True, slots=True)
class ComparedView:
    """Hold a good view (d,) of a track, and what its camera had shown by then."""

    track: Track
    vector: Vector
    at_ns: int
    """The capture time."""
    beside: tuple[Track, ...]
    """Tracks that were in the picture at the same time: other people."""
    lost: tuple[Track, ...]
    """Tracks that ended where and when this one began: mostly the same person."""


class StandDay:
    """Keep the visitors of one stand on one local day.

    A view is compared once no camera of the stand can bring an earlier one, so that it does not
    matter in which order their pictures come.
    """

    def __init__(self, stand_id: str, day: date) -> None:
        self.stand_id = stand_id
        self.day = day
        self.visitors: dict[str, Visitor] = {}
        self.tracks: dict[str, Track] = {}
        self.latest_ns = 0
        """Capture time of the latest picture with a face."""
        self.model = ""
        """Of the embeddings; empty before the first one."""
        self._waiting: InOrder[ComparedView] = InOrder()

    def expect(self, cameras: Iterable[str], at_ns: int) -> None:
        """Wait for the cameras of the stand from `at_ns` on, and for a second at most."""
        self._waiting.expect(cameras, at_ns)

    def reach(self, camera_id: str, at_ns: int) -> None:
        """Note that all views of a camera until `at_ns` wait here."""
        self._waiting.reach(camera_id, at_ns)

    def end(self, camera_id: str) -> None:
        """Wait no longer for a camera whose source closed."""
        self._waiting.end(camera_id)

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
        self._waiting.clear()

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

    def wait(self, track: Track, vector: Vector, at_ns: int) -> None:
        """Keep a good view until it may be compared."""
        view = self.view(track, vector, at_ns)
        self._waiting.add(track.camera_id, at_ns, view)

    def view(self, track: Track, vector: Vector, at_ns: int) -> ComparedView:
        """Return a view of a track, with what its camera has shown until now."""
        return ComparedView(
            track=track,
            vector=vector,
            at_ns=at_ns,
            beside=self._present_with(track),
            lost=self._followed_by(track),
        )

    def ready(self) -> list[ComparedView]:
        """Take out the views that wait no longer, in the order of their capture."""
        views = self._waiting.ready()
        # Some may have opted out meanwhile.
        return [view for view in views if not view.track.visitor.opted_out]

    def add_view(
        self,
        view: ComparedView,
        *,
        views: int,
        threshold: float,
    ) -> list[Track]:
        """Remember a good view; with `views` of them, look for an earlier visitor.

        Returns the tracks whose visitor changed. `threshold` is the least similarity.
        """
        track = view.track
        if track.matched:
            track.visitor.add(view.vector)
            return []
        track.views.append(view.vector)
        if len(track.views) < views:
            return []
        total: Vector = np.stack(track.views).sum(axis=0)
        track.views = []
        track.matched = True
        earlier = self._most_similar(view, total, threshold)
        if earlier is None:
            track.visitor.add(total)
            return []
        return self._join(track, earlier, total)

    def _most_similar(
        self,
        view: ComparedView,
        total: Vector,
        threshold: float,
    ) -> Visitor | None:
        """Return the visitor of the day whom a track resembles most, or None below `threshold`.

        Who is in the picture of the same camera at the same time is somebody else. Of who was
        lost there before less is asked.
        """
        excluded = _visitors_of(view.beside)
        excluded.add(view.track.visitor.visitor_id)
        followed = _visitors_of(view.lost)
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

    def _followed_by(self, track: Track) -> tuple[Track, ...]:
        """Return the tracks that were lost where and when this one began."""
        others = [each for each in self.tracks.values() if each is not track]
        return tuple(each for each in others if track.follows(each))

    def _present_with(self, track: Track) -> tuple[Track, ...]:
        """Return the tracks that the camera of a track saw beside it."""
        others = [each for each in self.tracks.values() if each is not track]
        return tuple(each for each in others if each.overlaps(track))

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


def _visitors_of(tracks: Iterable[Track]) -> set[str]:
    return {track.visitor.visitor_id for track in tracks}
