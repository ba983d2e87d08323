"""What is sealed of a customer opens for nobody else, and what cannot be read harms nobody else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from prometheus_client import REGISTRY
from redis import Redis

from tests.customer_builders import (
    ALL,
    HOUR_NS,
    OTHER,
    RECOGNISE,
    SITE_KEYS,
    VECTOR,
    customer_store,
    enrol,
)
from vitrine.errors import ConfigurationError
from vitrine.sealing import Sealer
from vitrine.stores.customer_rotation import Rotated
from vitrine.stores.customers import CustomerStore
from vitrine.stores.data_keys import KEYS, DataKey, KeyStore


@pytest.fixture
def store(redis: Redis, key_redis: Redis) -> CustomerStore:
    return customer_store(redis, key_redis)


def unreadable(what: str) -> float | None:
    return REGISTRY.get_sample_value(f"vitrine_{what}_unreadable")


class TestPlaces:
    """Put in another place, sealed bytes do not open."""

    def test_a_template_of_another_customer(
        self, store: CustomerStore, redis: Redis
    ) -> None:
        ada = enrol(store, "Ada", vector=VECTOR)
        bob = enrol(store, "Bob", vector=OTHER)
        copied: Any = redis.lindex(f"customer:{ada}:templates", 0)
        redis.rpush(f"customer:{bob}:templates", copied)
        vectors = {each.customer_id: each.vector for each in store.templates(5)}
        np.testing.assert_array_equal(vectors[ada], VECTOR)
        np.testing.assert_array_equal(vectors[bob], OTHER)
        assert len(store.templates(5)) == 2
        assert unreadable("templates") == 1

    def test_a_template_that_is_said_to_be_of_another_model(
        self, store: CustomerStore, redis: Redis
    ) -> None:
        ada = enrol(store)
        key = f"customer:{ada}:templates"
        text: Any = redis.lindex(key, 0)
        changed = text.replace(b'"model":"m"', b'"model":"n"')
        assert changed != text
        redis.lset(key, 0, changed)
        assert store.templates(5) == []

    def test_a_record_of_another_customer(
        self, store: CustomerStore, redis: Redis
    ) -> None:
        ada = enrol(store, "Ada", consents=ALL)
        bob = enrol(store, "Bob")
        record: Any = redis.hget(f"customer:{ada}", "record")
        redis.hset(f"customer:{bob}", "record", record)
        names = {each.customer_id: each.name for each in store.customers()}
        assert names == {ada: "Ada", bob: None}
        assert [each.customer_id for each in store.templates(5)] == [ada]
        assert unreadable("customers") == 1

    def test_a_record_under_another_version(
        self, store: CustomerStore, redis: Redis
    ) -> None:
        ada = enrol(store)
        redis.hset(f"customer:{ada}", "version", 2)
        assert store.templates(5) == []

    def test_a_record_from_before_a_withdrawal_is_put_back(
        self, store: CustomerStore, redis: Redis
    ) -> None:
        ada = enrol(store, consents=ALL)
        before: Any = redis.hgetall(f"customer:{ada}")
        store.withdraw(ada, "offers", now_ns=6)
        redis.hset(f"customer:{ada}", mapping=before)
        assert store.templates(7) == []
        assert unreadable("customers") == 1

    def test_it_is_put_back_after_a_kill_in_the_withdrawal_and_a_sweep(
        self, store: CustomerStore, redis: Redis, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ada = enrol(store, consents=ALL)
        before: Any = redis.hgetall(f"customer:{ada}")

        def killed(*_: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(KeyStore, "replace", killed)
            with pytest.raises(KeyboardInterrupt):
                store.withdraw(ada, "offers", now_ns=6)
        store.sweep(7)
        (template,) = store.templates(7)
        assert not template.agreement.offers
        redis.hset(f"customer:{ada}", mapping=before)
        assert store.templates(7) == []

    def test_a_data_key_of_another_customer(
        self, store: CustomerStore, key_redis: Redis
    ) -> None:
        ada = enrol(store, "Ada")
        bob = enrol(store, "Bob")
        copied: Any = key_redis.hget(KEYS, ada)
        key_redis.hset(KEYS, bob, copied)
        assert [each.customer_id for each in store.templates(5)] == [ada]

    def test_an_expiry_that_is_moved_in_redis_allows_nothing(
        self, store: CustomerStore, redis: Redis
    ) -> None:
        ada = enrol(store)
        redis.persist(f"customer:{ada}")
        redis.persist(f"customer:{ada}:templates")
        assert store.templates(HOUR_NS) == []
        assert store.sweep(HOUR_NS).expired == 1
        assert store.ids() == []


class TestDamage:
    """What cannot be read is left out and counted."""

    @pytest.mark.parametrize("damaged", ["", "{", "bm90IHNlYWxlZA==", "\xff"])
    @pytest.mark.parametrize("field", ["record", "version"])
    def test_of_a_record(
        self, store: CustomerStore, redis: Redis, field: str, damaged: str
    ) -> None:
        ada = enrol(store, "Ada")
        bob = enrol(store, "Bob")
        redis.hset(f"customer:{ada}", field, damaged)
        assert [each.customer_id for each in store.templates(5)] == [bob]
        assert unreadable("customers") == 1
        names = {each.customer_id: each.name for each in store.customers()}
        assert names == {ada: None, bob: "Bob"}
        with pytest.raises(ConfigurationError, match="does not open"):
            store.withdraw(ada, "offers", now_ns=6)
        assert store.sweep(6).expired == 0
        assert store.erase(ada, now_ns=9)["templates"] == 1

    @pytest.mark.parametrize("damaged", ["", "{", "{}", "[]", "null", '{"model": 1}'])
    def test_of_a_template(
        self, store: CustomerStore, redis: Redis, damaged: str
    ) -> None:
        ada = enrol(store)
        redis.rpush(f"customer:{ada}:templates", damaged)
        assert len(store.templates(5)) == 1
        assert unreadable("templates") == 1

    @pytest.mark.parametrize("damaged", ["", "{", "{}", "null", "\xff"])
    def test_of_a_data_key(
        self, store: CustomerStore, key_redis: Redis, damaged: str
    ) -> None:
        ada = enrol(store, "Ada")
        bob = enrol(store, "Bob")
        key_redis.hset(KEYS, ada, damaged)
        assert [each.customer_id for each in store.templates(5)] == [bob]
        # It may be mended: nothing is swept away.
        store.sweep(5)
        assert store.ids() == sorted([ada, bob])
        assert store.erase(ada, now_ns=9)["templates"] == 1
        assert not key_redis.hexists(KEYS, ada)


class TestSiteKeys:
    """The site's keys open data keys, and are changed without a template being touched."""

    NEW = Sealer(SITE_KEYS, "k2")
    NEW_ONLY = Sealer({"k2": SITE_KEYS["k2"]}, "k2")
    FOREIGN = Sealer({"k3": bytes(32)}, "k3")

    def test_under_an_unknown_key_all_are_left_out(
        self, store: CustomerStore, redis: Redis, key_redis: Redis
    ) -> None:
        ada = enrol(store)
        foreign = customer_store(redis, key_redis, self.FOREIGN)
        assert foreign.templates(5) == []
        assert foreign.rotate([ada]) == Rotated(sealed=0, unopened=1)
        assert len(store.templates(5)) == 1

    def test_after_a_rotation_the_new_key_alone_opens_all(
        self, store: CustomerStore, redis: Redis, key_redis: Redis
    ) -> None:
        ada = enrol(store, "Ada", vector=VECTOR)
        bob = enrol(store, "Bob", vector=OTHER)
        before = redis.dump(f"customer:{ada}")
        rotating = customer_store(redis, key_redis, self.NEW)
        assert rotating.rotate(store.ids()) == Rotated(sealed=2, unopened=0)
        assert rotating.rotate(store.ids()) == Rotated()
        after = customer_store(redis, key_redis, self.NEW_ONLY)
        names = {each.customer_id: each.name for each in after.customers()}
        assert names == {ada: "Ada", bob: "Bob"}
        assert len(after.templates(5)) == 2
        assert redis.dump(f"customer:{ada}") == before

    def test_a_rotation_that_is_killed_is_finished_by_the_next(
        self, store: CustomerStore, redis: Redis, key_redis: Redis
    ) -> None:
        for name in ("Ada", "Bob", "Eve"):
            enrol(store, name)
        rotating = customer_store(redis, key_redis, self.NEW)

        def killed_after_two() -> Any:
            ids = store.ids()
            yield ids[0]
            yield ids[1]
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            rotating.rotate(killed_after_two())
        assert len(rotating.templates(5)) == 3
        assert rotating.rotate(store.ids()) == Rotated(sealed=1)
        assert len(customer_store(redis, key_redis, self.NEW_ONLY).templates(5)) == 3

    def test_who_is_enrolled_meanwhile_with_the_old_key_is_counted(
        self, store: CustomerStore, redis: Redis, key_redis: Redis
    ) -> None:
        enrol(store, "Ada")
        rotating = customer_store(redis, key_redis, self.NEW)

        def one_enrols() -> Any:
            yield from store.ids()
            enrol(store, "Bob")

        assert rotating.rotate(one_enrols()) == Rotated(sealed=1, late=1)
        assert rotating.rotate(store.ids()) == Rotated(sealed=1)

    def test_a_withdrawal_that_meets_a_rotation_is_kept_with_it(
        self, store: CustomerStore, redis: Redis, key_redis: Redis
    ) -> None:
        ada = enrol(store, consents=ALL)
        keys = KeyStore(key_redis)
        rotating = customer_store(redis, key_redis, self.NEW)

        def met(key: DataKey) -> DataKey:
            rotating.rotate([ada])
            return key.model_copy(update={"least_version": 7})

        assert keys.replace(ada, met)
        entry = keys.entry(ada)
        assert entry is not None
        assert (entry.least_version, entry.key_id) == (7, "k2")

    def test_who_is_erased_meanwhile_does_not_come_back(
        self, store: CustomerStore, redis: Redis, key_redis: Redis
    ) -> None:
        ada = enrol(store)
        keys = KeyStore(key_redis)

        def erased_first(key: Any) -> Any:
            store.erase(ada, now_ns=9)
            return key.sealed_anew(self.NEW, ada)

        assert not keys.replace(ada, erased_first)
        assert keys.entries() == {}

    def test_without_consent_nothing_is_stored_in_either(
        self, store: CustomerStore, key_redis: Redis
    ) -> None:
        with pytest.raises(ConfigurationError):
            store.enrol("Ada", [], "m", [RECOGNISE], now_ns=5)
        assert not key_redis.exists(KEYS)
