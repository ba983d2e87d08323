"""Caps of offers: how often one person may be granted the same offer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from hashlib import blake2b
from typing import Final, Literal

from vitrine.mall import Campaign, Offer
from vitrine.mall.days import day_start_s
from vitrine.schemas import Identity

Holder = Literal["visit_id", "visitor_id"]

# A visitor is of one stand and day, so for anonymous people once a campaign is once a day as well.
# A customer who is recognised is told apart beside it, in the store alone: the id of a grant is on
# the bus, and says nothing of them.
HOLDERS: Final[Mapping[str, Holder]] = {
    "visit": "visit_id",
    "day": "visitor_id",
    "campaign": "visitor_id",
}
"""`once_per` of an offer → the id that may hold it once."""


def grant_id(
    campaign: Campaign,
    offer: Offer,
    identity: Identity,
) -> str:
    """Return the id of the one grant of an offer to its holder; a repetition gives the same id."""
    holder = HOLDERS[offer.once_per]
    parts = (campaign.id, offer.id, getattr(identity, holder))
    return f"grant-{_digest(*parts)}"


def holder_id(
    campaign: Campaign,
    offer: Offer,
    presence_id: str,
) -> str:
    """Return the id by which somebody who stands there gets an offer once, whoever it is.

    Without embeddings every track is a visitor of its own, and a presence may have several.
    """
    return f"holder-{_digest(campaign.id, offer.id, presence_id)}"


def other_visit_id(
    grant: str,
    visit_id: str,
    visits: Sequence[int],
) -> str:
    """Return the id by which it is remembered that a visit is none of those of an offer.

    The grant's own would last for the whole day, and a later visit of it may be one of them.
    """
    return f"other-visit-{_digest(grant, visit_id, *map(str, visits))}"


def customer_until_s(campaign: Campaign, offer: Offer, time_zone: str) -> int:
    """Return the second of UTC until which a customer gets an offer once; 0 unless once a campaign.

    It is a day after the campaign's last one, since the night after that belongs to it.
    """
    if offer.once_per != "campaign":
        return 0
    return day_start_s(campaign.to + timedelta(days=2), time_zone)


def _digest(*parts: str) -> str:
    text = "\x1f".join(parts)
    return blake2b(text.encode(), digest_size=12).hexdigest()
