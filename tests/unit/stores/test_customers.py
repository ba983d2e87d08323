"""The customer store on a real server: consent first, encrypted, erasable."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import numpy as np
import pytest
from prometheus_client import REGISTRY
from redis import Redis

from vitrine.customers.consents import Consent, Purpose
from vitrine.customers.records import Agreement, Customer
from vitrine.errors import ConfigurationError
from vitrine.sealing import Sealer
from vitrine.stores.customer_records import CustomerRecords
from vitrine.stores.customers import CustomerStore
from vitrine.stores.sealed_records import Rotated, rotate

KEYS = {"k1": bytes(range(32)), "k2": bytes(range(1, 33))}
SEALER = Sealer(KEYS, "k1")
VECTOR = np.ones(128, np.float32) / np.float32(np.sqrt(128))
OTHER = -VECTOR
HOUR_NS = 3600 * 10**9
RECOGNISE = Consent("recognise", 0, HOUR_NS, text_version="1")
PROFILE = Consent("profile", 0, HOUR_NS, text_version="1")
OFFERS = Consent("offers", 0, 2 * HOUR_NS, text_version="1")


@pytest.fixture
def store(redis: Redis) -> CustomerStore:
    return CustomerStore(redis, SEALER)


def enrol(
    store: CustomerStore,
    name: str = "Ada Example",
    *,
    vector: Any = VECTOR,
    consents: tuple[Consent, ...] = (RECOGNISE,),
) -> str:
    return store.enrol(name, [vector], "m", consents, now_ns=5)


class TestEnrolment:
    """A customer is stored for as long as a consent covers it."""

    def test_a_customer_is_enrolled_and_found(self, store: CustomerStore) -> None:
        consents = [RECOGNISE, OFFERS]
        customer_id = store.enrol(
            "Ada Example", [VECTOR, VECTOR], "m", consents, now_ns=5
        )
        assert list(store.customers()) == [
            Customer(customer_id, "Ada Example", (RECOGNISE, OFFERS), templates=2)
        ]
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
        assert store.last_change() == ""
        enrol(store)
        enrolled = store.last_change()
        customer_id = enrol(store)
        again = store.last_change()
        store.erase(customer_id, now_ns=9)
        erased = store.last_change()
        assert len({"", enrolled, again, erased}) == 4

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

    def test_a_consent_that_is_withdrawn_takes_what_was_kept_for_it(
        self, store: CustomerStore, redis: Redis
    ) -> None:
        profile = Consent("profile", 0, HOUR_NS, text_version="1")
        consents = [RECOGNISE, profile, OFFERS]
        customer_id = store.enrol(
            "Ada", [VECTOR], "m", consents, now_ns=5, tags=["runner"]
        )
        redis.zadd(f"customer:{customer_id}:offers", {"spring:ten": 1})
        before = store.last_change()
        store.withdraw(customer_id, "offers", now_ns=6)
        (template,) = store.templates(7)
        assert template.agreement == Agreement(tags=("runner",))
        assert not redis.exists(f"customer:{customer_id}:offers")
        # The consent to offers was the last to expire.
        assert 3590 < redis.ttl(f"customer:{customer_id}") <= 3600
        assert store.last_change() != before
        store.withdraw(customer_id, "profile", now_ns=8)
        (template,) = store.templates(9)
        assert template.agreement == Agreement()
        assert not redis.hexists(f"customer:{customer_id}", "tags")

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
        with pytest.raises(ConfigurationError, match="no tags without consent"):
            store.enrol("Ada", [VECTOR], "m", [RECOGNISE], now_ns=5, tags=["runner"])
        assert list(store.customers()) == []

    def test_what_no_consent_covers_any_more_leaves_the_store(
        self, store: CustomerStore, redis: Redis
    ) -> None:
        customer_id = enrol(store, consents=(RECOGNISE, OFFERS))
        assert 3590 < redis.ttl(f"customer:{customer_id}:templates") <= 3600
        assert 7190 < redis.ttl(f"customer:{customer_id}") <= 7200

    def test_a_customer_whose_record_expired_is_not_listed(
        self, store: CustomerStore, redis: Redis
    ) -> None:
        customer_id = enrol(store)
        redis.delete(f"customer:{customer_id}")
        assert list(store.customers()) == []
        assert store.templates(5) == []


class TestKeys:
    """Templates open only with the site's keys, and only for their customer."""

    def test_a_rotated_key_still_opens_old_templates(
        self, store: CustomerStore, redis: Redis
    ) -> None:
        enrol(store)
        rotated = CustomerStore(redis, Sealer(KEYS, "k2"))
        assert len(rotated.templates(5)) == 1

    def test_templates_under_an_unknown_key_are_left_out(
        self, store: CustomerStore, redis: Redis
    ) -> None:
        enrol(store)
        foreign = CustomerStore(redis, Sealer({"k3": bytes(32)}, "k3"))
        assert foreign.templates(5) == []

    def test_a_template_that_is_copied_to_another_customer_does_not_open(
        self,
        store: CustomerStore,
        redis: Redis,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        ada = enrol(store, "Ada", vector=VECTOR)
        bob = enrol(store, "Bob", vector=OTHER)
        copied: Any = redis.lindex(f"customer:{ada}:templates", 0)
        redis.rpush(f"customer:{bob}:templates", copied)
        vectors = {ada: VECTOR, bob: OTHER}
        templates = store.templates(5)
        assert sorted(template.customer_id for template in templates) == sorted(vectors)
        for template in templates:
            np.testing.assert_array_equal(
                template.vector, vectors[template.customer_id]
            )
        assert caplog.messages == [
            "a template is left out: "
            "sealed content was altered, or belongs to something else"
        ]

    def test_a_template_that_is_said_to_be_of_another_model_does_not_open(
        self, store: CustomerStore, redis: Redis
    ) -> None:
        ada = enrol(store)
        key = f"customer:{ada}:templates"
        text: Any = redis.lindex(key, 0)
        changed = text.replace(b'"model":"m"', b'"model":"n"')
        assert changed != text
        redis.lset(key, 0, changed)
        assert store.templates(5) == []

    def test_a_name_that_is_copied_to_another_customer_does_not_open(
        self, store: CustomerStore, redis: Redis
    ) -> None:
        ada = enrol(store, "Ada")
        bob = enrol(store, "Bob")
        name: Any = redis.hget(f"customer:{ada}", "name")
        redis.hset(f"customer:{bob}", "name", name)
        names = {each.customer_id: each.name for each in store.customers()}
        assert names == {ada: "Ada", bob: None}


class TestRotation:
    """Everything is sealed with a new key, whenever it is interrupted."""

    NEW = Sealer(KEYS, "k2")
    NEW_ONLY = Sealer({"k2": KEYS["k2"]}, "k2")

    def test_all_opens_with_the_new_key_alone_and_expires_as_before(
        self, store: CustomerStore, redis: Redis
    ) -> None:
        ada = enrol(store, "Ada", vector=VECTOR)
        bob = enrol(store, "Bob", vector=OTHER)
        rotated = Rotated()
        for customer_id in store.ids():
            rotate(redis, self.NEW, customer_id, rotated)
        assert rotated == Rotated(sealed=4, unopened=0)
        after = CustomerStore(redis, self.NEW_ONLY)
        names = {each.customer_id: each.name for each in after.customers()}
        assert names == {ada: "Ada", bob: "Bob"}
        vectors = {each.customer_id: each.vector for each in after.templates(5)}
        np.testing.assert_array_equal(vectors[ada], VECTOR)
        np.testing.assert_array_equal(vectors[bob], OTHER)
        for key in (f"customer:{ada}", f"customer:{ada}:templates"):
            assert 0 < redis.pttl(key) <= HOUR_NS // 10**6

    def test_what_has_the_new_key_stays_as_it_is(
        self, store: CustomerStore, redis: Redis
    ) -> None:
        ada = enrol(store)
        rotate(redis, self.NEW, ada, Rotated())
        before = redis.dump(f"customer:{ada}:templates")
        again = Rotated()
        rotate(redis, self.NEW, ada, again)
        assert again == Rotated()
        assert redis.dump(f"customer:{ada}:templates") == before

    def test_one_that_is_half_done_opens_and_is_finished(
        self, server: str, store: CustomerStore, redis: Redis
    ) -> None:
        ada = store.enrol("Ada", [VECTOR, VECTOR, VECTOR], "m", [RECOGNISE], now_ns=5)

        class KilledAfterTwo(Redis):
            calls = 0

            def eval(self, *arguments: Any) -> Any:
                self.calls += 1
                if self.calls > 2:
                    raise KeyboardInterrupt
                return super().eval(*arguments)

        with (
            closing(KilledAfterTwo.from_url(server)) as killed,
            pytest.raises(KeyboardInterrupt),
        ):
            rotate(killed, self.NEW, ada, Rotated())
        assert len(CustomerStore(redis, self.NEW).templates(5)) == 3
        rotated = Rotated()
        rotate(redis, self.NEW, ada, rotated)
        assert rotated == Rotated(sealed=2)
        assert len(CustomerStore(redis, self.NEW_ONLY).templates(5)) == 3

    def test_who_is_erased_meanwhile_does_not_come_back(
        self, server: str, store: CustomerStore, redis: Redis
    ) -> None:
        ada = enrol(store)

        class ErasesFirst(Redis):
            def eval(self, *arguments: Any) -> Any:
                if ada in store.ids():
                    store.erase(ada, now_ns=9)
                return super().eval(*arguments)

        with closing(ErasesFirst.from_url(server)) as slow:
            rotate(slow, self.NEW, ada, Rotated())
        assert redis.keys() == [b"customers:changes"]

    def test_what_no_key_opens_is_left_and_counted(
        self, store: CustomerStore, redis: Redis
    ) -> None:
        ada = enrol(store)
        redis.rpush(f"customer:{ada}:templates", "{}")
        rotated = Rotated()
        rotate(redis, Sealer({"k3": bytes(32)}, "k3"), ada, rotated)
        assert rotated == Rotated(sealed=0, unopened=3)
        assert len(store.templates(5)) == 1


class TestDamage:
    """What cannot be read allows nothing, and harms nobody else."""

    @pytest.mark.parametrize("damaged", ["", "{", "[{}]", "null", "\xff"])
    def test_consents_that_cannot_be_read_allow_nothing(
        self, store: CustomerStore, redis: Redis, damaged: str
    ) -> None:
        ada = enrol(store, "Ada")
        bob = enrol(store, "Bob")
        redis.hset(f"customer:{ada}", "consents", damaged)
        assert [each.customer_id for each in store.templates(5)] == [bob]
        assert {each.customer_id for each in store.customers()} == {ada, bob}
        assert store.erase(ada, now_ns=9)["templates"] == 1

    @pytest.mark.parametrize("damaged", ["", "{", "{}", "[]", "null", '{"model": 1}'])
    def test_a_template_that_cannot_be_read_is_left_out_and_counted(
        self, store: CustomerStore, redis: Redis, damaged: str
    ) -> None:
        ada = enrol(store)
        redis.rpush(f"customer:{ada}:templates", damaged)
        assert len(store.templates(5)) == 1
        assert REGISTRY.get_sample_value("vitrine_templates_unreadable") == 1

    def test_tags_that_cannot_be_read_are_none(
        self, store: CustomerStore, redis: Redis
    ) -> None:
        ada = enrol(store, consents=(RECOGNISE, PROFILE))
        redis.hset(f"customer:{ada}", "tags", '{"a": 1}')
        assert [each.agreement.tags for each in store.templates(5)] == [()]

    @pytest.mark.parametrize("field", ["name", "name_key"])
    def test_a_record_without_a_name_is_listed_and_erased(
        self, store: CustomerStore, redis: Redis, field: str
    ) -> None:
        ada = enrol(store)
        redis.hdel(f"customer:{ada}", field)
        assert [each.name for each in store.customers()] == [None]
        store.erase(ada, now_ns=9)


class TestWithoutTheKey:
    """Customers are listed and erased by who cannot read their names."""

    def test_ids_and_consents_are_listed_without_names(
        self, store: CustomerStore, redis: Redis
    ) -> None:
        ada = enrol(store)
        assert list(CustomerRecords(redis).customers()) == [
            Customer(ada, None, (RECOGNISE,), templates=1)
        ]

    def test_a_customer_is_erased(self, store: CustomerStore, redis: Redis) -> None:
        ada = enrol(store)
        assert CustomerRecords(redis).erase(ada, now_ns=9)["templates"] == 1
        assert list(store.customers()) == []


class TestErasure:
    """Everything of a customer goes, and a receipt says so."""

    def test_it_removes_everything_and_says_so(
        self, store: CustomerStore, redis: Redis
    ) -> None:
        customer_id = enrol(store)
        store.link_visit("visit-1", customer_id)
        receipt = store.erase(customer_id, now_ns=9)
        assert redis.keys() == [b"customers:changes"]
        assert receipt == {
            "customer_id": customer_id,
            "erased_at_ns": 9,
            "templates": 1,
            "visits": 1,
        }

    def test_others_stay(self, store: CustomerStore) -> None:
        ada = enrol(store, "Ada")
        bob = enrol(store, "Bob")
        store.link_visit("visit-1", bob)
        store.erase(ada, now_ns=9)
        (customer,) = store.customers()
        assert (customer.customer_id, customer.name) == (bob, "Bob")
        assert store.erase(bob, now_ns=9)["visits"] == 1

    def test_an_unknown_customer_cannot_be_erased(self, store: CustomerStore) -> None:
        with pytest.raises(ConfigurationError, match="no customer nobody"):
            store.erase("nobody", now_ns=9)


class TestLinks:
    """A visit is linked to its customer."""

    def test_a_visit_is_linked_for_two_days(
        self, store: CustomerStore, redis: Redis
    ) -> None:
        customer_id = enrol(store)
        store.link_visit("visit-1", customer_id)
        assert redis.get("visit:visit-1") == customer_id.encode()
        for key in ("visit:visit-1", f"customer:{customer_id}:visits"):
            assert 172_790 < redis.ttl(key) <= 172_800

    def test_a_visit_of_somebody_unknown_is_not_linked(
        self, store: CustomerStore, redis: Redis
    ) -> None:
        store.link_visit("visit-1", "nobody")
        assert redis.keys("*visit*") == []

    def test_a_visit_after_erasure_is_not_linked(
        self, store: CustomerStore, redis: Redis
    ) -> None:
        customer_id = enrol(store)
        store.erase(customer_id, now_ns=6)
        store.link_visit("visit-2", customer_id)
        assert redis.keys("*visit*") == []

    def test_a_visit_is_not_linked_to_somebody_who_is_erased_meanwhile(
        self, server: str, store: CustomerStore
    ) -> None:
        customer_id = enrol(store)
        erased = []

        class ErasedAfterAnyQuestion(Redis):
            def sismember(self, *arguments: Any) -> Any:
                answer = super().sismember(*arguments)
                erased.append(store.erase(customer_id, 6))
                return answer

        with closing(ErasedAfterAnyQuestion.from_url(server)) as redis:
            CustomerStore(redis, SEALER).link_visit("visit-1", customer_id)
            if not erased:
                store.erase(customer_id, 6)
            assert redis.keys("*visit*") == []
