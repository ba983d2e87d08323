"""Tracks become visitors, and visitors who asked for it are recognised as customers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from vitrine import ids
from vitrine.bus import Outgoing, Received, TopicPartition
from vitrine.clock import SECOND_NS
from vitrine.customers.decision import (
    Decision,
    View,
    decide,
    join_visitors,
    prove_life,
)
from vitrine.customers.galleries import Galleries
from vitrine.customers.gallery import Gallery
from vitrine.customers.rules import RecognitionRules
from vitrine.customers.tracks import Place, Track
from vitrine.customers.visitors import StandDay
from vitrine.customers.withdrawal import not_me, opt_out, withdraw
from vitrine.errors import Invalid
from vitrine.mall import Stand
from vitrine.mall.folder import MallSource
from vitrine.runtime import Handler, Outputs
from vitrine.schemas import Face, FrameFaces, Identity, IdentityReason, Interaction
from vitrine.sealing import Sealer, view_reference
from vitrine.services.identity.opt_outs import OptOuts, first_of
from vitrine.services.identity.replay import FirstFrames, StandKey, first_needed
from vitrine.services.identity.visit_links import VisitLinks
from vitrine.telemetry import metrics
from vitrine.topics import IDENTITIES

# An opt-out names a visit and may come a while after its track: longer than anybody
# stands before a screen that does not see them. Chosen, not measured.
TRACK_FORGOTTEN_AFTER_NS: Final = 60 * SECOND_NS

# Not counted: a counter that is read every few seconds would date what a customer did.
UNCOUNTED: Final[frozenset[IdentityReason]] = frozenset({"known-customer", "opted-out"})


Wish = Callable[[StandDay, str, int], Sequence[Decision]]
"""Decides about a visit, by its day, its id and the time of the wish."""


class Feed(Protocol):
    """Give the galleries of the moment."""

    def current(self) -> Galleries | None:
        """Return the galleries, or None while nobody may be recognised."""


@dataclass(frozen=True, slots=True)
class Frame:
    """Hold the faces of one picture, with what they are decided by."""

    received: Received[FrameFaces]
    stand: Stand
    day: StandDay
    gallery: Gallery | None
    outputs: Outputs

    @property
    def at_ns(self) -> int:
        """The capture time."""
        return self.received.event.captured_at_ns


class IdentityHandler(Handler):
    """Decide who the tracks are: faces and opt-outs in, identities out.

    `sealer` is None where no embeddings can be read.
    """

    def __init__(
        self,
        mall: MallSource,
        rules: RecognitionRules,
        sealer: Sealer | None,
        feed: Feed,
        links: VisitLinks,
    ) -> None:
        self._mall = mall
        self._rules = rules
        self._sealer = sealer
        self._feed = feed
        self._links = links
        self._days: dict[StandKey, StandDay] = {}
        self._first_frames = FirstFrames()
        self._opt_outs = OptOuts()
        self._not_me = OptOuts()

    def revoked(self, partitions: Sequence[TopicPartition]) -> None:
        """Forget the stands that moved elsewhere."""
        for key in list(self._days):
            source, _ = key
            if source in partitions:
                del self._days[key]
        self._first_frames.revoked(partitions)
        self._opt_outs.revoked(partitions)
        self._not_me.revoked(partitions)

    def handle(self, batch: Sequence[Received[Any]]) -> Outputs:
        """Return the decisions that a batch led to, and in `staged` customers by visit.

        Without the customer store, it goes on with nobody known.
        """
        outputs = Outputs(staged={})
        galleries = self._feed.current()
        # First of all, so that nobody stays known whom no further view comes of.
        self._withdraw(galleries, outputs)
        for received in batch:
            match received.event:
                case FrameFaces():
                    self._on_faces(received, galleries, outputs)
                case Interaction(kind="opt-out", visit_id=str(visit_id)):
                    self._on_wish(received, visit_id, self._opt_outs, opt_out, outputs)
                case Interaction(kind="not-me", visit_id=str(visit_id)):
                    self._on_wish(received, visit_id, self._not_me, not_me, outputs)
        outputs.resume = {
            **first_needed(self._days, batch),
            **first_of(
                self._opt_outs.needed(self._days),
                self._not_me.needed(self._days),
            ),
        }
        return outputs

    def published(self, outputs: Outputs) -> None:
        """Link known visits to customers; while the store is away, later."""
        if outputs.staged:
            self._links.add(outputs.staged)
        # Even without new ones: some may wait since the store was away.
        self._links.write()

    def _on_faces(
        self,
        received: Received[FrameFaces],
        galleries: Galleries | None,
        outputs: Outputs,
    ) -> None:
        event = received.event
        stand = self._mall.current().stand(event.stand_id)
        if stand is None:
            reason = "no such stand in the configuration"
            outputs.rejected.append((received, reason))
            return
        self._first_frames.see(received)
        day = self._day(received, stand)
        frame = Frame(
            received=received,
            stand=stand,
            day=day,
            gallery=_gallery(galleries, stand),
            outputs=outputs,
        )
        seen = []
        for face in event.faces:
            seen += self._see(face, frame)
        day.reach(event.camera_id, event.captured_at_ns)
        if event.ended:
            day.end(event.camera_id)
        joined = join_visitors(day, self._rules)
        self._publish(stand, joined, outputs)
        for track, view in seen:
            self._recognise(track, view, frame)
        day.forget_ended(event.captured_at_ns, TRACK_FORGOTTEN_AFTER_NS)

    def _day(self, received: Received[FrameFaces], stand: Stand) -> StandDay:
        key = (received.source, stand.id)
        at_ns = received.event.captured_at_ns
        today = ids.local_day(at_ns, stand.time_zone)
        day = self._days.get(key)
        if day is None or day.day != today:
            day = StandDay(stand.id, today)
            self._days[key] = day
            cameras = self._mall.current().cameras
            ours = [camera.id for camera in cameras if camera.stand == stand.id]
            day.expect(ours, at_ns)
        return day

    def _see(self, face: Face, frame: Frame) -> list[tuple[Track, View]]:
        """Extend the track of a face; return it with the view, if there is one to look at."""
        day = frame.day
        track = day.tracks.get(face.track_id)
        if track is None:
            if self._first_frames.was_over(frame.received, face.track_id):
                return []
            track = self._begin(face, frame)
        day.see(track, frame.at_ns, _place_of(face))
        self._prove_life(face, track, frame)
        view = self._view(face, track, frame)
        if view is None:
            return []
        day.use(view.model)
        day.wait(track, view.vector, view.at_ns)
        return [(track, view)]

    def _recognise(
        self,
        track: Track,
        view: View,
        frame: Frame,
    ) -> None:
        decisions = decide(
            day=frame.day,
            track=track,
            view=view,
            gallery=frame.gallery,
            rules=self._rules,
        )
        self._publish(frame.stand, decisions, frame.outputs)

    def _prove_life(
        self,
        face: Face,
        track: Track,
        frame: Frame,
    ) -> None:
        """Look for life where somebody may be recognised."""
        if frame.stand.recognition == "none" or self._sealer is None:
            return
        event = frame.received.event
        decisions = prove_life(
            day=frame.day,
            track=track,
            face=face,
            size=(event.width, event.height),
            at_ns=frame.at_ns,
        )
        self._publish(frame.stand, decisions, frame.outputs)

    def _begin(self, face: Face, frame: Frame) -> Track:
        received = frame.received
        track = frame.day.begin(
            track_id=face.track_id,
            camera_id=received.event.camera_id,
            at_ns=frame.at_ns,
            offset=received.record.offset,
        )
        reason = self._first_reason(frame.stand)
        visitor = track.visitor
        # Read again before the track was: it opted out before a restart.
        visitor.opted_out = self._opt_outs.has(frame.stand.id, visitor.visit_id)
        visitor.denies = self._not_me.has(frame.stand.id, visitor.visit_id)
        if visitor.opted_out:
            reason = "opted-out"
        decision = Decision.about(track, reason, frame.at_ns)
        self._publish(frame.stand, [decision], frame.outputs)
        return track

    def _first_reason(self, stand: Stand) -> IdentityReason:
        if stand.recognition == "none":
            return "recognition-off"
        if self._sealer is None:
            return "no-key"
        return "new-visitor"

    def _view(
        self,
        face: Face,
        track: Track,
        frame: Frame,
    ) -> View | None:
        """Return the view that a face carries, where it may be looked at."""
        if frame.stand.recognition == "none" or track.visitor.opted_out:
            return None
        embedding = face.embedding
        if embedding is None or self._sealer is None:
            return None
        # A record may come twice, or be written to the bus again: a view counts once.
        if frame.at_ns <= track.viewed_ns:
            return None
        received = frame.received
        about = view_reference(received.event, face.track_id)
        try:
            vector = self._sealer.open(embedding, about)
        except Invalid as error:
            reason = f"embedding: {error}"
            frame.outputs.rejected.append((received, reason))
            return None
        track.viewed_ns = frame.at_ns
        return View(
            vector=vector,
            model=embedding.model,
            at_ns=frame.at_ns,
            quality=face.quality,
        )

    def _withdraw(self, galleries: Galleries | None, outputs: Outputs) -> None:
        mall = self._mall.current()
        for day in self._days.values():
            stand = mall.stand(day.stand_id)
            if stand is None:
                continue
            enabled = stand.recognition != "none"
            gallery = _gallery(galleries, stand)
            decisions = withdraw(day, gallery, enabled=enabled)
            self._publish(stand, decisions, outputs)

    def _on_wish(
        self,
        received: Received[Interaction],
        visit_id: str,
        wishes: OptOuts,
        fulfil: Wish,
        outputs: Outputs,
    ) -> None:
        """Keep what people of a visit wish in `wishes`, and publish what `fulfil` decides."""
        event = received.event
        stand = self._mall.current().stand(event.stand_id)
        if stand is None:
            return
        wishes.add(received, visit_id)
        for day in self._days.values():
            if day.stand_id == event.stand_id:
                decisions = fulfil(day, visit_id, event.at_ns)
                self._publish(stand, decisions, outputs)

    def _publish(
        self,
        stand: Stand,
        decisions: Sequence[Decision],
        outputs: Outputs,
    ) -> None:
        version = self._mall.current().version
        for decision in decisions:
            if decision.reason not in UNCOUNTED:
                metrics.IDENTITIES.labels(stand.id, decision.reason).inc()
            event = Identity(
                stand_id=stand.id,
                track_id=decision.track_id,
                visitor_id=decision.visitor_id,
                visit_id=decision.visit_id,
                known=decision.customer_id is not None,
                confidence=decision.confidence,
                reason=decision.reason,
                decided_at_ns=decision.at_ns,
                model=decision.model,
                tags=decision.agreement.tags,
                offers=decision.agreement.offers,
                returning=decision.returning,
                config_version=version,
            )
            message = Outgoing(IDENTITIES, stand.id, event)
            outputs.messages.append(message)
            # A photo is no visit. And a track that goes on after a gap is a visit of its own until
            # two views show whose it is, which is before it can prove to live.
            if decision.customer_id is not None and decision.lives:
                outputs.staged[decision.visit_id] = decision.customer_id


def _gallery(galleries: Galleries | None, stand: Stand) -> Gallery | None:
    if galleries is None:
        return None
    return galleries.at(stand.id, stand.recognition)


def _place_of(face: Face) -> Place:
    left, top, width, height = face.box
    return Place(left + width / 2, top + height / 2, height)
