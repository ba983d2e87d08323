"""Who holds the key of their templates in their hand is nobody to the store without it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from redis import Redis

from tests.customer_builders import ALL, OTHER, VECTOR, customer_store, enrol
from vitrine.errors import ConfigurationError, Invalid
from vitrine.sealing import Sealer
from vitrine.stores.customers import CustomerStore
from vitrine.stores.hand_keys import new_hand_key
from vitrine.stores.sealed_records import HeldBy, StoredTemplate, opened_template

HELD_BY = HeldBy(phone="secret of the phone", recovery="words of recovery")


@pytest.fixture
def store(redis: Redis, key_redis: Redis) -> CustomerStore:
    return customer_store(redis, key_redis)


@pytest.fixture
def ada(store: CustomerStore) -> str:
    return store.enrol("Ada", [VECTOR], "m", ALL, now_ns=5, held_by=HELD_BY)


def test_without_the_key_in_hand_the_store_opens_no_template(
    store: CustomerStore, ada: str
) -> None:
    bob = enrol(store, "Bob", vector=OTHER)
    assert [each.customer_id for each in store.templates(5)] == [bob]
    assert store.templates_in_hand({ada: new_hand_key()}, 5) == []
    with pytest.raises(Invalid):
        store.hand_key(ada, "secret of another phone")


def test_the_sites_keys_open_no_template(
    store: CustomerStore, ada: str, redis: Redis
) -> None:
    opened = store.opened(ada)
    assert opened is not None
    text: Any = redis.lindex(f"customer:{ada}:templates", 0)
    for hand_key in (None, new_hand_key()):
        with pytest.raises(Invalid):
            opened_template(opened.sealer, ada, text, hand_key)
    # What the data key opens is sealed once more.
    inside = opened_bytes(opened.sealer, ada, text)
    assert VECTOR.astype("<f4").tobytes() not in inside


def opened_bytes(sealer: Sealer, customer_id: str, text: bytes) -> bytes:
    """What the data key alone makes of a stored template."""
    stored = StoredTemplate.model_validate_json(text)
    about = f"{customer_id}|template|{stored.model}|in hand"
    return sealer.decrypt(sealer.active_id, stored.sealed, about)


@pytest.mark.parametrize("secret", [HELD_BY.phone, HELD_BY.recovery])
def test_what_the_customer_keeps_opens_it(
    store: CustomerStore, ada: str, secret: str
) -> None:
    hand_key = store.hand_key(ada, secret)
    assert hand_key is not None
    [template] = store.templates_in_hand({ada: hand_key}, 5)
    np.testing.assert_array_equal(template.vector, VECTOR)
    assert template.agreement.offers


def test_another_phone_takes_the_key_over_and_the_first_has_it_no_more(
    store: CustomerStore, ada: str
) -> None:
    key = store.hand_key(ada, HELD_BY.recovery)
    new = HeldBy(phone="secret of the new phone", recovery="new words")
    store.hold_anew(ada, HELD_BY.recovery, new, 6)
    assert store.hand_key(ada, new.phone) == key
    assert store.hand_key(ada, new.recovery) == key
    with pytest.raises(Invalid):
        store.hand_key(ada, HELD_BY.phone)


def test_a_code_that_was_used_opens_it_until_the_next_one_is_used(
    store: CustomerStore, ada: str
) -> None:
    key = store.hand_key(ada, HELD_BY.recovery)
    new = HeldBy(phone="secret of the new phone", recovery="new words")
    # The answer with the new words was lost: the code before is typed once more.
    for second in (6, 7):
        store.hold_anew(ada, HELD_BY.recovery, new, second)
    assert store.hand_key(ada, HELD_BY.recovery) == key
    last = HeldBy(phone="secret of the last phone", recovery="last words")
    store.hold_anew(ada, new.recovery, last, 8)
    with pytest.raises(Invalid):
        store.hand_key(ada, HELD_BY.recovery)


def test_who_has_no_key_in_hand_needs_none(store: CustomerStore) -> None:
    bob = enrol(store, "Bob")
    assert store.hand_key(bob, "anything") is None
    store.hold_anew(bob, "anything", HELD_BY, 6)
    assert store.hand_key(bob, HELD_BY.phone) is None
    assert store.templates_in_hand({bob: new_hand_key()}, 6) == []
    assert len(store.templates(6)) == 1


def test_a_change_of_the_record_leaves_the_key_where_it_is(
    store: CustomerStore, ada: str
) -> None:
    store.change(ada, 6, name="Ada Lovelace")
    store.withdraw(ada, "offers", 7)
    key = store.hand_key(ada, HELD_BY.phone)
    assert key is not None
    [template] = store.templates_in_hand({ada: key}, 8)
    assert not template.agreement.offers


def test_nothing_opens_after_an_erasure_and_after_the_consent_expired(
    store: CustomerStore, ada: str
) -> None:
    key = store.hand_key(ada, HELD_BY.phone)
    assert key is not None
    assert store.templates_in_hand({ada: key}, ALL[0].expires_at_ns) == []
    store.erase(ada, 6)
    assert store.templates_in_hand({ada: key}, 6) == []
    with pytest.raises(ConfigurationError):
        store.hand_key(ada, HELD_BY.phone)
