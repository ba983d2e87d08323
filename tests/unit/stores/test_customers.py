"""The customer store on a real server: consent first, encrypted, erasable."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
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
from vitrine.customers.consents import Consent, Purpose, in_force
from vitrine.customers.records import Agreement, Customer
from vitrine.errors import ConfigurationError
from vitrine.stores.customer_reader import Opened
from vitrine.stores.customer_records import Change, CustomerRecords
from vitrine.stores.customers import CustomerStore
from vitrine.stores.data_keys import KeyStore


@pytest.fixture
def store(redis: Redis, key_redis: Redis) -> CustomerStore:
    return customer_store(redis, key_redis)


class TestEnrolment:
    """A customer is stored for as long as a consent covers it."""

    def test_a_customer_is_enrolled_and_found(self, store: CustomerStore) -> None:
        consents = [RECOGNISE, OFFERS]
        customer_id = store.enrol(
            "Ada Example", [VECTOR, VECTOR], "m", consents, now_ns=5
        )
        (customer,) = store.customers()
        assert customer == store.customer(customer_id)
        assert (customer.name, customer.templates) == ("Ada Example", 2)
        agreed = [replace(each, record_id="") for each in customer.consents]
        assert agreed == [RECOGNISE, OFFERS]
        one, other = store.templates(5)
        assert (one.customer_id, one.model) == (customer_id, "m")
        np.testing.assert_array_equal(one.vector, VECTOR)
        np.testing.assert_array_equal(other.vector, VECTOR)

    def test_nothing_readable_lies_in_the_store(
        self, store: CustomerStore, redis: Redis
    ) -> None:
        customer_id = enrol(store)
        content = b"".join(redis.dump(key) or b"" for key in redis.scan_iter())
        assert b"Ada" not in content
        assert VECTOR.tobytes()[:16] not in content
        assert customer_id.encode() in content

    @pytest.mark.parametrize("consents", [(), (OFFERS,)])
    def test_without_consent_there_is_no_template(
        self, store: CustomerStore, consents: tuple[Consent, ...]
    ) -> None:
        with pytest.raises(ConfigurationError, match="no template without consent"):
            enrol(store, consents=consents)
        assert list(store.customers()) == []

    def test_without_a_face_there_is_no_customer(self, store: CustomerStore) -> None:
        with pytest.raises(ConfigurationError, match="no face, no template"):
            store.enrol("Ada", [], "m", [RECOGNISE], now_ns=5)
        assert list(store.customers()) == []

    def test_every_change_has_an_id_of_its_own(self, store: CustomerStore) -> None:
        assert store.last_change() == Change()
        enrol(store)
        enrolled = store.last_change()
        customer_id = enrol(store)
        again = store.last_change()
        store.erase(customer_id, now_ns=9)
        erased = store.last_change()
        assert len({Change(), enrolled, again, erased}) == 4

    def test_they_name_who_was_changed(
        self, store: CustomerStore, redis: Redis
    ) -> None:
        assert store.changed_since(Change()) == set()
        ada = enrol(store, "Ada")
        first = store.last_change()
        bob = enrol(store, "Bob")
        store.change(ada, 6, name="Ada Lovelace")
        assert store.changed_since(Change()) == {ada, bob}
        assert store.changed_since(first) == {ada, bob}
        second = store.last_change()
        store.erase(bob, 7)
        assert store.changed_since(second) == {bob}
        assert store.changed_since(store.last_change()) == set()

    def test_nobody_is_named_where_changes_were_dropped_or_the_store_is_another(
        self, store: CustomerStore, redis: Redis
    ) -> None:
        enrol(store, "Ada")
        first = store.last_change()
        enrol(store, "Bob")
        redis.xtrim("customers:changes", maxlen=1, approximate=False)
        assert store.changed_since(Change()) is None
        assert len(store.changed_since(first) or ()) == 1
        redis.xtrim("customers:changes", maxlen=0, approximate=False)
        assert store.changed_since(first) is None
        last = store.last_change()
        assert store.changed_since(last) == set()
        redis.flushall()
        assert store.changed_since(last) is None

    def test_a_sweep_drops_old_changes_as_they_name_who_was_erased(
        self, store: CustomerStore, redis: Redis
    ) -> None:
        ada = enrol(store, "Ada")
        store.erase(ada, 7)
        last = store.last_change()
        minutes_ns = 60 * 10**9
        store.sweep(time.time_ns() + 9 * minutes_ns)
        assert redis.xlen("customers:changes") == 2
        store.sweep(time.time_ns() + 11 * minutes_ns)
        assert redis.xlen("customers:changes") == 0
        assert store.last_change() == last
        assert store.changed_since(last) == set()

    def test_a_consent_that_expired_takes_the_templates_out_of_recognition(
        self, store: CustomerStore
    ) -> None:
        enrol(store, consents=(RECOGNISE, OFFERS))
        assert len(store.templates(HOUR_NS - 1)) == 1
        assert store.templates(HOUR_NS) == []

    def test_a_template_says_when_the_first_consent_ends(
        self, store: CustomerStore
    ) -> None:
        enrol(store, consents=(RECOGNISE, OFFERS))
        assert [each.until_ns for each in store.templates(5)] == [HOUR_NS]

    def test_how_a_customer_may_be_addressed_is_what_is_agreed_at_the_moment(
        self, store: CustomerStore
    ) -> None:
        recognise = Consent("recognise", 0, 4 * HOUR_NS, text_version="1")
        profile = Consent("profile", 0, HOUR_NS, text_version="1")
        consents = [recognise, profile, OFFERS]
        store.enrol("Ada", [VECTOR], "m", consents, now_ns=5, tags=["runner"])
        found = []
        for hour in (0, 1, 2):
            (template,) = store.templates(hour * HOUR_NS)
            found.append(template.agreement)
        assert found == [
            Agreement(offers=True, tags=("runner",)),
            Agreement(offers=True),
            Agreement(),
        ]

    def test_what_cannot_be_withdrawn_is_said(self, store: CustomerStore) -> None:
        customer_id = enrol(store)
        refused: list[tuple[str, Purpose, str]] = [
            (customer_id, "recognise", "customers erase"),
            (customer_id, "offers", "no consent for offers"),
            ("nobody", "offers", "no customer nobody"),
        ]
        for name, purpose, words in refused:
            with pytest.raises(ConfigurationError, match=words):
                store.withdraw(name, purpose, now_ns=6)

    def test_without_consent_to_a_profile_there_are_no_tags(
        self, store: CustomerStore
    ) -> None:
        with pytest.raises(ConfigurationError, match="grant the purpose `profile`"):
            store.enrol("Ada", [VECTOR], "m", [RECOGNISE], now_ns=5, tags=["runner"])
        assert list(store.customers()) == []

    def test_the_record_goes_with_the_consent_to_be_recognised(
        self, store: CustomerStore, redis: Redis
    ) -> None:
        customer_id = enrol(store, consents=(RECOGNISE, OFFERS))
        for key in (f"customer:{customer_id}", f"customer:{customer_id}:templates"):
            assert 3590 < redis.ttl(key) <= 3600

    def test_a_customer_whose_record_expired_is_not_listed(
        self, store: CustomerStore, redis: Redis
    ) -> None:
        customer_id = enrol(store)
        redis.delete(f"customer:{customer_id}")
        assert list(store.customers()) == []
        assert store.templates(5) == []


class TestChanges:
    """What is known of a customer changes in one step, and no consent outlives its end."""

    def test_a_customer_is_changed_where_something_is_given(
        self, store: CustomerStore
    ) -> None:
        ada = enrol(store, consents=ALL)
        store.change(ada, 6, name="Ada", tags=["runner"], level="gold")
        store.change(ada, 7, interests=["shoes"])
        customer = store.customer(ada)
        assert customer is not None
        assert (customer.name, customer.tags) == ("Ada", ("runner",))
        assert (customer.level, customer.interests) == ("gold", ("shoes",))
        (template,) = store.templates(8)
        assert template.agreement.tags == ("runner", "gold", "shoes")

    def test_no_more_is_told_of_a_customer_than_an_event_holds(
        self, store: CustomerStore
    ) -> None:
        ada = enrol(store, consents=ALL)
        store.change(ada, 6, tags=[f"tag-{number}" for number in range(20)])
        with pytest.raises(ConfigurationError, match="expected 20 at most"):
            store.change(ada, 7, level="gold")

    def test_a_consent_that_is_renewed_takes_the_place_of_the_old_one(
        self, store: CustomerStore, redis: Redis
    ) -> None:
        ada = enrol(store)
        later = Consent("recognise", 6, 3 * HOUR_NS, "2", language="de", method="phone")
        store.agree(ada, [later, OFFERS], now_ns=6)
        assert len(store.templates(2 * HOUR_NS)) == 1
        assert 10_790 < redis.ttl(f"customer:{ada}:templates") <= 10_800
        customer = store.customer(ada)
        assert customer is not None
        old, new, offers = customer.consents
        assert (old.text_version, old.withdrawn_at_ns) == ("1", 6)
        assert (new.text_version, new.language, new.method) == ("2", "de", "phone")
        assert in_force(customer.consents, 7) == ["recognise", "offers"]
        assert len({old.record_id, new.record_id, offers.record_id, ""}) == 4

    def test_a_profile_that_expired_hinders_no_change_and_does_not_come_back(
        self, store: CustomerStore
    ) -> None:
        longer = Consent("recognise", 0, 9 * HOUR_NS, text_version="1")
        ada = enrol(store, consents=(longer, PROFILE))
        store.change(ada, 6, level="gold")
        store.change(ada, HOUR_NS, name="Ada")
        with pytest.raises(ConfigurationError, match="grant the purpose `profile`"):
            store.change(ada, HOUR_NS, level="silver")
        anew = Consent("profile", HOUR_NS, 2 * HOUR_NS, text_version="1")
        store.agree(ada, [anew], now_ns=HOUR_NS)
        customer = store.customer(ada)
        assert customer is not None
        assert (customer.name, customer.level) == ("Ada", "")

    def test_a_consent_that_is_withdrawn_stays_as_proof_and_allows_nothing(
        self, store: CustomerStore
    ) -> None:
        ada = enrol(store, consents=ALL)
        store.change(ada, 6, tags=["runner"], level="gold", interests=["shoes"])
        before = store.last_change()
        store.withdraw(ada, "profile", now_ns=7)
        assert store.last_change() != before
        customer = store.customer(ada)
        assert customer is not None
        assert (customer.tags, customer.level, customer.interests) == ((), "", ())
        assert in_force(customer.consents, 8) == ["recognise", "offers"]
        assert [each.withdrawn_at_ns for each in customer.consents] == [None, 7, None]
        (template,) = store.templates(8)
        assert template.agreement == Agreement(offers=True)

    def test_a_write_that_is_late_loses(
        self, store: CustomerStore, redis: Redis, key_redis: Redis
    ) -> None:
        ada = enrol(store, consents=ALL)

        class Slow(CustomerStore):
            def opened(self, customer_id: str) -> Opened | None:
                found = super().opened(customer_id)
                store.withdraw(ada, "offers", now_ns=6)
                return found

        slow = Slow(redis, SEALER, KeyStore(key_redis))
        with pytest.raises(ConfigurationError, match="somebody else changed"):
            slow.change(ada, 7, name="Eve")
        customer = store.customer(ada)
        assert customer is not None
        assert customer.name == "Ada Example"
        assert in_force(customer.consents, 7) == ["recognise", "profile"]

    def test_nobody_is_changed_who_is_none(self, store: CustomerStore) -> None:
        with pytest.raises(ConfigurationError, match="no customer nobody"):
            store.change("nobody", 6, name="Ada")
        assert store.customer("nobody") is None


class TestErasure:
    """Everything of a customer goes, and a receipt says so."""

    def test_it_removes_everything_and_says_so(
        self, store: CustomerStore, redis: Redis, key_redis: Redis
    ) -> None:
        ada = enrol(store, consents=ALL)
        store.link_visit("visit-1", ada, now_ns=6)
        receipt = store.erase(ada, now_ns=9)
        left = {
            b"customers:changes",
            b"customers:key-store",
            b"customers:log-to-rewrite",
        }
        assert set(redis.keys()) == left
        assert key_redis.keys() == [b"key-store"]
        assert receipt == {
            "customer_id": ada,
            "erased_at_ns": 9,
            "templates": 1,
            "visits": 1,
        }

    def test_others_stay(self, store: CustomerStore) -> None:
        ada = enrol(store, "Ada")
        bob = enrol(store, "Bob", consents=ALL)
        store.link_visit("visit-1", bob, now_ns=6)
        store.erase(ada, now_ns=9)
        (customer,) = store.customers()
        assert (customer.customer_id, customer.name) == (bob, "Bob")
        assert store.erase(bob, now_ns=9)["visits"] == 1

    def test_an_unknown_customer_cannot_be_erased(self, store: CustomerStore) -> None:
        with pytest.raises(ConfigurationError, match="no customer nobody"):
            store.erase("nobody", now_ns=9)

    def test_it_needs_no_key_of_the_site(
        self, store: CustomerStore, redis: Redis, key_redis: Redis
    ) -> None:
        ada = enrol(store)
        records = CustomerRecords(redis, KeyStore(key_redis))
        assert list(records.customers()) == [Customer(ada, None, (), templates=1)]
        assert records.erase(ada, now_ns=9)["templates"] == 1
        assert list(store.customers()) == []

    def test_one_that_was_cut_off_is_finished(
        self, store: CustomerStore, key_redis: Redis
    ) -> None:
        ada = enrol(store)
        KeyStore(key_redis).remove(ada)
        assert store.templates(6) == []
        assert store.erase(ada, now_ns=9)["templates"] == 1
        assert list(store.customers()) == []
