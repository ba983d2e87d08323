"""Tracks become visitors, and visitors who asked for it are recognised as customers."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from vitrine import ids
from vitrine.bus import Commit, Outgoing, Received, TopicPartition
from vitrine.customers.gallery import Gallery
from vitrine.customers.visitors import SECOND_NS, StandDay, Track
from vitrine.errors import Invalid, Unavailable
from vitrine.mall import Stand
from vitrine.mall.folder import MallSource
from vitrine.runtime import Handler, Outputs
from vitrine.schemas import Face, FrameFaces, Identity, IdentityReason, Interaction
from vitrine.sealing import Sealer, track_reference
from vitrine.services.identity.gallery_feed import PATIENCE
from vitrine.services.identity.settings import IdentitySettings
from vitrine.telemetry import metrics
from vitrine.topics import FACES, IDENTITIES

logger = logging.getLogger(__name__)

TRACK_ENDS_AFTER_NS = 2 * SECOND_NS
TRACK_FORGOTTEN_AFTER_NS = 60 * SECOND_NS
LONGEST_REPLAY_NS = 300 * SECOND_NS
LINKS_KEPT = 1_000


class Feed(Protocol):
    """Where the gallery comes from."""

    def current(self) -> Gallery | None:
        """The gallery, or None while nobody may be recognised."""


class Links(Protocol):
    """Where visits of known customers are remembered."""

    def link_visit(self, visit_id: str, customer_id: str) -> None:
        """Raises Unavailable."""


class IdentityHandler(Handler):
    """Faces and opt-outs in, identities out. `sealer` is None where no embeddings can be read."""

    def __init__(
        self,
        mall: MallSource,
        settings: IdentitySettings,
        sealer: Sealer | None,
        feed: Feed,
        links: Links,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._mall = mall
        self._settings = settings
        self._sealer = sealer
        self._feed = feed
        self._links = links
        self._days: dict[tuple[TopicPartition, str], StandDay] = {}
        self._replayed_from: dict[tuple[TopicPartition, str], int] = {}
        """Capture time of the first frame of each camera that was read since the partition is ours."""
        self._links_due: dict[str, str] = {}
        self._links_at = 0.0
        self._monotonic = monotonic
        self._outputs = Outputs()

    def revoked(self, partitions: Sequence[TopicPartition]) -> None:
        """Forget the stands that moved elsewhere."""
        self._days = {
            key: day for key, day in self._days.items() if key[0] not in partitions
        }
        self._replayed_from = {
            k: at for k, at in self._replayed_from.items() if k[0] not in partitions
        }

    def handle(self, batch: Sequence[Received[Any]]) -> Outputs:
        """One pass over the batch; without the customer store, it goes on with nobody known."""
        self._outputs = Outputs()
        gallery = self._feed.current()
        self._withdraw(gallery)
        for received in batch:
            match received.event:
                case FrameFaces():
                    self._on_faces(received, gallery)
                case Interaction(kind="opt-out", visit_id=str()):
                    self._on_opt_out(received.event)
        self._outputs.resume = self._resume(batch)
        return self._outputs

    def published(self, outputs: Outputs) -> None:  # noqa: ARG002
        """Link known visits to customers; while the store is away, later."""
        now = self._monotonic()
        while self._links_due and now >= self._links_at:
            visit_id, customer_id = next(iter(self._links_due.items()))
            try:
                self._links.link_visit(visit_id, customer_id)
            except Unavailable as error:
                logger.warning("visit not linked yet: %s", error)
                self._links_at = now + PATIENCE * (self._monotonic() - now)
                return
            del self._links_due[visit_id]

    def _on_faces(
        self, received: Received[FrameFaces], gallery: Gallery | None
    ) -> None:
        event = received.event
        stand = self._mall.current().stand(event.stand_id)
        if stand is None:
            self._outputs.rejected.append(
                (received, "no such stand in the configuration")
            )
            return
        day = self._day(received, stand)
        self._replayed_from.setdefault(
            (received.source, event.camera_id), event.captured_at_ns
        )
        for face in event.faces:
            track = day.tracks.get(face.track_id)
            if track is None:
                if self._was_over(received, face.track_id):
                    continue
                at_ns = event.captured_at_ns
                offset = received.record.offset
                track = day.begin(face.track_id, event.camera_id, at_ns, offset)
                self._emit(
                    stand, track, event.captured_at_ns, self._first_reason(stand)
                )
            day.see(track, event.captured_at_ns)
            if (
                face.embedding is not None
                and stand.recognition != "none"
                and not track.visitor.opted_out
            ):
                self._on_view(received, day, stand, track, face, gallery)
        day.forget_ended(event.captured_at_ns, TRACK_FORGOTTEN_AFTER_NS)

    def _was_over(self, received: Received[FrameFaces], track_id: str) -> bool:
        """Whether a replay shows the end of a track that was over when it was committed: its decisions stand,
        and without its beginning they cannot be repeated. What held the offset is replayed as a whole."""
        began_ns = ids.track_began_ns(track_id)
        from_ns = self._replayed_from[received.source, received.event.camera_id]
        return began_ns is not None and from_ns - LONGEST_REPLAY_NS < began_ns < from_ns

    def _day(self, received: Received[FrameFaces], stand: Stand) -> StandDay:
        key = (received.source, stand.id)
        today = ids.local_day(received.event.captured_at_ns, stand.time_zone)
        if key not in self._days or self._days[key].day != today:
            self._days[key] = StandDay(stand.id, today)
        return self._days[key]

    def _first_reason(self, stand: Stand) -> IdentityReason:
        if stand.recognition == "none":
            return "recognition-off"
        return "new-visitor" if self._sealer is not None else "no-key"

    def _on_view(
        self,
        received: Received[FrameFaces],
        day: StandDay,
        stand: Stand,
        track: Track,
        face: Face,
        gallery: Gallery | None,
    ) -> None:
        assert face.embedding is not None  # noqa: S101 - checked by the caller
        if self._sealer is None:
            return
        try:
            about = track_reference(received.event.camera_id, face.track_id)
            vector = self._sealer.open(face.embedding, about)
        except Invalid as error:
            self._outputs.rejected.append((received, f"embedding: {error}"))
            return
        at_ns = received.event.captured_at_ns
        model = face.embedding.model
        day.use(model)
        match = gallery.match(vector, model) if gallery is not None else None
        track.votes.append(match.customer_id if match else None)
        if track.matched:
            track.visitor.add(vector)
        else:
            track.views.append(vector)
            if len(track.views) >= self._settings.views:
                for changed in day.join(track, self._settings.visitor(model)):
                    self._emit(stand, changed, at_ns, "returning-visitor", model=model)
        if gallery is not None:
            self._decide(stand, track, at_ns, model, gallery)

    def _decide(
        self, stand: Stand, track: Track, at_ns: int, model: str, gallery: Gallery
    ) -> None:
        """A majority over the track's views; a changed decision is published."""
        votes = [
            customer if customer in gallery.customers else None
            for customer in track.votes
        ]
        customer, share = vote(votes, self._settings.views, self._settings.majority)
        if customer == track.customer_id:
            return
        track.customer_id = customer
        if customer is None:
            self._emit(stand, track, at_ns, "new-visitor", model=model)
            return
        self._emit(stand, track, at_ns, "known-customer", confidence=share, model=model)
        if len(self._links_due) < LINKS_KEPT:
            self._links_due[track.visitor.visit_id] = customer

    def _withdraw(self, gallery: Gallery | None) -> None:
        """Nobody stays known whom the store does not confirm, whether more views of them come or not."""
        mall = self._mall.current()
        for (_, stand_id), day in self._days.items():
            stand = mall.stand(stand_id)
            for track in day.tracks.values():
                if (
                    stand
                    and track.customer_id
                    and (reason := _doubt(stand, track.customer_id, gallery))
                ):
                    track.customer_id = None
                    self._emit(stand, track, track.last_ns, reason)

    def _on_opt_out(self, event: Interaction) -> None:
        """Whoever opts out is not recognised as long as the tracks of the visit last."""
        stand = self._mall.current().stand(event.stand_id)
        for (_, stand_id), day in self._days.items():
            visitor = (
                day.visit(event.visit_id or "") if stand_id == event.stand_id else None
            )
            if visitor is None or stand is None:
                continue
            visitor.opted_out = True
            visitor.total = None
            for track in day.tracks.values():
                if track.visitor is visitor:
                    track.customer_id = None
                    track.views = []
                    track.votes.clear()
                    self._emit(stand, track, event.at_ns, "opted-out")

    def _emit(
        self,
        stand: Stand,
        track: Track,
        at_ns: int,
        reason: IdentityReason,
        *,
        confidence: float = 0.0,
        model: str | None = None,
    ) -> None:
        metrics.IDENTITIES.labels(stand.id, reason).inc()
        event = Identity(
            stand_id=stand.id,
            track_id=track.track_id,
            visitor_id=track.visitor.visitor_id,
            visit_id=track.visitor.visit_id,
            known=track.customer_id is not None,
            confidence=confidence,
            reason=reason,
            decided_at_ns=at_ns,
            model=model,
            config_version=self._mall.current().version,
        )
        self._outputs.messages.append(Outgoing(IDENTITIES, stand.id, event))

    def _resume(self, batch: Sequence[Received[Any]]) -> dict[TopicPartition, Commit]:
        """Open tracks are needed from their beginning, up to five minutes back."""
        latest = {r.source: r for r in batch if r.source.topic == FACES.name}
        resume: dict[TopicPartition, Commit] = {}
        for (source, _), day in self._days.items():
            if source not in latest:
                continue
            now_ns = latest[source].event.captured_at_ns
            needed = [
                track.first_offset
                for track in day.tracks.values()
                if now_ns - track.last_ns < TRACK_ENDS_AFTER_NS
                and now_ns - track.first_ns < LONGEST_REPLAY_NS
            ]
            if needed and not latest[source].event.ended:
                held = resume.get(source, Commit(min(needed)))
                resume[source] = Commit(min([held.offset, *needed]))
        return resume


def _doubt(
    stand: Stand, customer_id: str, gallery: Gallery | None
) -> IdentityReason | None:
    """Why a customer may not be known any more, if so."""
    if stand.recognition == "none":
        return "recognition-off"
    if gallery is None:
        return "store-unavailable"
    return None if customer_id in gallery.customers else "new-visitor"


def vote(
    votes: Sequence[str | None], least: int, majority: float
) -> tuple[str | None, float]:
    """The customer that at least `least` views and a `majority` of all agree on, and their share."""
    named = [customer for customer in votes if customer is not None]
    if not named:
        return None, 0.0
    best = max(sorted(set(named)), key=named.count)
    count = named.count(best)
    share = count / len(votes)
    return (best, share) if count >= least and share >= majority else (None, 0.0)
