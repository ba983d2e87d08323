"""An offer that is once a campaign is once a customer, on whatever day, and goes with them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from redis import Redis

from tests.builders import T0_NS, at, make_engagement, make_identity, make_person
from tests.component.test_stand_offers import begun, desk_of
from tests.stand_builders import make_campaign, make_command, make_offer
from vitrine.customers.consents import Purpose, granted
from vitrine.offers.due import due_offer
from vitrine.programme.audience import Audience
from vitrine.sealing import Sealer
from vitrine.services.stand.offer_desk import OfferDesk
from vitrine.stores import invitations
from vitrine.stores.customers import CustomerStore
from vitrine.stores.invitations import Invitation

DAY = 86_400
"""Seconds."""
VECTOR = np.ones(128, np.float32) / np.float32(np.sqrt(128))
CAMPAIGN = make_campaign(
    offers=[make_offer(once_per="campaign", codes="signed")], to="2027-01-20"
)


@pytest.fixture
def store(redis: Redis) -> CustomerStore:
    return CustomerStore(redis, Sealer({"k": bytes(range(32))}, "k"))


def enrol(store: CustomerStore, purposes: tuple[Purpose, ...]) -> str:
    consents = granted(purposes, at_ns=T0_NS, days=365, text_version="1")
    return store.enrol("Ada", [VECTOR], "m", consents, now_ns=T0_NS)


def visit(
    store: CustomerStore,
    customer_id: str,
    day: int,
    *,
    offers: bool = True,
) -> Audience:
    """A customer is there and engaged, so many days later, as identity tells the stand."""
    track = f"{customer_id}-{day}"
    store.link_visit(f"visit-{track}", customer_id)
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
    # Of an identity that was decided before the consent ended, too.
    assert is_granted(desk, visit(store, ada, 0), 0)
    assert is_granted(desk, visit(store, ada, 1, offers=False), 1)
    assert not redis.exists(f"customer:{ada}:offers")


def test_it_is_kept_until_the_campaign_is_over(
    redis: Redis, tmp_path: Path, store: CustomerStore
) -> None:
    ada = enrol(store, ("recognise", "offers"))
    assert is_granted(desk_of(redis, tmp_path), visit(store, ada, 0), 0)
    # From 08:00 of 15 January to the end of the day after 20 January, whose night belongs to it.
    left_s = 6 * DAY + 16 * 3600
    assert left_s - 60 < redis.ttl(f"customer:{ada}:offers") <= left_s


def test_it_is_not_kept_for_longer_than_the_customer(
    redis: Redis, tmp_path: Path, store: CustomerStore
) -> None:
    ada = enrol(store, ("recognise", "offers"))
    redis.expire(f"customer:{ada}", 100)
    assert is_granted(desk_of(redis, tmp_path), visit(store, ada, 0), 0)
    assert 90 < redis.ttl(f"customer:{ada}:offers") <= 100


def test_an_erased_customer_leaves_nothing_behind(
    redis: Redis, tmp_path: Path, store: CustomerStore
) -> None:
    ada = enrol(store, ("recognise", "offers"))
    audience = visit(store, ada, 0)
    assert is_granted(desk_of(redis, tmp_path), audience, 0)
    assert redis.exists(f"customer:{ada}:offers")
    store.erase(ada, now_ns=at(3))
    for key in redis.scan_iter():
        assert ada.encode() not in key
    assert not redis.exists(f"visit:visit-{ada}-0")


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
