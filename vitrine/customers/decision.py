"""From an embedding to the decision who a track is.

A view is added to its track, which may prove to be an earlier visitor of the day. The
view then votes for the customer whom it resembles, and a majority of the track's views
decides.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from vitrine.customers.gallery import Gallery
from vitrine.customers.records import NOTHING_AGREED, Agreement, Vector
from vitrine.customers.rules import RecognitionRules
from vitrine.customers.visitors import StandDay, Track
from vitrine.schemas import IdentityReason


@dataclass(frozen=True, slots=True)
class View:
    """Hold a good view of a face: its unit vector (d,), the model, the capture time."""

    vector: Vector
    model: str
    at_ns: int


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
    """Share of the views that agree on the customer."""
    model: str | None
    """The model of the embedding that led to it, if one did."""
    agreement: Agreement = NOTHING_AGREED
    """How the customer may be addressed; nothing of anybody else."""
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
        """Return what holds of a track now; what changes later does not change it."""
        is_known = track.customer_id is not None
        return cls(
            track_id=track.track_id,
            visitor_id=track.visitor.visitor_id,
            visit_id=track.visitor.visit_id,
            customer_id=track.customer_id,
            reason=reason,
            at_ns=at_ns,
            confidence=confidence,
            model=model,
            agreement=track.agreement if is_known else NOTHING_AGREED,
            returning=track.visitor.returning and not track.visitor.opted_out,
        )


@dataclass(frozen=True, slots=True)
class Vote:
    """Hold the customer that a track's views agree on, if any, and their share."""

    customer_id: str | None = None
    share: float = 0.0


def decide(
    day: StandDay,
    track: Track,
    view: View,
    gallery: Gallery | None,
    rules: RecognitionRules,
) -> list[Decision]:
    """Add a view of a track, and return the decisions that change by it.

    Without a gallery nobody may be recognised, and the view votes for nobody.
    """
    day.use(view.model)
    changed = day.add_view(
        track,
        view.vector,
        views=rules.views,
        threshold=rules.visitor(view.model),
    )
    decisions = []
    for joined in changed:
        decision = Decision.about(
            joined,
            "returning-visitor",
            view.at_ns,
            model=view.model,
        )
        decisions.append(decision)
    if gallery is None:
        track.votes.append(None)
        return decisions
    track.votes.append(gallery.match(view.vector, view.model))
    result = vote(enrolled_votes(track, gallery), rules, track.customer_id)
    if result.customer_id == track.customer_id:
        return decisions
    track.customer_id = result.customer_id
    reason: IdentityReason = "known-customer"
    if result.customer_id is None:
        reason = "new-visitor"
    else:
        track.agreement = gallery.agreements[result.customer_id]
    decision = Decision.about(
        track,
        reason,
        view.at_ns,
        confidence=result.share,
        model=view.model,
    )
    decisions.append(decision)
    return decisions


def enrolled_votes(track: Track, gallery: Gallery) -> list[str | None]:
    """Return the votes of a track; those for customers who left the gallery are void."""
    # A void vote stays among the views that a majority is counted of.
    votes: list[str | None] = []
    for customer_id in track.votes:
        if customer_id in gallery.customers:
            votes.append(customer_id)
        else:
            votes.append(None)
    return votes


def vote(
    votes: Sequence[str | None],
    rules: RecognitionRules,
    known: str | None = None,
) -> Vote:
    """Return the customer that enough views and a majority of all views agree on.

    A view that resembles nobody (None) counts among all. Who is `known` already stays so until as
    large a majority is against it: some poor views take nothing back that good ones decided.
    """
    named = Counter(customer for customer in votes if customer is not None)
    if not named:
        return Vote()
    # A tie needs no rule: neither of two customers has more than half of the views.
    customer_id, count = named.most_common(1)[0]
    share = count / len(votes)
    if count >= rules.views and share >= rules.majority:
        return Vote(customer_id, share)
    against = len(votes) - named[known or ""]
    if known is None or against >= rules.majority * len(votes):
        return Vote()
    return Vote(known, 1 - against / len(votes))
