"""The same person is granted an offer once a visit, or once at all."""

from __future__ import annotations

import pytest

from tests.builders import make_identity
from tests.stand_builders import make_campaign, make_offer
from vitrine.mall import Offer
from vitrine.offers.caps import grant_id, holder_id


def grant_of(
    once_per: str = "day",
    *,
    visitor: str = "v",
    visit: str = "visit-1",
    campaign: str = "spring",
    offer: str = "ten",
) -> str:
    configured = Offer.model_validate(make_offer(id=offer, once_per=once_per))
    identity = make_identity(visitor_id=visitor, visit_id=visit)
    return grant_id(make_campaign(campaign), configured, identity)


@pytest.mark.parametrize(
    ("once_per", "same"),
    [
        ("visit", False),
        ("day", True),
        ("campaign", True),
    ],
)
def test_the_next_visit_is_another_grant_only_once_per_visit(
    once_per: str, same: bool
) -> None:
    first = grant_of(once_per, visit="visit-1")
    again = grant_of(once_per, visit="visit-2")
    assert (first == again) is same


def test_others_campaigns_and_offers_are_other_grants() -> None:
    grants = {
        grant_of(),
        grant_of(visitor="w"),
        grant_of(campaign="autumn"),
        grant_of(offer="twenty"),
    }
    assert len(grants) == 4


def test_a_grant_keeps_its_id_for_ever() -> None:
    # The store knows grants by it: another id would grant everybody once more.
    assert grant_of() == "grant-871b8f6d6fac46775fa42c49"


def test_a_presence_holds_an_offer_once_whoever_it_is() -> None:
    offer = Offer.model_validate(make_offer())
    campaign = make_campaign()
    held = holder_id(campaign, offer, "north:a")
    assert held == holder_id(campaign, offer, "north:a")
    assert held != holder_id(campaign, offer, "north:b")
    assert held != holder_id(make_campaign("autumn"), offer, "north:a")
    assert held.startswith("holder-")
