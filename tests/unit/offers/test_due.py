"""Offers are due for people who meet their condition, once each."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from tests.builders import (
    T0_NS,
    at,
    make_engagement,
    make_identity,
    make_person,
)
from tests.stand_builders import make_campaign, make_command, make_offer
from vitrine.mall import Campaign
from vitrine.offers.due import DueOffer, Grant, due_offer
from vitrine.programme.audience import Audience
from vitrine.programme.reactions import Showing
from vitrine.schemas import Interaction

CAMPAIGN = make_campaign(offers=[make_offer()])


def engaged(*tracks: str) -> Audience:
    """These people have been engaged for two seconds, most engaged first; all are identified."""
    audience = Audience()
    for track in tracks:
        audience.identify(make_identity(track))
    for seconds in (0, 1, 2):
        people = []
        for place, track in enumerate(tracks):
            people.append(make_person(track, score=80 - place))
        audience.observe(make_engagement(seconds, *people), [60])
    return audience


def due(
    audience: Audience,
    campaign: Campaign = CAMPAIGN,
    answered: Collection[str] = (),
) -> DueOffer | None:
    return due_offer(
        campaign,
        make_command(),
        audience,
        at(2),
        answered,
    )


def who(found: DueOffer | None) -> tuple[str, str | None] | None:
    """Offer and visit."""
    if found is None:
        return None
    return (found.offer.id, found.shown.visit_id)


def test_an_offer_names_the_play_the_person_and_the_offer() -> None:
    found = due(engaged("a"))
    assert found is not None
    assert found.offer == CAMPAIGN.offers[0]
    assert found.shown == Interaction(
        interaction_id=found.shown.interaction_id,
        stand_id="north",
        kind="offer-shown",
        at_ns=at(2),
        play_id="page-1.c0ffee",
        campaign_id="spring",
        advertiser="acme",
        creative_id="shoe",
        offer_id="ten",
        visit_id="visit-a",
        slot_ns=T0_NS,
        config_version="v1",
    )


def test_the_most_engaged_comes_first_and_then_the_next() -> None:
    audience = engaged("a", "b")
    first = due(audience)
    assert who(first) == ("ten", "visit-a")
    assert first is not None
    second = due(audience, answered=[first.shown.interaction_id])
    assert who(second) == ("ten", "visit-b")
    assert second is not None
    both = [first.shown.interaction_id, second.shown.interaction_id]
    assert due(audience, answered=both) is None


def test_who_is_not_identified_yet_is_passed_over() -> None:
    audience = engaged("a", "b")
    del audience.identities["a"]
    assert who(due(audience)) == ("ten", "visit-b")


def test_nobody_engaged_gets_none() -> None:
    assert due(Audience()) is None


def test_an_audience_that_is_no_longer_fresh_gets_none() -> None:
    audience = engaged("a")
    assert due_offer(CAMPAIGN, make_command(), audience, at(4.1), ()) is None


def test_the_first_offer_comes_before_the_second() -> None:
    offers = [
        make_offer(),
        make_offer(id="twenty"),
    ]
    campaign = make_campaign(offers=offers)
    audience = engaged("a")
    first = due(audience, campaign)
    assert who(first) == ("ten", "visit-a")
    assert first is not None
    second = due(audience, campaign, [first.shown.interaction_id])
    assert who(second) == ("twenty", "visit-a")


def test_an_answer_without_a_grant_has_no_code() -> None:
    answer = Grant("exhausted")
    assert answer.code == ""
    assert answer.shown is None


def test_a_campaign_without_offers_has_none_due() -> None:
    assert due(engaged("a"), make_campaign()) is None


@pytest.mark.parametrize(
    ("in_plain", "expected"), [("same", ("ten", "visit-a")), ("none", None)]
)
def test_a_plain_slot_has_the_same_offers_or_none(in_plain: str, expected: Any) -> None:
    def with_holdout(holdout: float) -> Any:
        campaign = make_campaign(
            offers=[make_offer()], holdout=holdout, offers_in_plain=in_plain
        )
        return who(due(engaged("a"), campaign))

    assert with_holdout(1) == expected
    assert with_holdout(0) == ("ten", "visit-a")


def test_the_creative_on_the_screen_may_grant_offers_itself() -> None:
    response = {"when": {"engagement": 60}, "then": "offer"}
    shoe = {"id": "shoe", "file": "shoe.html", "responses": [response]}
    boot = {"id": "boot", "file": "boot.html"}
    known_only = make_offer(when={"known": True})
    granting = make_campaign("spring", shoe, boot, offers=[known_only])
    assert who(due(engaged("a", "b"), granting)) == ("ten", "visit-a")
    other = make_campaign("spring", boot, offers=[known_only])
    assert who(due(engaged("a"), other)) is None
    also = make_campaign(
        "spring", boot | {"responses": [response]}, offers=[known_only]
    )
    assert who(due(engaged("a"), also)) is None


PERSONAL = make_campaign(
    offers=[
        make_offer(id="customers", when={"known": True}),
        make_offer(id="runners", when={"tags": ["runner"]}),
        make_offer(id="others", when={"known": False}),
        make_offer(),
    ]
)


def all_due(
    audience: Audience, campaign: Campaign = PERSONAL
) -> list[tuple[str, bool]]:
    """Offer, and whether it is personal, of all that come one after another."""
    found = []
    answered: list[str] = []
    while next_one := due(audience, campaign, answered):
        found.append((next_one.offer.id, next_one.personal))
        answered.append(next_one.shown.interaction_id)
    return found


def test_a_customer_who_does_not_consent_gets_what_anybody_interested_gets() -> None:
    anonymous = all_due(engaged("a"))
    assert anonymous == [("others", False), ("ten", False)]
    audience = engaged("a")
    known = make_identity("a", known=True, tags=("runner",))
    audience.identify(known)
    assert all_due(audience) == anonymous
    audience.identify(known.model_copy(update={"offers": True}))
    assert all_due(audience) == [
        ("customers", True),
        ("runners", True),
        ("ten", False),
    ]


def test_what_anonymous_interest_earns_is_not_personal_for_a_customer_either() -> None:
    response = {"when": {"engagement": 60}, "then": "offer"}
    shoe = {"id": "shoe", "file": "shoe.html", "responses": [response]}
    known_only = make_offer(when={"known": True})
    campaign = make_campaign("spring", shoe, offers=[known_only])
    audience = engaged("a")
    audience.identify(make_identity("a", known=True, offers=True))
    assert all_due(audience, campaign) == [("ten", False)]


def of_ada(visit_id: str = "visit-a") -> Audience:
    """A customer who consents to offers is engaged, in one of her visits of the day."""
    audience = engaged("a")
    ada = make_identity("a", known=True, offers=True)
    audience.identify(ada.model_copy(update={"visit_id": visit_id}))
    return audience


def test_an_offer_of_a_visit_is_personal_and_says_which_ones_it_is_for() -> None:
    campaign = make_campaign(offers=[make_offer(when={"visits": 5})])
    assert due(engaged("a"), campaign) is None
    found = due(of_ada(), campaign)
    assert found is not None
    assert (found.visits, found.personal) == ((5,), True)


@pytest.mark.parametrize(
    ("response", "expected"),
    [({"visits": 10}, (5, 10)), ({"known": True}, ()), ({"engagement": 60}, ())],
)
def test_any_visit_does_where_one_of_the_conditions_asks_for_none(
    response: dict[str, Any], expected: tuple[int, ...]
) -> None:
    responses = [{"when": response, "then": "offer"}]
    shoe = {"id": "shoe", "file": "shoe.html", "responses": responses}
    fifth = make_offer(when={"visits": 5})
    found = due(of_ada(), make_campaign("spring", shoe, offers=[fifth]))
    assert found is not None
    assert found.visits == expected


def test_another_visit_gives_the_next_offer_a_turn_and_lasts_for_that_visit() -> None:
    fifth = make_offer(id="fifth", when={"visits": 5}, once_per="day")
    campaign = make_campaign(offers=[fifth, make_offer()])
    first = due(of_ada(), campaign)
    assert first is not None
    assert who(first) == ("fifth", "visit-a")
    answered = [first.other_visit]
    assert who(due(of_ada(), campaign, answered)) == ("ten", "visit-a")
    assert who(due(of_ada("visit-b"), campaign, answered)) == ("fifth", "visit-b")


def test_another_visit_does_not_count_once_any_visit_does() -> None:
    responses = [{"when": {"touch": True}, "then": "offer"}]
    shoe = {"id": "shoe", "file": "shoe.html", "responses": responses}
    fifth = make_offer(when={"visits": 5})
    campaign = make_campaign("spring", shoe, offers=[fifth])
    audience = of_ada()
    first = due(audience, campaign)
    assert first is not None
    answered = [first.other_visit]
    assert due(audience, campaign, answered) is None
    audience.show(Showing("page-1.c0ffee", at(0)))
    audience.touched("page-1.c0ffee")
    found = due(audience, campaign, answered)
    assert found is not None
    assert found.visits == ()


def test_what_was_decided_cannot_be_changed() -> None:
    answer = Grant("exhausted")
    with pytest.raises(FrozenInstanceError):
        answer.code = "CODE-1"  # type: ignore[misc]
    found = due(engaged("a"))
    assert found is not None
    with pytest.raises(FrozenInstanceError):
        found.shown = found.shown  # type: ignore[misc]
