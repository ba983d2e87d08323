"""From an embedding to the decision who a track is.

A view waits until all cameras of the stand have come as far; with it its track may prove to be an
earlier visitor of the day. The views of the track add up, by their quality, and their sum is
compared with the customers at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from vitrine.customers.gallery import Gallery
from vitrine.customers.index import Neighbour
from vitrine.customers.liveness import Liveness
from vitrine.customers.records import NOTHING_AGREED, Agreement, Vector
from vitrine.customers.rules import RecognitionRules
from vitrine.customers.tracks import Track
from vitrine.customers.visitors import StandDay
from vitrine.schemas import Face, IdentityReason

# A millionth of the comparisons of a stranger's visit reach 0.548 by two views added up, and 0.556
# by any single one (LFW, as in `python -m benchmarks.open_set`); the rest is for safety.
AT_ONCE: Final = 0.03
"""By how much fewer views have to be above the threshold."""


@dataclass(frozen=True, slots=True)
class View:
    """Hold a good view of a face: its unit vector (d,), the model, the capture time."""

    vector: Vector
    model: str
    at_ns: int
    quality: float = 1.0
    """The chance, 0…1, that such a view is recognised."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Say who a track is from a moment on; a later one replaces it."""

    track_id: str
    visitor_id: str
    visit_id: str
    customer_id: str | None
    reason: IdentityReason
    at_ns: int
    confidence: float
    """Similarity of the views and the customer, 0…1; 0 where nobody is known."""
    model: str | None
    """The model of the embedding that led to it, if one did."""
    agreement: Agreement = NOTHING_AGREED
    """How the customer may be addressed, once the face proves to live; nothing of anybody else."""
    lives: bool = False
    """The face of a customer has proven to live."""
    returning: bool = False
    """The visitor was here in an earlier visit of the day, and has not opted out."""

    @classmethod
    def about(
        cls,
        track: Track,
        reason: IdentityReason,
        at_ns: int,
        *,
        confidence: float = 0.0,
        model: str | None = None,
    ) -> Decision:
        """Return what holds of a track now, and note its time on the track.

        What changes later does not change it. It is later than each decision about the track
        before, by a nanosecond at least: who reads them takes the latest one, and a view may have
        waited for another camera.
        """
        at_ns = max(at_ns, track.decided_ns + 1)
        track.decided_ns = at_ns
        # A photo has the customer's face: what they agreed to waits until the face proves to live.
        lives = track.customer_id is not None and track.liveness.proven
        return cls(
            track_id=track.track_id,
            visitor_id=track.visitor.visitor_id,
            visit_id=track.visitor.visit_id,
            customer_id=track.customer_id,
            reason=reason,
            at_ns=at_ns,
            confidence=confidence,
            model=model,
            agreement=track.agreement if lives else NOTHING_AGREED,
            lives=lives,
            returning=track.visitor.returning and not track.visitor.opted_out,
        )


def join_visitors(day: StandDay, rules: RecognitionRules) -> list[Decision]:
    """Compare the views that wait no longer, and return the decisions that change by them."""
    decisions = []
    for view in day.ready():
        changed = day.add_view(
            view,
            views=rules.views,
            threshold=rules.visitor(day.model),
        )
        for joined in changed:
            decision = Decision.about(
                joined,
                "returning-visitor",
                view.at_ns,
                model=day.model,
            )
            decisions.append(decision)
    return decisions


def decide(
    day: StandDay,
    track: Track,
    view: View,
    gallery: Gallery | None,
    rules: RecognitionRules,
) -> list[Decision]:
    """Add a view of a track, and return the decision about the customer that changes by it.

    Without a gallery nobody may be recognised.
    """
    track.evidence.add(view.vector, view.quality)
    if gallery is None:
        return []
    match = _match(track, view.model, gallery, rules)
    if match is not None and not day.may_be(track, match.customer_id):
        match = None
    customer_id = None if match is None else match.customer_id
    if customer_id == track.customer_id:
        return []
    track.customer_id = customer_id
    reason: IdentityReason = "new-visitor"
    confidence = 0.0
    if match is not None:
        reason = "known-customer"
        # Rounding takes some cosines beyond 1.
        confidence = min(1.0, match.similarity)
        track.agreement = gallery.agreements[match.customer_id]
    track.confidence = confidence
    # Whose face was before the camera until now may have lived, and hold up a photo.
    track.liveness = Liveness()
    decision = Decision.about(
        track,
        reason,
        view.at_ns,
        confidence=confidence,
        model=view.model,
    )
    return [decision]


def _match(
    track: Track,
    model: str,
    gallery: Gallery,
    rules: RecognitionRules,
) -> Neighbour | None:
    """Return the customer whom the views of a track resemble; None before there are enough.

    Fewer than `rules.views` are enough where they are more similar than is needed later on.
    """
    direction = track.evidence.direction()
    if direction is None:
        return None
    match = gallery.match(direction, model, track.customer_id)
    if match is None or match.customer_id == track.customer_id:
        return match
    is_sure = match.similarity >= gallery.thresholds[model] + AT_ONCE
    return match if is_sure or track.evidence.views >= rules.views else None


def prove_life(
    day: StandDay, track: Track, face: Face, size: tuple[int, int], at_ns: int
) -> list[Decision]:
    """Look for life in a view of a track; with it, tell what the customer agreed to.

    `size` is width and height of the picture, pixels. Returns no decision about a stranger.
    """
    proven = track.liveness.observe(at_ns, face, size)
    if not proven or track.customer_id is None:
        return []
    decision = Decision.about(
        track,
        "known-customer",
        at_ns,
        confidence=track.confidence,
        model=day.model,
    )
    return [decision]
