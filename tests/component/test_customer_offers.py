"""An offer that is once a campaign is once a customer, on whatever day, and goes with them."""

from __future__ import annotations

from pathlib import Path

import pytest
from redis import Redis

from tests.builders import T0_NS, at, make_engagement, make_identity, make_person
from tests.component.test_stand_offers import begun, desk_of
from tests.customer_builders import VECTOR, customer_store
from tests.stand_builders import make_campaign, make_command, make_offer
from vitrine.customers.consents import Purpose, granted
from vitrine.offers.due import due_offer
from vitrine.programme.audience import Audience
from vitrine.services.stand.offer_desk import OfferDesk
from vitrine.stores import invitations
from vitrine.stores.customers import CustomerStore
from vitrine.stores.invitations import Invitation

DAY = 86_400
"""Seconds."""
CAMPAIGN = make_campaign(
    offers=[make_offer(once_per="campaign", codes="signed")], to="2027-01-20"
)


@pytest.fixture
def store(redis: Redis) -> CustomerStore:
    return customer_store(redis, redis)


def enrol(
    store: CustomerStore,
    purposes: tuple[Purpose, ...],
    days: int = 365,
) -> str:
    consents = granted(purposes, at_ns=T0_NS, days=days, text_version="1")
    return store.enrol("Ada", [VECTOR], "m", consents, now_ns=T0_NS)


def offers_of(store: CustomerStore, customer_id: str) -> str:
    """The key of what a customer was granted."""
    customer = store.customer(customer_id)
    assert customer is not None
    return f"known:{customer.pseudonym}:offers"


def visit(
    store: CustomerStore,
    customer_id: str,
    day: int,
    *,
    offers: bool = True,
) -> Audience:
    """A customer is there and engaged, so many days later, as identity tells the stand."""
    track = f"{customer_id}-{day}"
    store.link_visit(f"visit-{track}", customer_id, now_ns=at(day * DAY))
    audience = Audience()
    audience.identify(make_identity(track, known=True, offers=offers))
    for second in (0, 1, 2):
        person = make_person(track, score=80)
        audience.observe(make_engagement(day * DAY + second, person), [60])
    return audience


def is_granted(desk: OfferDesk, audience: Audience, day: int) -> bool:
    now_ns = at(day * DAY + 2)
    shown = desk.grant(CAMPAIGN, make_command(), audience, now_ns, "UTC")
    return shown is not None


def test_a_customer_who_comes_on_two_days_gets_it_once(
    redis: Redis, tmp_path: Path, store: CustomerStore
) -> None:
    desk = desk_of(redis, tmp_path)
    ada = enrol(store, ("recognise", "offers"))
    bob = enrol(store, ("recognise", "offers"))
    assert is_granted(desk, visit(store, ada, 0), 0)
    assert not is_granted(desk, visit(store, ada, 1), 1)
    assert is_granted(desk, visit(store, bob, 1), 1)
    # Another stand, and one that starts again, know it by the store.
    assert not is_granted(desk_of(redis, tmp_path), visit(store, ada, 2), 2)


def test_who_does_not_consent_to_offers_is_nobody_to_it(
    redis: Redis, tmp_path: Path, store: CustomerStore
) -> None:
    desk = desk_of(redis, tmp_path)
    ada = enrol(store, ("recognise",))
    for day in (0, 1):
        assert is_granted(desk, visit(store, ada, day, offers=False), day)
    assert not redis.keys("known:*")
    # Until an identity that was decided before the consent ended is replaced.
    assert not is_granted(desk, visit(store, ada, 2), 2)


def test_it_is_kept_until_the_campaign_is_over(
    redis: Redis, tmp_path: Path, store: CustomerStore
) -> None:
    ada = enrol(store, ("recognise", "offers"))
    assert is_granted(desk_of(redis, tmp_path), visit(store, ada, 0), 0)
    # From 08:00 of 15 January to the end of the day after 20 January, whose night belongs to it.
    left_s = 6 * DAY + 16 * 3600
    assert left_s - 60 < redis.ttl(offers_of(store, ada)) <= left_s


def test_it_is_not_kept_for_longer_than_the_consent(
    redis: Redis, tmp_path: Path, store: CustomerStore
) -> None:
    ada = enrol(store, ("recognise", "offers"), days=1)
    assert is_granted(desk_of(redis, tmp_path), visit(store, ada, 0), 0)
    assert DAY - 60 < redis.ttl(offers_of(store, ada)) <= DAY


def test_an_erased_customer_leaves_nothing_behind(
    redis: Redis, tmp_path: Path, store: CustomerStore
) -> None:
    ada = enrol(store, ("recognise", "offers"))
    audience = visit(store, ada, 0)
    assert is_granted(desk_of(redis, tmp_path), audience, 0)
    assert redis.exists(offers_of(store, ada))
    store.erase(ada, now_ns=at(3))
    assert not redis.keys(f"*{ada}*") + redis.keys("known:*")


def test_an_invitation_taken_counts_for_the_customer_of_another_day(
    redis: Redis, store: CustomerStore
) -> None:
    mark = begun(redis)
    ada = enrol(store, ("recognise", "offers"))
    answers = []
    for day in (0, 1):
        audience = visit(store, ada, day)
        now_ns = at(day * DAY + 2)
        due = due_offer(CAMPAIGN, make_command(), audience, now_ns, ())
        assert due is not None
        invitation = Invitation(due, mark, "Acme", 60)
        outcome = invitations.invite(redis, invitation, f"token-{day}", b"key")
        claimed = invitations.claim(
            redis, invitation, f"token-{day}", f"phone-{day}", b"key"
        )
        answers.append((outcome, claimed.outcome))
    assert answers == [("invited", "granted"), ("already", "gone")]
