"""Whom a new face resembles is known from memory, and who is erased is not in it any more."""

from __future__ import annotations

import pytest
from redis import Redis

from tests.customer_builders import HOUR_NS, OTHER, VECTOR, customer_store, enrol
from tests.unit.customers.builders import make_rules
from vitrine.customers.consents import Consent
from vitrine.errors import Unavailable
from vitrine.services.customers.lookalikes import FORGOTTEN_AFTER_S, Lookalikes
from vitrine.stores.customer_records import Change
from vitrine.stores.customers import CustomerStore


@pytest.fixture
def store(redis: Redis, key_redis: Redis) -> CustomerStore:
    return customer_store(redis, key_redis)


class Memory:
    """A list, with a clock of its own."""

    def __init__(self, store: CustomerStore) -> None:
        self.store = store
        self.now_s = 0.0
        self.now_ns = 6
        self.lookalikes = Lookalikes(
            make_rules(), lambda: self.now_ns, lambda: self.now_s
        )

    def like(self) -> str | None:
        """Whom VECTOR resembles."""
        found = self.lookalikes.first_like(self.store, [VECTOR], "m")
        return None if found is None else found[1]


def test_who_was_enrolled_or_erased_since_is_known(store: CustomerStore) -> None:
    memory = Memory(store)
    assert memory.like() is None
    ada = enrol(store)
    assert memory.like() == ada
    store.erase(ada, now_ns=7)
    assert memory.like() is None


def test_which_picture_resembles_whom_is_told(store: CustomerStore) -> None:
    ada = enrol(store, vector=OTHER)
    lookalikes = Memory(store).lookalikes
    found = lookalikes.first_like(store, [VECTOR, OTHER], "m")
    assert found == (1, ada)
    assert lookalikes.first_like(store, [OTHER], "another") is None


def test_who_is_there_is_opened_once(
    store: CustomerStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = enrol(store)
    memory = Memory(store)
    assert memory.like() == ada

    def opened_again(*_: object) -> None:
        raise AssertionError("nobody was changed")

    monkeypatch.setattr(store, "_read", opened_again)
    assert memory.like() == ada


def test_who_is_erased_leaves_the_memory_though_nobody_asks(
    store: CustomerStore,
) -> None:
    ada = enrol(store)
    enrol(store, vector=OTHER)
    memory = Memory(store)
    memory.like()
    assert len(memory.lookalikes) == 2
    store.erase(ada, now_ns=7)
    memory.lookalikes.follow(store)
    assert len(memory.lookalikes) == 1


def test_who_does_not_consent_any_more_leaves_it_too(store: CustomerStore) -> None:
    enrol(store)
    memory = Memory(store)
    memory.like()
    memory.now_ns = HOUR_NS
    memory.lookalikes.follow(store)
    assert len(memory.lookalikes) == 0


def test_everybody_is_forgotten_where_nobody_asks_for_minutes(
    store: CustomerStore,
) -> None:
    ada = enrol(store)
    memory = Memory(store)
    memory.like()
    memory.now_s = FORGOTTEN_AFTER_S - 1
    memory.lookalikes.follow(store)
    assert len(memory.lookalikes) == 1
    memory.now_s = FORGOTTEN_AFTER_S
    memory.lookalikes.follow(store)
    assert len(memory.lookalikes) == 0
    assert memory.like() == ada


def test_everybody_is_forgotten_while_the_keys_are_away(
    store: CustomerStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrol(store)
    memory = Memory(store)
    memory.like()

    def away() -> None:
        raise Unavailable("the key store is away")

    monkeypatch.setattr(store, "check_keys", away)
    memory.lookalikes.follow(store)
    assert len(memory.lookalikes) == 0


def test_nothing_is_read_before_somebody_asks(store: CustomerStore) -> None:
    enrol(store)
    memory = Memory(store)
    memory.lookalikes.follow(store)
    assert len(memory.lookalikes) == 0


def test_who_consented_while_the_store_was_asked_is_known(
    store: CustomerStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = Memory(store)
    assert memory.like() is None
    last_change = store.last_change
    enrolled = []

    def slow_change() -> Change:
        memory.now_ns = 90
        consent = Consent("recognise", 80, HOUR_NS, text_version="1")
        enrolled.append(store.enrol("Ada", [VECTOR], "m", [consent], now_ns=85))
        return last_change()

    monkeypatch.setattr(store, "last_change", slow_change)
    assert memory.like() == enrolled[0]
