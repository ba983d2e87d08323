"""A redemption names what was granted."""

from __future__ import annotations

from tests.builders import at
from vitrine.offers.redemption import AlreadyRedeemed, redemption
from vitrine.schemas import Interaction

SHOWN = Interaction(
    interaction_id="grant-1",
    stand_id="north",
    kind="offer-shown",
    at_ns=at(1),
    play_id="page-1.c0ffee",
    campaign_id="spring",
    advertiser="acme",
    creative_id="shoe",
    offer_id="ten",
    visit_id="visit-a",
    config_version="v1",
)


def test_a_redemption_is_the_grant_at_another_time() -> None:
    assert redemption(SHOWN, at(60)) == Interaction(
        interaction_id="grant-1-redeemed",
        stand_id="north",
        kind="offer-redeemed",
        at_ns=at(60),
        play_id="page-1.c0ffee",
        campaign_id="spring",
        advertiser="acme",
        creative_id="shoe",
        offer_id="ten",
        visit_id="visit-a",
        config_version="v1",
    )


def test_a_refusal_says_when_the_code_was_used() -> None:
    error = AlreadyRedeemed(5)
    assert error.at_ns == 5
    assert str(error) == "redeemed before, at 5"
