"""One person at a stand: glances, score and the parts that are published."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import exp
from typing import Annotated, Final

from pydantic import Field

from vitrine.clock import SECOND_NS
from vitrine.presence.attention import Attention
from vitrine.presence.company import (
    CHILD_VIEWS,
    LONGEST_STEP_NS,
    TOGETHER_NS,
    Neighbour,
)
from vitrine.presence.expression import Baseline
from vitrine.presence.eyes import Eyes
from vitrine.presence.liveness import Liveness, place_of
from vitrine.presence.reacting import Reacting, clipped
from vitrine.presence.rules import PresenceRules
from vitrine.presence.score import MOTION_S, Span, View, proximity, steadiness
from vitrine.presence.shown_groups import Groups, ShownGroups
from vitrine.schemas import Exposure, Face, Interval, Person

PART_NS: Final = 60 * SECOND_NS
"""Parts are cut at event-time multiples of this: the definition of an exposure."""
WINDOW_NS: Final = 3 * SECOND_NS
"""The live score is that of the last 3 s: its definition (docs/metrics.md)."""

# Chosen, not measured: tracks break every few seconds at worst, and an exposure
# has to stay far below the largest record of its topic.
TRACKS_KEPT: Final = 32
"""A presence of more tracks keeps its first and its latest."""


@dataclass(slots=True)
class Presence:
    """Keep the state of one person, from the first view on.

    All but `recent` and `shown` outlives a restart.
    """

    presence_id: str
    track_ids: list[str]
    start_ns: int
    seen_ns: int
    x: float
    """Centre of the face at the last view, pixels."""
    y: float
    height_px: float
    """Height of the face at the last view."""
    usual_x: float
    """Smoothed `x`."""
    parts: list[Span]
    """The part that grows is last. Those before it are cut, and wait until the glances
    in them are certain."""
    published: int = 0
    """Number of parts before those."""
    published_attention_ns: int = 0
    glances: list[Interval] = field(default_factory=list)
    """Glances that are over, as far as a part to come or the live score needs them."""
    attention: Attention = field(default_factory=Attention)
    eyes: Eyes = field(default_factory=Eyes)
    liveness: Liveness = field(default_factory=Liveness)
    baseline: Baseline = field(default_factory=Baseline)
    reacting: Reacting = field(default_factory=Reacting)
    face_share: float = 0.0
    """Height of the face at the last view, as a share of the picture's."""
    beside_ns: dict[str, int] = field(default_factory=dict)
    """For how long each presence that came at the same time was beside this one."""
    compared: int = 0
    """Views beside somebody whose height can be compared."""
    lower: int = 0
    """Of these, those that are as low as a child's."""
    shown: Annotated[
        ShownGroups,
        Field(exclude=True),
    ] = field(default_factory=ShownGroups)
    """Never stored: which expressions a face shows is in memory only."""
    recent: Annotated[
        deque[tuple[int, int, View]],
        Field(exclude=True),
    ] = field(default_factory=deque)
    """Views of the last seconds: since when, until when, and what."""

    @classmethod
    def begin(
        cls,
        presence_id: str,
        at_ns: int,
        face: Face,
    ) -> Presence:
        """Return a presence before its first view is taken."""
        x, y, height_px = place_of(face)
        return cls(
            presence_id=presence_id,
            track_ids=[face.track_id],
            start_ns=at_ns,
            seen_ns=at_ns,
            x=x,
            y=y,
            height_px=height_px,
            usual_x=x,
            parts=[Span(at_ns, at_ns)],
            liveness=Liveness(origin=[x, y]),
        )

    @property
    def track_id(self) -> str:
        """Return the track that shows the person now, or did last."""
        return self.track_ids[-1]

    @property
    def speed(self) -> float:
        """Return the lateral speed, smoothed, in pixels a second.

        A smoothed place lags behind by what is walked in the time of the smoothing.
        """
        lag_px = self.x - self.usual_x
        return lag_px / MOTION_S

    def check_liveness(
        self,
        at_ns: int,
        face: Face,
        *,
        covered: bool,
    ) -> None:
        """See if the face has moved; a view may be checked more than once.

        `covered`: somebody may stand before it.
        """
        if face.track_id != self.track_id:
            self.liveness.change_track()
        self.liveness.observe(
            at_ns,
            face,
            last_height_px=self.height_px,
            covered=covered,
        )

    def observe(
        self,
        at_ns: int,
        face: Face,
        face_share: float,
        rules: PresenceRules,
        groups: Groups | None = None,
    ) -> None:
        """Take a view; `face_share` is the face's height as a share of the picture's.

        `groups` are those of the expression, where this view was judged.
        """
        passed_ns = at_ns - self.seen_ns
        seconds = passed_ns / SECOND_NS
        self._follow(face, seconds)
        closed = self.eyes.are_closed(face, self.height_px, seconds)
        glance = self.attention.observe(
            at_ns,
            yaw=face.yaw,
            pitch=face.pitch,
            cone=rules.cone,
            closed=closed,
        )
        if glance is not None:
            self.glances.append(glance)
        response = 0.0
        if self.attention.faces:
            response = self.baseline.observe(face.expression, seconds)
            if rules.stand.reactions == "expression":
                self.reacting.observe(self.seen_ns, at_ns, response)
            if groups is not None:
                self.shown.observe(at_ns, groups)
        self.face_share = min(1.0, round(face_share, 4))
        lag_px = self.x - self.usual_x
        view = View(
            proximity=proximity(face_share, rules.stand.zone),
            response=response,
            steadiness=steadiness(lag_px, self.height_px),
        )
        self._add_up(at_ns, view)

    @property
    def child(self) -> bool:
        """Return true for a head that is as low as a child's beside most of its neighbours."""
        return self.lower >= CHILD_VIEWS and 2 * self.lower > self.compared

    @property
    def neighbour(self) -> Neighbour:
        """Return where the face is."""
        return Neighbour(
            presence_id=self.presence_id,
            start_ns=self.start_ns,
            x=self.x,
            y=self.y,
            height_px=self.height_px,
        )

    def stand_beside(self, other_id: str, passed_ns: int) -> None:
        """Take in that somebody who came at the same time was beside this one."""
        known_ns = self.beside_ns.get(other_id, 0)
        self.beside_ns[other_id] = known_ns + min(passed_ns, LONGEST_STEP_NS)

    def companions(self) -> list[str]:
        """Return the presences that came together with this one."""
        found = []
        for other_id, beside_ns in self.beside_ns.items():
            if beside_ns >= TOGETHER_NS:
                found.append(other_id)
        return found

    def _follow(self, face: Face, seconds: float) -> None:
        """Move to the place of a face, on the track that shows it."""
        if face.track_id != self.track_id:
            if face.track_id in self.track_ids:
                self.track_ids.remove(face.track_id)
            self.track_ids.append(face.track_id)
            del self.track_ids[1 : -(TRACKS_KEPT - 1)]
        self.x, self.y, self.height_px = place_of(face)
        share = 1 - exp(-seconds / MOTION_S)
        step = share * (self.x - self.usual_x)
        self.usual_x = round(self.usual_x + step, 3)

    def _add_up(self, at_ns: int, view: View) -> None:
        """Let the view count from the last one on, in each part that it reaches into."""
        part = self.parts[-1]
        cut_ns = next_cut(part.start_ns)
        while at_ns > cut_ns:
            part.extend(cut_ns, view)
            part = Span(cut_ns, cut_ns)
            self.parts.append(part)
            cut_ns += PART_NS
        part.extend(at_ns, view)
        self.recent.append((self.seen_ns, at_ns, view))
        self.seen_ns = at_ns
        window_ns = at_ns - WINDOW_NS
        while self.recent[0][1] <= window_ns:
            self.recent.popleft()

    def cut(self, rules: PresenceRules, *, synthetic: bool) -> list[Exposure]:
        """Take off the parts that are over and certain; none before liveness is proven."""
        exposures = []
        while self._first_part_is_certain():
            exposure = self._publish(
                rules,
                synthetic=synthetic,
                final=False,
            )
            exposures.append(exposure)
        part_ns = self.parts[0].start_ns
        window_ns = self.seen_ns - WINDOW_NS
        needed_ns = min(part_ns, window_ns)
        self.glances = [glance for glance in self.glances if glance[1] > needed_ns]
        self.reacting.forget(part_ns)
        return exposures

    def _first_part_is_certain(self) -> bool:
        if not self.liveness.proven or len(self.parts) == 1:
            return False
        first = self.parts[0]
        return not self.attention.may_change_before(first.end_ns)

    def end(self, rules: PresenceRules, *, synthetic: bool) -> list[Exposure]:
        """Take off all that is left, the last part as final; nothing of a static face."""
        glance = self.attention.close()
        if glance is not None:
            self.glances.append(glance)
        exposures: list[Exposure] = []
        if not self.liveness.proven:
            return exposures
        while self.parts:
            exposure = self._publish(
                rules,
                synthetic=synthetic,
                final=len(self.parts) == 1,
            )
            exposures.append(exposure)
        return exposures

    def _publish(
        self,
        rules: PresenceRules,
        *,
        synthetic: bool,
        final: bool,
    ) -> Exposure:
        """Take off the oldest part."""
        part = self.parts.pop(0)
        attention = self._glances_within(part.start_ns, part.end_ns)
        attention_ns = _total_ns(attention)
        attention_s = attention_ns / SECOND_NS
        exposure = Exposure(
            stand_id=rules.stand.id,
            presence_id=self.presence_id,
            part=self.published,
            final=final,
            track_ids=tuple(self.track_ids),
            start_ns=part.start_ns,
            end_ns=part.end_ns,
            attention=attention,
            score_mean=part.score(attention_s, rules.stand.weights),
            response_mean=part.response_mean(),
            response_max=part.response_max,
            reactions=self._reactions_within(part, rules),
            synthetic=synthetic,
            config_version=rules.config_version,
        )
        self.published += 1
        self.published_attention_ns += attention_ns
        return exposure

    def _glances_within(self, start_ns: int, end_ns: int) -> tuple[Interval, ...]:
        """Return the glances, the open one included, as far as they lie in a time."""
        glances = list(self.glances)
        open_glance = self.attention.glance()
        if open_glance is not None:
            glances.append(open_glance)
        return clipped(glances, start_ns, end_ns)

    def _reactions_within(
        self, part: Span, rules: PresenceRules
    ) -> tuple[Interval, ...] | None:
        """Return the reactions of a part; None where the stand does not ask, and of a child."""
        if rules.stand.reactions == "off" or self.child:
            return None
        return self.reacting.within(part.start_ns, part.end_ns)

    def live(self, rules: PresenceRules, group: int = 1) -> Person:
        """Return the person as of the last view, one of a group of so many."""
        unpublished = self._glances_within(
            start_ns=self.parts[0].start_ns, end_ns=self.seen_ns
        )
        attention_ns = self.published_attention_ns + _total_ns(unpublished)
        attention_s = attention_ns / SECOND_NS
        dwell_ns = self.seen_ns - self.start_ns
        dwell_s = dwell_ns / SECOND_NS
        return Person(
            presence_id=self.presence_id,
            track_id=self.track_id,
            dwell_s=round(dwell_s, 3),
            attending=self.attention.settled,
            attention_s=round(attention_s, 3),
            score=self._recent_score(rules),
            face=self.face_share,
            group=group,
            child=self.child,
        )

    def _recent_score(self, rules: PresenceRules) -> float:
        """Return the score of the last 3 s; just after a restart, of the part so far."""
        window = self.parts[-1]
        if self.recent:
            known_ns = self.recent[0][0]
            start_ns = max(known_ns, self.seen_ns - WINDOW_NS)
            window = Span(start_ns, start_ns)
            for _, end_ns, view in self.recent:
                window.extend(end_ns, view)
        attention = self._glances_within(window.start_ns, window.end_ns)
        attention_s = _total_ns(attention) / SECOND_NS
        return window.score(attention_s, rules.stand.weights)


def next_cut(at_ns: int) -> int:
    """Return the first multiple of 60 s after a time."""
    past = at_ns // PART_NS
    return (past + 1) * PART_NS


def _total_ns(intervals: Iterable[Interval]) -> int:
    total_ns = 0
    for start_ns, end_ns in intervals:
        total_ns += end_ns - start_ns
    return total_ns
