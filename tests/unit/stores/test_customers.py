"""The customer store on a real server: consent first, encrypted, erasable."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import numpy as np
import pytest
from redis import Redis

from vitrine.customers.gallery import Gallery, Template
from vitrine.errors import ConfigurationError, Unavailable
from vitrine.sealing import Sealer
from vitrine.services.identity.gallery_feed import GalleryFeed
from vitrine.stores.customers import Consent, CustomerStore
from vitrine.stores.embedded import embedded_redis
from vitrine.stores.redis import connect

KEYS = {"k1": bytes(range(32)), "k2": bytes(range(1, 33))}
VECTOR = np.ones(128, np.float32) / np.float32(np.sqrt(128))
HOUR_NS = 3600 * 10**9
RECOGNISE = Consent(
    purpose="recognise", granted_at_ns=0, expires_at_ns=HOUR_NS, text_version="1"
)
OFFERS = Consent(
    purpose="offers", granted_at_ns=0, expires_at_ns=2 * HOUR_NS, text_version="1"
)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with embedded_redis() as address:
        yield address


@pytest.fixture
def redis(url: str) -> Iterator[Redis]:
    with closing(connect(url)) as client:
        client.flushall()
        yield client


@pytest.fixture
def store(redis: Redis) -> CustomerStore:
    return CustomerStore(redis, Sealer(KEYS, "k1"))


def test_a_customer_is_enrolled_and_found(store: CustomerStore) -> None:
    customer_id = store.enrol(
        "Ada Example", [VECTOR, VECTOR], "m", [RECOGNISE, OFFERS], now_ns=5
    )
    (customer,) = store.customers()
    assert (customer.customer_id, customer.name, customer.templates) == (
        customer_id,
        "Ada Example",
        2,
    )
    assert customer.allows("offers", 5)
    assert not customer.allows("profile", 5)
    np.testing.assert_array_equal(store.templates(5)[0].vector, VECTOR)


def test_nothing_readable_lies_in_the_store(store: CustomerStore, redis: Redis) -> None:
    customer_id = store.enrol("Ada Example", [VECTOR], "m", [RECOGNISE], now_ns=5)
    content = b"".join(redis.dump(key) or b"" for key in redis.scan_iter())
    assert b"Ada" not in content
    assert VECTOR.tobytes()[:16] not in content
    assert customer_id.encode() in content


def test_without_consent_there_is_no_template(store: CustomerStore) -> None:
    with pytest.raises(ConfigurationError, match="no template without consent"):
        store.enrol("Ada", [VECTOR], "m", [OFFERS], now_ns=5)
    assert list(store.customers()) == []


def test_a_consent_that_expired_takes_the_templates_out_of_recognition(
    store: CustomerStore,
) -> None:
    store.enrol("Ada", [VECTOR], "m", [RECOGNISE], now_ns=5)
    assert len(store.templates(HOUR_NS - 1)) == 1
    assert store.templates(HOUR_NS) == []


def test_what_no_consent_covers_any_more_leaves_the_store(
    store: CustomerStore, redis: Redis
) -> None:
    customer_id = store.enrol("Ada", [VECTOR], "m", [RECOGNISE, OFFERS], now_ns=0)
    assert 3590 < redis.ttl(f"customer:{customer_id}:templates") <= 3600
    assert 7190 < redis.ttl(f"customer:{customer_id}") <= 7200


def test_a_rotated_key_still_opens_old_templates(
    store: CustomerStore, redis: Redis
) -> None:
    store.enrol("Ada", [VECTOR], "m", [RECOGNISE], now_ns=5)
    assert len(CustomerStore(redis, Sealer(KEYS, "k2")).templates(5)) == 1


def test_templates_under_an_unknown_key_are_left_out(
    store: CustomerStore, redis: Redis
) -> None:
    store.enrol("Ada", [VECTOR], "m", [RECOGNISE], now_ns=5)
    assert CustomerStore(redis, Sealer({"k3": bytes(32)}, "k3")).templates(5) == []


def test_erasure_removes_everything_and_gives_a_signed_receipt(
    store: CustomerStore, redis: Redis
) -> None:
    customer_id = store.enrol("Ada", [VECTOR], "m", [RECOGNISE], now_ns=5)
    store.link_visit("visit-1", customer_id)
    receipt = store.erase(customer_id, now_ns=9)
    assert redis.keys() == [b"customers:changes"]
    assert (receipt["templates"], receipt["visits"]) == (1, 1)
    assert store.verify(receipt)
    assert not store.verify(receipt | {"templates": 2})


def test_a_visit_of_an_erased_customer_is_not_linked(
    store: CustomerStore, redis: Redis
) -> None:
    store.link_visit("visit-1", "nobody")
    assert redis.get("visit:visit-1") is None


def test_an_unknown_customer_cannot_be_erased(store: CustomerStore) -> None:
    with pytest.raises(ConfigurationError, match="no customer nobody"):
        store.erase("nobody", now_ns=9)


class TestFeed:
    """The gallery follows the store, and disappears when the store cannot be read for a second."""

    def feed(self, store: CustomerStore) -> tuple[GalleryFeed, list[float]]:
        time = [0.0]

        def build(templates: list[Template]) -> Gallery:
            return Gallery(templates, neighbours=1, threshold=lambda _: 0.5)

        return GalleryFeed(store, build, lambda: 5, lambda: time[0]), time

    def test_a_change_arrives(self, store: CustomerStore) -> None:
        feed, time = self.feed(store)
        before = feed.current()
        assert before is not None
        assert not before.customers
        store.enrol("Ada", [VECTOR], "m", [RECOGNISE], now_ns=5)
        time[0] = 0.3
        after = feed.current()
        assert after is not None
        assert len(after.customers) == 1

    def test_a_store_that_is_away_from_the_start_is_said_once(
        self,
        store: CustomerStore,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        feed, time = self.feed(store)

        def away() -> str:
            raise Unavailable("Redis is away")

        monkeypatch.setattr(store, "last_change", away)
        for time[0] in (0.0, 1.0, 2.0):
            assert feed.current() is None
        said = [record.getMessage() for record in caplog.records]
        assert said == ["customer store away, nobody is recognised: Redis is away"]

    def test_a_store_that_hangs_is_waited_for_a_fifth_of_the_time_at_most(
        self, store: CustomerStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        feed, time = self.feed(store)
        asked: list[float] = []

        def hang() -> str:
            asked.append(time[0])
            time[0] += 2.0
            raise Unavailable("Redis hangs")

        monkeypatch.setattr(store, "last_change", hang)
        while time[0] < 30:
            assert feed.current() is None
            time[0] += 0.25
        assert asked == [0.0, 10.0, 20.0]

    def test_a_store_that_is_away_for_a_second_ends_recognition(
        self, store: CustomerStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        feed, time = self.feed(store)
        assert feed.current() is not None

        def away() -> str:
            raise Unavailable("Redis is away")

        with monkeypatch.context() as patch:
            patch.setattr(store, "last_change", away)
            time[0] = 0.9
            assert feed.current() is not None
            time[0] = 1.2
            assert feed.current() is None
        time[0] = 1.5
        assert feed.current() is not None


def test_a_visit_is_not_linked_to_somebody_who_is_erased_meanwhile(
    url: str, store: CustomerStore
) -> None:
    customer_id = store.enrol("Ada Example", [VECTOR], "m", [RECOGNISE], now_ns=5)
    erased: list[dict[str, object]] = []

    class ErasedAfterAnyQuestion(Redis):
        def sismember(self, *arguments: Any) -> Any:
            answer = super().sismember(*arguments)
            erased.append(store.erase(customer_id, 6))
            return answer

    with closing(ErasedAfterAnyQuestion.from_url(url)) as redis:
        CustomerStore(redis, Sealer(KEYS, "k1")).link_visit("visit-1", customer_id)
        if not erased:
            store.erase(customer_id, 6)
        assert [key for key in redis.keys("*") if b"visit" in key] == []


def test_a_visit_that_is_linked_before_erasure_goes_with_it(
    redis: Redis, store: CustomerStore
) -> None:
    customer_id = store.enrol("Ada Example", [VECTOR], "m", [RECOGNISE], now_ns=5)
    store.link_visit("visit-1", customer_id)
    assert redis.get("visit:visit-1") == customer_id.encode()
    receipt = store.erase(customer_id, 6)
    assert (receipt["templates"], receipt["visits"]) == (1, 1)
    assert redis.keys("*visit*") == []
    store.link_visit("visit-2", customer_id)
    assert redis.keys("*visit*") == []
