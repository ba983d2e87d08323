"""Anonymous visitors of one stand on one day: which tracks belong together.

What makes two tracks one visitor is the embedding; it stays in memory and is dropped at the end of the day.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from vitrine import ids
from vitrine.customers.gallery import Vector

SECOND_NS = 1_000_000_000
VISIT_GAP_NS = 60 * SECOND_NS
CONCURRENT_NS = SECOND_NS // 2
VIEWS_REMEMBERED = 15


@dataclass(slots=True)
class Visitor:
    """Somebody without a name, seen today."""

    visitor_id: str
    visit_id: str
    first_ns: int
    last_ns: int
    total: Vector | None = None
    """Sum of the unit vectors of all good views, (d,) float32."""
    opted_out: bool = False

    def similarity(self, vector: Vector) -> float:
        """Cosine similarity with the mean of all views; -1 without any."""
        if self.total is None:
            return -1.0
        return float(
            self.total
            @ vector
            / (np.linalg.norm(self.total) * np.linalg.norm(vector) + 1e-9)
        )

    def add(self, vector: Vector) -> None:
        """Remember one more view."""
        self.total = vector.copy() if self.total is None else self.total + vector


@dataclass(slots=True)
class Track:
    """One track, and who it is as far as we know."""

    track_id: str
    camera_id: str
    visitor: Visitor
    first_ns: int
    first_offset: int
    last_ns: int
    views: list[Vector] = field(default_factory=list)
    """Good views until the track is matched with the day's visitors; then empty."""
    matched: bool = False
    votes: deque[str | None] = field(
        default_factory=lambda: deque(maxlen=VIEWS_REMEMBERED)
    )
    """For each good view, the customer it resembles, or None."""
    customer_id: str | None = None


class StandDay:
    """The visitors of one stand on one local day."""

    def __init__(self, stand_id: str, day: date) -> None:
        self.stand_id = stand_id
        self.day = day
        self.visitors: dict[str, Visitor] = {}
        self.tracks: dict[str, Track] = {}
        self._model = ""

    def use(self, model: str) -> None:
        """The model of the embeddings to come; those of another one are never compared, so forget them."""
        if model == self._model:
            return
        self._model = model
        for visitor in self.visitors.values():
            visitor.total = None
        for track in self.tracks.values():
            track.views = []
            track.matched = False

    def begin(self, track_id: str, camera_id: str, at_ns: int, offset: int) -> Track:
        """A track seen for the first time: a visitor of its own, until it proves to be somebody else."""
        visitor_id = ids.visitor_id(self.stand_id, self.day, track_id)
        visitor = Visitor(visitor_id, ids.visit_id(visitor_id, track_id), at_ns, at_ns)
        self.visitors[visitor_id] = visitor
        track = self.tracks[track_id] = Track(
            track_id, camera_id, visitor, at_ns, offset, at_ns
        )
        return track

    def see(self, track: Track, at_ns: int) -> None:
        """The track goes on."""
        track.last_ns = max(track.last_ns, at_ns)
        track.visitor.last_ns = max(track.visitor.last_ns, at_ns)

    def join(self, track: Track, threshold: float) -> list[Track]:
        """Match a track by the mean of its views with the visitors of the day; the older visitor stays.

        Returns the tracks whose visitor changed. Somebody who is in the picture of the same camera as
        another track at the same time is somebody else.
        """
        mean: Vector = np.stack(track.views).sum(axis=0)
        track.views = []
        track.matched = True
        own = track.visitor
        present = {
            t.visitor.visitor_id for t in self.tracks.values() if _overlap(t, track)
        }
        others = [
            v
            for v in self.visitors.values()
            if v is not own and v.visitor_id not in present
        ]
        best = max(others, key=lambda visitor: visitor.similarity(mean), default=None)
        if best is None or best.similarity(mean) < threshold:
            own.add(mean)
            return []
        older, younger = (best, own) if best.first_ns <= own.first_ns else (own, best)
        if own.first_ns - older.last_ns > VISIT_GAP_NS:
            older.visit_id = ids.visit_id(older.visitor_id, track.track_id)
        older.last_ns = max(older.last_ns, younger.last_ns)
        older.add(mean)
        if younger.total is not None:
            older.add(younger.total)
        del self.visitors[younger.visitor_id]
        changed = [other for other in self.tracks.values() if other.visitor is younger]
        for other in changed:
            other.visitor = older
        return changed

    def forget_ended(self, now_ns: int, after_ns: int) -> None:
        """Drop tracks that ended, and visitors of whom nothing is left to recognise them by."""
        ended = [t for t in self.tracks.values() if now_ns - t.last_ns > after_ns]
        for track in ended:
            del self.tracks[track.track_id]
        alive = {track.visitor.visitor_id for track in self.tracks.values()}
        for track in ended:
            visitor = track.visitor
            if visitor.total is None and visitor.visitor_id not in alive:
                self.visitors.pop(visitor.visitor_id, None)

    def visit(self, visit_id: str) -> Visitor | None:
        """Whose visit it is."""
        return next((v for v in self.visitors.values() if v.visit_id == visit_id), None)


def _overlap(one: Track, other: Track) -> bool:
    """Whether both were in one camera's picture for longer than a hand-over takes."""
    if one is other or one.camera_id != other.camera_id:
        return False
    return (
        min(one.last_ns, other.last_ns) - max(one.first_ns, other.first_ns)
        > CONCURRENT_NS
    )
