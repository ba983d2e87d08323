"""A redemption names what was granted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.builders import at
from vitrine.offers.redemption import (
    CANCEL_WITHIN_NS,
    Elsewhere,
    GrantRecord,
    RedemptionRecord,
    TooLate,
    Use,
    cancellation,
    redemption,
)
from vitrine.schemas import Interaction, Sale

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

SALE = Sale(minor=1999, currency="EUR")
USE = Use("south", at(60), "till-1", sale=SALE)


def test_a_redemption_is_the_grant_at_another_time() -> None:
    assert redemption(SHOWN, USE) == Interaction(
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
        redeemed_at="south",
        till_id="till-1",
        sale=SALE,
        config_version="v1",
    )


def test_a_code_that_was_taken_back_is_redeemed_under_another_name() -> None:
    assert redemption(SHOWN, USE).interaction_id == "grant-1-redeemed"
    assert redemption(SHOWN, USE, cancelled=1).interaction_id == "grant-1-redeemed-2"
    assert redemption(SHOWN, USE, cancelled=2).interaction_id == "grant-1-redeemed-3"


def test_a_redemption_is_taken_back_within_a_quarter_of_an_hour() -> None:
    redeemed = redemption(SHOWN, USE)
    last_ns = redeemed.at_ns + CANCEL_WITHIN_NS
    assert at(900) - at(0) == CANCEL_WITHIN_NS
    event = cancellation(redeemed, last_ns)
    changed = {
        "interaction_id": "grant-1-redeemed-cancelled",
        "kind": "redemption-cancelled",
        "cancels": "grant-1-redeemed",
        "cancelled_at_ns": last_ns,
    }
    assert event == redeemed.model_copy(update=changed)
    with pytest.raises(TooLate):
        cancellation(redeemed, last_ns + 1)


def test_the_same_request_of_the_same_till_is_a_repetition() -> None:
    record = RedemptionRecord(event=redemption(SHOWN, USE), request_id="7")
    assert record.repeats(replace(USE, request_id="7", at_ns=at(99)))
    assert not record.repeats(replace(USE, request_id="8"))
    assert not record.repeats(replace(USE, request_id="7", till_id="till-2"))
    unnamed = RedemptionRecord(event=redemption(SHOWN, USE))
    assert not unnamed.repeats(USE)


def test_a_code_is_good_where_its_offer_says() -> None:
    here = GrantRecord(shown=SHOWN, redeem="stand")
    here.check_place("north")
    with pytest.raises(Elsewhere) as caught:
        here.check_place("south")
    assert caught.value.stand_id == "north"
    GrantRecord(shown=SHOWN, redeem="anywhere").check_place("south")
