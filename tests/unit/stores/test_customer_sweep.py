"""What no consent and no key covers any more is swept away, and nothing else."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from redis import Redis

from tests.customer_builders import (
    ALL,
    HOUR_NS,
    PROFILE,
    RECOGNISE,
    SEALER,
    customer_store,
    enrol,
)
from vitrine.customers.consents import Consent
from vitrine.errors import ConfigurationError, Unavailable
from vitrine.stores.customer_sweep import Swept
from vitrine.stores.customers import CustomerStore
from vitrine.stores.data_keys import KEYS, DataKey, KeyStore
from vitrine.stores.embedded import SNAPSHOTS, EmbeddedStore, embedded_redis
from vitrine.stores.receipts import Content
from vitrine.stores.redis import connect

NOTHING = Swept(expired=0, without_key=0, keys=0)
MINUTE_NS = 60 * 10**9


@pytest.fixture
def store(redis: Redis, key_redis: Redis) -> CustomerStore:
    return customer_store(redis, key_redis)


def test_where_nothing_ended_nothing_is_removed(store: CustomerStore) -> None:
    ada = enrol(store, consents=ALL)
    store.link_visit("visit-1", ada, now_ns=6)
    assert store.sweep(HOUR_NS - 1) == NOTHING
    customer = store.customer(ada)
    assert customer is not None
    assert customer.visits == 1


def test_who_is_erased_by_another_process_meanwhile_ends_no_sweep(
    store: CustomerStore,
    redis: Redis,
    key_redis: Redis,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = customer_store(redis, key_redis)
    ada = enrol(store)
    bob = enrol(store, "Bob")
    erase = store.erase

    def late(customer_id: str, now_ns: int) -> Content:
        with suppress(ConfigurationError):
            other.erase(ada, now_ns)
        return erase(customer_id, now_ns)

    monkeypatch.setattr(store, "erase", late)
    store.sweep(2 * HOUR_NS)
    assert store.ids() == []
    assert not key_redis.hexists(KEYS, bob)


def test_who_may_not_be_recognised_any_more_goes_with_key_and_links(
    store: CustomerStore, redis: Redis, key_redis: Redis
) -> None:
    ada = enrol(store, consents=ALL)
    bob = enrol(store, "Bob")
    store.link_visit("visit-1", ada, now_ns=6)
    # As Redis does when the time is over.
    redis.delete(f"customer:{ada}", f"customer:{ada}:templates")
    assert store.sweep(7) == Swept(expired=1, without_key=0, keys=0)
    assert store.ids() == [bob]
    assert key_redis.hkeys(KEYS) == [bob.encode()]
    assert not redis.keys("visit:*") + redis.keys("known:*")
    # Where Redis goes by another clock.
    assert store.sweep(HOUR_NS).expired == 1
    assert store.ids() == []


def test_a_profile_that_expired_is_taken_out_of_the_record(
    store: CustomerStore,
) -> None:
    recognise = Consent("recognise", 0, 2 * HOUR_NS, text_version="1")
    ada = enrol(store, consents=(recognise, PROFILE))
    store.change(ada, 6, level="gold")
    store.sweep(HOUR_NS - 1)
    before = store.customer(ada)
    assert before is not None
    assert before.level == "gold"
    assert store.sweep(HOUR_NS) == NOTHING
    after = store.customer(ada)
    assert after is not None
    assert after.level == ""


def test_records_without_a_data_key_go(
    store: CustomerStore, redis: Redis, key_redis: Redis
) -> None:
    ada = enrol(store)
    backup = {}
    for key in redis.scan_iter():
        backup[key] = redis.dump(key) or b""
    store.erase(ada, now_ns=6)
    redis.flushall()
    for key, content in backup.items():
        redis.restore(key, 0, content)
    assert store.ids() == [ada]
    assert store.templates(7) == []
    assert store.sweep(7) == Swept(expired=0, without_key=1, keys=0)
    assert store.ids() == []
    assert not redis.exists(f"customer:{ada}", f"customer:{ada}:templates")
    assert not key_redis.exists(KEYS)


def test_the_key_of_an_enrolment_that_was_cut_off_goes_after_a_minute(
    store: CustomerStore, key_redis: Redis
) -> None:
    enrol(store)
    KeyStore(key_redis).add("ada", DataKey.new(SEALER, "ada", 5))
    assert store.sweep(5 + MINUTE_NS - 1) == NOTHING
    assert store.sweep(5 + MINUTE_NS) == Swept(expired=0, without_key=0, keys=1)
    assert not key_redis.hexists(KEYS, "ada")


def test_who_is_missing_in_the_list_alone_keeps_the_key_and_is_listed_again(
    store: CustomerStore, redis: Redis, key_redis: Redis
) -> None:
    ada = enrol(store)
    redis.delete("customers")
    assert store.sweep(5 + MINUTE_NS) == NOTHING
    assert key_redis.hexists(KEYS, ada)
    assert store.ids() == [ada]
    assert len(store.templates(6)) == 1


def test_who_is_missing_in_the_list_and_does_not_consent_any_more_goes(
    store: CustomerStore, redis: Redis, key_redis: Redis
) -> None:
    ada = enrol(store)
    redis.delete("customers")
    redis.persist(f"customer:{ada}")
    store.sweep(2 * HOUR_NS)
    store.sweep(2 * HOUR_NS)
    assert store.ids() == []
    assert not key_redis.hexists(KEYS, ada)
    assert not redis.exists(f"customer:{ada}")


def test_what_nobody_is_known_by_any_more_is_forgotten(
    store: CustomerStore, redis: Redis
) -> None:
    enrol(store)
    redis.hset("known:nobody", "phone", "hash")
    redis.sadd("known:nobody:visits", "visit-1")
    redis.set("visit:visit-1", "nobody")
    store.sweep(6)
    assert not redis.keys("known:*") + redis.keys("visit:*")


@pytest.mark.parametrize("before", [True, False])
def test_who_is_enrolled_and_comes_meanwhile_stays(
    store: CustomerStore, redis: Redis, key_redis: Redis, *, before: bool
) -> None:
    enrolled = []

    def come() -> None:
        ada = enrol(store, consents=ALL)
        enrolled.append(ada)
        store.link_visit(f"visit-{ada}", ada, now_ns=6)

    class Slow(KeyStore):
        def entries(self) -> dict[str, DataKey | None]:
            if before:
                come()
            found = super().entries()
            if not before:
                come()
            return found

    enrol(store)
    swept = CustomerStore(redis, SEALER, Slow(key_redis)).sweep(6)
    assert swept == NOTHING
    assert len(enrolled) == 3
    for ada in enrolled:
        customer = store.customer(ada)
        assert customer is not None
        assert customer.visits == 1
        assert redis.exists(f"visit:visit-{ada}")


class TestPairs:
    """Customers and their keys are in two stores, and those of others are not touched."""

    def test_with_an_empty_key_store_nobody_is_enrolled_or_swept_away(
        self, store: CustomerStore, key_redis: Redis
    ) -> None:
        ada = enrol(store)
        key_redis.flushall()
        for refused in (enrol, lambda each: each.sweep(6)):
            with pytest.raises(ConfigurationError, match="do not belong together"):
                refused(store)
        assert store.ids() == [ada]

    def test_with_an_empty_redis_no_key_is_swept_away(
        self, store: CustomerStore, redis: Redis, key_redis: Redis
    ) -> None:
        ada = enrol(store)
        redis.flushall()
        with pytest.raises(ConfigurationError, match="do not belong together"):
            store.sweep(10 * MINUTE_NS)
        assert key_redis.hkeys(KEYS) == [ada.encode()]

    def test_where_one_is_lost_both_begin_anew(
        self, store: CustomerStore, redis: Redis, key_redis: Redis
    ) -> None:
        enrol(store)
        key_redis.flushall()
        assert store.begin_anew(6) == 1
        assert store.ids() == []
        ada = enrol(store)
        redis.flushall()
        assert store.begin_anew(7) == 1
        assert not key_redis.hexists(KEYS, ada)
        enrol(store)
        assert len(store.templates(8)) == 1

    def test_with_a_key_store_that_keeps_a_log_nobody_is_enrolled(
        self, redis: Redis, tmp_path: Path
    ) -> None:
        with (
            embedded_redis(tmp_path) as url,
            connect(url) as logged,
            pytest.raises(ConfigurationError, match="keeps an append-only file"),
        ):
            enrol(customer_store(redis, logged))


class TestDisk:
    """Keys are on the disk before the answer, and removed ones are not any more."""

    def test_a_key_is_there_after_a_kill_and_a_removed_one_is_not(
        self, redis: Redis, tmp_path: Path
    ) -> None:
        server = EmbeddedStore(tmp_path, SNAPSHOTS)
        server.start()
        with connect(server.url) as key_redis:
            store = customer_store(redis, key_redis)
            ada = enrol(store, "Ada")
            bob = enrol(store, "Bob")
            store.erase(ada, now_ns=6)
            server.kill()
            for path in tmp_path.iterdir():
                if path.is_file():
                    assert ada.encode() not in path.read_bytes()
            server.start()
            assert list(KeyStore(key_redis).entries()) == [bob]
            assert [each.customer_id for each in store.templates(7)] == [bob]
        server.stop()

    def test_without_a_disk_nothing_is_said_to_be_erased_and_the_next_try_is(
        self, redis: Redis, tmp_path: Path
    ) -> None:
        folder = tmp_path / "keys"
        folder.mkdir()
        server = EmbeddedStore(folder, SNAPSHOTS)
        server.start()
        with connect(server.url) as key_redis:
            store = customer_store(redis, key_redis)
            ada = enrol(store)
            snapshot = folder / "dump.rdb"
            snapshot.unlink()
            # Nothing can be written in its place.
            snapshot.mkdir()
            with pytest.raises(Unavailable, match="no snapshot"):
                store.erase(ada, now_ns=6)
            with pytest.raises(Unavailable, match="no snapshot"):
                store.erase(ada, now_ns=6)
            assert store.ids() == [ada]
            snapshot.rmdir()
            assert store.erase(ada, now_ns=7)["templates"] == 1
            assert ada.encode() not in snapshot.read_bytes()
        server.stop()


def test_a_consent_of_another_purpose_keeps_nobody(store: CustomerStore) -> None:
    longer = Consent("offers", 0, 9 * HOUR_NS, text_version="1")
    enrol(store, consents=(RECOGNISE, longer))
    assert store.sweep(HOUR_NS).expired == 1
