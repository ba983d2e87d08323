"""One person at a stand: glances, score and the parts that are published."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import exp, hypot
from typing import Annotated, Final

from pydantic import Field

from vitrine.mall import Camera as CameraConfig
from vitrine.mall import Stand
from vitrine.presence.attention import Attention, Cone, cone_of
from vitrine.presence.expression import Baseline
from vitrine.presence.life import Motion
from vitrine.presence.score import MOTION_S, Span, View, proximity, steadiness
from vitrine.schemas import Exposure, Face, Interval, Person
from vitrine.services.engagement.settings import EngagementSettings

PART_NS: Final = 60_000_000_000
"""Parts are cut at event-time multiples of this."""
WINDOW_NS: Final = 3_000_000_000
"""What the live score looks back on."""
MOVE_NS: Final = 500_000_000
SURE_MOVES: Final = 4
"""Motion in so many half seconds is life, whatever happens around the face."""
TRAVELLED: Final = 0.6
"""So is a place so many face heights from the first one."""
TRACKS_KEPT: Final = 32
"""A presence of more tracks keeps its first and its latest."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What the configuration says about a stand, as one of its cameras sees it."""

    stand: Stand
    cone: Cone
    config_version: str
    bridge_ns: int
    """Shorter gaps do not end a presence."""
    proof_of_life: bool
    """Only faces that have moved count."""

    @classmethod
    def of(
        cls,
        stand: Stand,
        config_version: str,
        settings: EngagementSettings,
        camera: CameraConfig | None = None,
    ) -> Terms:
        """Terms of a stand as configured; without `camera`, of one that the configuration does not name."""
        cone = cone_of(stand.screen, camera)
        return cls(
            stand, cone, config_version, settings.bridge_ns, settings.proof_of_life
        )


@dataclass(slots=True)
class Presence:
    """State of one person, from the first view on; all but `recent` outlives a restart."""

    presence_id: str
    track_ids: list[str]
    start_ns: int
    seen_ns: int
    x: float
    """Centre of the face at the last view, pixels."""
    y: float
    size: float
    """Height of the face at the last view, pixels."""
    usual_x: float
    """Smoothed `x`."""
    parts: list[Span]
    """The part that grows, last; before it, cut ones that wait for the end of a glance to be known."""
    published: int = 0
    """Number of parts before those."""
    published_attention_ns: int = 0
    glances: list[Interval] = field(default_factory=list)
    """Finished ones that a part to come or the live score needs."""
    attention: Attention = field(default_factory=Attention)
    motion: Motion = field(default_factory=Motion)
    moved_ns: int = 0
    """When the face had moved last."""
    moves: int = 0
    """In how many half seconds it did, up to `SURE_MOVES`."""
    origin: list[float] = field(default_factory=list)
    """x and y of the first view, until it lives."""
    living: bool = False
    """It has moved by itself; until then the face may be a print, or noise."""
    baseline: Baseline = field(default_factory=Baseline)
    recent: Annotated[deque[tuple[int, int, View]], Field(exclude=True)] = field(
        default_factory=deque
    )
    """Views of the last seconds: since when, until when, what."""

    @classmethod
    def begin(cls, presence_id: str, at_ns: int, face: Face) -> Presence:
        """A presence before its first view is taken."""
        x, y, size = place_of(face)
        parts = [Span(at_ns, at_ns)]
        return cls(
            presence_id,
            [face.track_id],
            at_ns,
            at_ns,
            x,
            y,
            size,
            x,
            parts,
            origin=[x, y],
        )

    @property
    def speed(self) -> float:
        """Lateral, smoothed: pixels a second. A smoothed place lags behind by what is walked in that time."""
        return (self.x - self.usual_x) / MOTION_S

    def feel(self, at_ns: int, face: Face, *, covered: bool) -> None:
        """See whether the face has moved; a view may be felt more than once.

        `covered`: somebody may stand before it, who draws the landmarks of a print aside and lets them go.
        """
        if face.track_id != self.track_ids[-1]:
            self.motion = (
                Motion()
            )  # another track may lie a little beside the one before
        moved = self.motion.observe(at_ns, face)
        travelled = self._has_travelled(face)
        if not (moved or travelled):
            return
        if at_ns // MOVE_NS > self.moved_ns // MOVE_NS:
            self.moves = min(self.moves + 1, SURE_MOVES)
        self.moved_ns = at_ns
        self.living = (
            self.living or travelled or self.moves == SURE_MOVES or not covered
        )
        if self.living:
            self.origin = []

    def _has_travelled(self, face: Face) -> bool:
        """Whether a face that has not proved to live is elsewhere by now, on whatever track."""
        if not self.origin:
            return False
        (x, y, size), (start_x, start_y) = place_of(face), self.origin
        return hypot(x - start_x, y - start_y) >= TRAVELLED * max(size, self.size)

    def observe(self, at_ns: int, face: Face, face_share: float, terms: Terms) -> None:
        """Take a view; `face_share` is the face's height as a share of the picture's."""
        seconds = (at_ns - self.seen_ns) / 1e9
        self._follow(face, seconds)
        glance = self.attention.observe(at_ns, face.yaw, face.pitch, terms.cone)
        if glance:
            self.glances.append(glance)
        inside = self.attention.inside()
        view = View(
            proximity(face_share, terms.stand.zone),
            self.baseline.observe(face.expression, seconds) if inside else 0.0,
            steadiness(self.x - self.usual_x, self.size),
        )
        self._account(at_ns, view)

    def _follow(self, face: Face, seconds: float) -> None:
        if face.track_id != self.track_ids[-1]:
            self.track_ids = [t for t in self.track_ids if t != face.track_id] + [
                face.track_id
            ]
            del self.track_ids[1 : -(TRACKS_KEPT - 1)]
        self.x, self.y, self.size = place_of(face)
        self.usual_x = round(
            self.usual_x + (1 - exp(-seconds / MOTION_S)) * (self.x - self.usual_x), 3
        )

    def _account(self, at_ns: int, view: View) -> None:
        while at_ns > (cut_ns := next_cut(self.parts[-1].start_ns)):
            self.parts[-1].extend(cut_ns, view)
            self.parts.append(Span(cut_ns, cut_ns))
        self.parts[-1].extend(at_ns, view)
        self.recent.append((self.seen_ns, at_ns, view))
        self.seen_ns = at_ns
        while self.recent[0][1] <= at_ns - WINDOW_NS:
            self.recent.popleft()

    def cut(self, terms: Terms, *, synthetic: bool) -> Iterator[Exposure]:
        """Takes off the parts that are over and certain; none before the face has proved to live."""
        while (
            self.living
            and len(self.parts) > 1
            and not self.attention.may_change_before(self.parts[0].end_ns)
        ):
            yield self._publish(terms, synthetic=synthetic, final=False)
        needed_ns = min(self.parts[0].start_ns, self.seen_ns - WINDOW_NS)
        self.glances = [glance for glance in self.glances if glance[1] > needed_ns]

    def end(self, terms: Terms, *, synthetic: bool) -> Iterator[Exposure]:
        """Takes off all that is left, the last part as final; nothing of a face that never moved."""
        glance = self.attention.close()
        if glance:
            self.glances.append(glance)
        while self.living and self.parts:
            yield self._publish(terms, synthetic=synthetic, final=len(self.parts) == 1)

    def _publish(self, terms: Terms, *, synthetic: bool, final: bool) -> Exposure:
        part = self.parts.pop(0)
        attention = self._attention(part.start_ns, part.end_ns)
        attention_ns = _total(attention)
        exposure = Exposure(
            stand_id=terms.stand.id,
            presence_id=self.presence_id,
            part=self.published,
            final=final,
            track_ids=tuple(self.track_ids),
            start_ns=part.start_ns,
            end_ns=part.end_ns,
            attention=attention,
            score_mean=part.score(attention_ns / 1e9, terms.stand.weights),
            response_mean=min(1.0, round(part.response_s / part.seconds, 4)),
            response_max=part.response_max,
            synthetic=synthetic,
            config_version=terms.config_version,
        )
        self.published += 1
        self.published_attention_ns += attention_ns
        return exposure

    def _attention(self, start_ns: int, end_ns: int) -> tuple[Interval, ...]:
        """What of the glances, the open one included, lies in a span."""
        glance = self.attention.glance()
        glances = [*self.glances, glance] if glance else self.glances
        clipped = ((max(start, start_ns), min(end, end_ns)) for start, end in glances)
        return tuple((start, end) for start, end in clipped if start < end)

    def live(self, terms: Terms) -> Person:
        """The presence as of its last view."""
        attention_ns = self.published_attention_ns + _total(
            self._attention(self.parts[0].start_ns, self.seen_ns)
        )
        return Person(
            presence_id=self.presence_id,
            track_id=self.track_ids[-1],
            dwell_s=round((self.seen_ns - self.start_ns) / 1e9, 3),
            attending=self.attention.settled,
            attention_s=round(attention_ns / 1e9, 3),
            score=self._recent_score(terms),
        )

    def _recent_score(self, terms: Terms) -> float:
        """Score of the last 3 s; just after a restart, of the part so far."""
        window = self.parts[-1]
        if self.recent:
            start_ns = max(self.recent[0][0], self.seen_ns - WINDOW_NS)
            window = Span(start_ns, start_ns)
            for _, end_ns, view in self.recent:
                window.extend(end_ns, view)
        attention = self._attention(window.start_ns, window.end_ns)
        return window.score(_total(attention) / 1e9, terms.stand.weights)


def place_of(face: Face) -> tuple[float, float, float]:
    """Centre and height of a face, pixels."""
    left, top, width, height = face.box
    return round(left + width / 2, 2), round(top + height / 2, 2), round(height, 2)


def next_cut(at_ns: int) -> int:
    """The first multiple of 60 s after a time."""
    return (at_ns // PART_NS + 1) * PART_NS


def _total(intervals: tuple[Interval, ...]) -> int:
    return sum(end - start for start, end in intervals)
