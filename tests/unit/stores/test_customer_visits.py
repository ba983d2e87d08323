"""A visit is linked to its customer for the purposes that they agree to, and no longer."""

from __future__ import annotations

from typing import Any

import pytest
from redis import Redis

from tests.customer_builders import (
    ALL,
    HOUR_NS,
    OFFERS,
    PROFILE,
    RECOGNISE,
    SEALER,
    VECTOR,
    customer_store,
    enrol,
)
from tests.stand_builders import make_offer
from vitrine.customers.consents import Consent, Purpose
from vitrine.mall import Offer
from vitrine.offers.due import DueOffer
from vitrine.schemas import Interaction
from vitrine.stores.consents import agrees_to_offers, is_visit_of
from vitrine.stores.customer_reader import Opened
from vitrine.stores.customers import CustomerStore
from vitrine.stores.data_keys import KeyStore

DAY_NS = 24 * HOUR_NS
LONG = (
    Consent("recognise", 0, 10 * DAY_NS, text_version="1"),
    Consent("offers", 0, 10 * DAY_NS, text_version="1"),
)


@pytest.fixture
def store(redis: Redis, key_redis: Redis) -> CustomerStore:
    return customer_store(redis, key_redis)


def visits_of(store: CustomerStore, customer_id: str) -> int:
    customer = store.customer(customer_id)
    assert customer is not None
    return customer.visits


def test_a_visit_is_linked_for_two_days(store: CustomerStore, redis: Redis) -> None:
    ada = enrol(store, consents=LONG)
    store.link_visit("visit-1", ada, now_ns=5)
    assert agrees_to_offers(redis, "visit-1")
    assert 172_790 < redis.ttl("visit:visit-1") <= 172_800


def test_it_is_linked_no_longer_than_the_consent_to_offers(
    store: CustomerStore, redis: Redis
) -> None:
    ada = enrol(store, consents=(LONG[0], OFFERS))
    store.link_visit("visit-1", ada, now_ns=HOUR_NS)
    assert 3590 < redis.ttl("visit:visit-1") <= 3600
    store.link_visit("visit-2", ada, now_ns=2 * HOUR_NS)
    assert not agrees_to_offers(redis, "visit-2")


def test_nothing_in_the_store_leads_from_the_visit_to_the_customer(
    store: CustomerStore, redis: Redis
) -> None:
    ada = enrol(store, consents=ALL)
    store.link_visit("visit-1", ada, now_ns=6)
    for key in redis.scan_iter("known:*"):
        assert ada.encode() not in key + (redis.dump(key) or b"")
    assert ada.encode() not in (redis.get("visit:visit-1") or b"")
    customer = store.customer(ada)
    assert customer is not None
    for key in redis.scan_iter("customer*"):
        assert customer.pseudonym.encode() not in key + (redis.dump(key) or b"")


@pytest.mark.parametrize("consents", [(RECOGNISE,), (RECOGNISE, PROFILE)])
def test_without_consent_to_offers_there_is_no_link(
    store: CustomerStore, redis: Redis, consents: tuple[Consent, ...]
) -> None:
    ada = enrol(store, consents=consents)
    store.link_visit("visit-1", ada, now_ns=6)
    assert not redis.keys("visit:*")
    assert not agrees_to_offers(redis, "visit-1")


def test_visits_are_counted_once_each_and_only_with_a_profile(
    store: CustomerStore, redis: Redis
) -> None:
    ada = enrol(store, consents=(RECOGNISE, PROFILE))
    bob = enrol(store, "Bob", consents=(RECOGNISE, OFFERS))
    for visit in ("visit-1", "visit-1", "visit-2"):
        store.link_visit(visit, ada, now_ns=6)
        store.link_visit(f"{visit}-bob", bob, now_ns=6)
    assert visits_of(store, ada) == 2
    assert visits_of(store, bob) == 0
    store.withdraw(ada, "profile", now_ns=7)
    assert visits_of(store, ada) == 0
    store.link_visit("visit-3", ada, now_ns=8)
    assert visits_of(store, ada) == 0
    assert not redis.keys("known:*:count")


def asked_for(visit_id: str, *visits: int) -> DueOffer:
    """An offer that is due on these visits of a customer."""
    shown = Interaction(
        interaction_id="grant-1",
        stand_id="north",
        kind="offer-shown",
        at_ns=6,
        visit_id=visit_id,
        config_version="v1",
    )
    offer = Offer.model_validate(make_offer())
    return DueOffer(offer, shown, "holder", personal=True, visits=visits)


def test_a_visit_is_of_a_number_while_it_is_the_last_one_counted(
    store: CustomerStore, redis: Redis
) -> None:
    ada = enrol(store, consents=ALL)
    store.link_visit("visit-1", ada, now_ns=6)
    assert is_visit_of(redis, asked_for("visit-1", 1))
    assert is_visit_of(redis, asked_for("visit-1", 2, 1))
    assert not is_visit_of(redis, asked_for("visit-1", 2))
    store.link_visit("visit-1", ada, now_ns=7)
    assert is_visit_of(redis, asked_for("visit-1", 1))
    store.link_visit("visit-2", ada, now_ns=8)
    assert is_visit_of(redis, asked_for("visit-2", 2))
    assert not is_visit_of(redis, asked_for("visit-2", 1))


@pytest.mark.parametrize(
    "consents", [(RECOGNISE, OFFERS), (RECOGNISE, PROFILE), (RECOGNISE,)]
)
def test_a_visit_is_of_no_number_without_both_consents(
    store: CustomerStore, redis: Redis, consents: tuple[Consent, ...]
) -> None:
    ada = enrol(store, consents=consents)
    store.link_visit("visit-1", ada, now_ns=6)
    assert not is_visit_of(redis, asked_for("visit-1", 1))
    assert is_visit_of(redis, asked_for("visit-1"))


@pytest.mark.parametrize("purpose", ["offers", "profile"])
def test_a_visit_is_of_no_number_from_a_withdrawal_on(
    store: CustomerStore, redis: Redis, purpose: Purpose
) -> None:
    ada = enrol(store, consents=ALL)
    store.link_visit("visit-1", ada, now_ns=6)
    store.withdraw(ada, purpose, now_ns=7)
    assert not is_visit_of(redis, asked_for("visit-1", 1))


def test_a_withdrawal_removes_links_phone_and_offers_in_the_same_step(
    store: CustomerStore, redis: Redis
) -> None:
    ada = enrol(store, consents=ALL)
    store.link_visit("visit-1", ada, now_ns=6)
    customer = store.customer(ada)
    assert customer is not None
    known = f"known:{customer.pseudonym}"
    redis.hset(known, "phone", "hash")
    redis.zadd(f"{known}:offers", {"spring:ten": 1})
    store.withdraw(ada, "offers", now_ns=7)
    assert not agrees_to_offers(redis, "visit-1")
    assert not redis.exists(known, f"{known}:offers", "visit:visit-1")
    assert visits_of(store, ada) == 1


def test_a_consent_that_is_renewed_for_less_time_shortens_the_link(
    store: CustomerStore, redis: Redis
) -> None:
    ada = enrol(store, consents=LONG)
    store.link_visit("visit-1", ada, now_ns=5)
    shorter = Consent("offers", 6, HOUR_NS, text_version="2")
    store.agree(ada, [shorter], now_ns=6)
    assert 3590 < redis.ttl("visit:visit-1") <= 3600


def test_a_link_of_who_withdraws_meanwhile_is_refused(
    store: CustomerStore, redis: Redis, key_redis: Redis
) -> None:
    ada = enrol(store, consents=ALL)
    pending = [ada]

    class Slow(CustomerStore):
        def opened(self, customer_id: str) -> Opened | None:
            found = super().opened(customer_id)
            if pending:
                store.withdraw(pending.pop(), "offers", now_ns=6)
            return found

    Slow(redis, SEALER, KeyStore(key_redis)).link_visit("visit-1", ada, now_ns=7)
    assert not redis.keys("visit:*")


def test_a_link_of_who_is_erased_meanwhile_is_refused(
    store: CustomerStore, redis: Redis, key_redis: Redis
) -> None:
    ada = enrol(store, consents=ALL)

    class ErasesFirst(CustomerStore):
        def opened(self, customer_id: str) -> Opened | None:
            found = super().opened(customer_id)
            if found is not None:
                store.erase(ada, now_ns=6)
            return found

    ErasesFirst(redis, SEALER, KeyStore(key_redis)).link_visit("visit-1", ada, 7)
    store.link_visit("visit-2", ada, now_ns=8)
    assert not redis.keys("visit:*")
    assert not redis.keys("known:*")


def test_a_visit_is_not_linked_by_a_version_that_redis_writes_otherwise(
    store: CustomerStore, redis: Redis
) -> None:
    ada = enrol(store, consents=ALL)
    redis.hset(f"customer:{ada}", "version", "01")
    store.link_visit("visit-1", ada, now_ns=6)
    assert not redis.keys("visit:*")


def test_a_visit_of_nobody_is_not_linked(store: CustomerStore, redis: Redis) -> None:
    store.link_visit("visit-1", "nobody", now_ns=5)
    assert redis.keys() == []


def test_a_visit_after_the_consent_to_be_recognised_is_not_linked(
    store: CustomerStore, redis: Redis
) -> None:
    consents: Any = (RECOGNISE, OFFERS)
    ada = store.enrol("Ada", [VECTOR], "m", consents, now_ns=5)
    store.link_visit("visit-1", ada, now_ns=HOUR_NS)
    assert not redis.keys("visit:*")
