"""Decisions that take recognition back."""

from __future__ import annotations

from vitrine.customers.decision import Decision
from vitrine.customers.gallery import Gallery
from vitrine.customers.records import Agreement
from vitrine.customers.visitors import StandDay
from vitrine.schemas import IdentityReason


def withdraw(
    day: StandDay,
    gallery: Gallery | None,
    *,
    enabled: bool,
) -> list[Decision]:
    """Take the name from tracks whose customer may not be known any more.

    That does not wait for their next view. Whose agreement has changed is known again by the next
    view, with what is agreed then. `enabled` is the stand's switch of
    recognition; `gallery` is None while nobody may be recognised.
    """
    decisions = []
    for track in day.tracks.values():
        if track.customer_id is None:
            continue
        reason = _objection(
            track.customer_id,
            track.agreement,
            gallery,
            enabled=enabled,
        )
        # Its visitor may have proven to be one who said not to be this customer.
        if reason is None and not track.visitor.may_be(track.customer_id):
            reason = "new-visitor"
        if reason is None:
            continue
        track.customer_id = None
        decisions.append(Decision.about(track, reason, track.last_ns))
    return decisions


def _objection(
    customer_id: str,
    agreement: Agreement,
    gallery: Gallery | None,
    *,
    enabled: bool,
) -> IdentityReason | None:
    """Return why a customer may not be known any more, or None."""
    # First the switch: where it is off, nobody needs to look after the store.
    if not enabled:
        return "recognition-off"
    if gallery is None:
        return "store-unavailable"
    if gallery.agreements.get(customer_id) != agreement:
        return "new-visitor"
    return None


def opt_out(
    day: StandDay,
    visit_id: str,
    at_ns: int,
) -> list[Decision]:
    """End recognition of a visitor for as long as the tracks of the visit last.

    Drops all views of the visitor. Returns no decision for a visit of another day.
    """
    visitor = day.visit(visit_id)
    if visitor is None:
        return []
    visitor.opted_out = True
    visitor.total = None
    decisions = []
    for track in day.tracks.values():
        if track.visitor is not visitor:
            continue
        track.customer_id = None
        track.views = []
        track.evidence.clear()
        decisions.append(Decision.about(track, "opted-out", at_ns))
    return decisions


def not_me(
    day: StandDay,
    visit_id: str,
    at_ns: int,
) -> list[Decision]:
    """Take the name from a visitor who is not the customer whom they were taken for.

    They are not taken for that customer again on this day. No template changes by it. Returns no
    decision for a visit of another day.
    """
    visitor = day.visit(visit_id)
    if visitor is None:
        return []
    tracks = [track for track in day.tracks.values() if track.visitor is visitor]
    known = [track for track in tracks if track.customer_id is not None]
    # Nobody is known any more, or not yet again: the next one is meant.
    visitor.denies = not (known or visitor.not_customers)
    decisions = []
    for track in known:
        visitor.not_customers.add(str(track.customer_id))
        track.customer_id = None
        decisions.append(Decision.about(track, "new-visitor", at_ns))
    return decisions
