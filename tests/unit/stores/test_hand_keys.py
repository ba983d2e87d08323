"""Keys in hand: sealed with what the customer keeps, and heard of only while they are said."""

from __future__ import annotations

import os
import time

import pytest
from redis import Redis

from vitrine.customers.hands import Allowance
from vitrine.errors import Invalid, Unavailable
from vitrine.sealing import Sealer
from vitrine.stores.hand_keys import (
    CHANNEL,
    CLOCKS_NS,
    HEARD_FOR_NS,
    Listener,
    new_hand_key,
    say,
    unwrapped,
    wrapped,
)

NOW_NS = 1_800_000_000_000_000_000
SEALER = Sealer({"k1": os.urandom(32)}, "k1")
ADA = Allowance("ada", "north", NOW_NS + 60_000_000_000, new_hand_key())
BEN = Allowance("ben", None, NOW_NS + 60_000_000_000, new_hand_key())


def test_only_the_secret_that_sealed_a_key_opens_it_and_for_its_customer_only() -> None:
    key = new_hand_key()
    sealed = wrapped(key, "of the phone", "ada")
    assert unwrapped(sealed, "of the phone", "ada") == key
    with pytest.raises(Invalid):
        unwrapped(sealed, "of another phone", "ada")
    with pytest.raises(Invalid):
        unwrapped(sealed, "of the phone", "ben")


def hears(listener: Listener, expected: list[Allowance], at_ns: int = NOW_NS) -> bool:
    """Wait until this is heard: a message takes a moment from socket to socket."""
    ends_s = time.monotonic() + 5
    while time.monotonic() < ends_s:
        if listener.heard(at_ns) == expected:
            return True
        time.sleep(0.01)
    return False


def listening(redis: Redis, listeners: int = 1) -> Listener:
    """A listener whose subscription the server has taken; the last of so many."""
    listener = Listener(redis, SEALER)
    assert listener.heard(NOW_NS) == []
    ends_s = time.monotonic() + 5
    while redis.pubsub_numsub(CHANNEL) != [(CHANNEL.encode(), listeners)]:
        assert time.monotonic() < ends_s
        time.sleep(0.01)
    return listener


@pytest.fixture
def listener(redis: Redis) -> Listener:
    return listening(redis)


def test_what_is_said_is_heard(redis: Redis, listener: Listener) -> None:
    say(redis, SEALER, [ADA], NOW_NS)
    assert hears(listener, [ADA])


def test_what_is_said_no_more_is_forgotten(redis: Redis, listener: Listener) -> None:
    say(redis, SEALER, [ADA], NOW_NS)
    assert hears(listener, [ADA])
    assert listener.heard(NOW_NS + HEARD_FOR_NS) == [ADA]
    assert listener.heard(NOW_NS + HEARD_FOR_NS + 1) == []


def test_what_is_ended_is_forgotten_with_the_next_message(
    redis: Redis, listener: Listener
) -> None:
    say(redis, SEALER, [ADA], NOW_NS)
    assert hears(listener, [ADA])
    say(redis, SEALER, [], NOW_NS + 1)
    assert hears(listener, [])


def test_a_message_that_is_said_again_counts_for_nothing(
    redis: Redis, listener: Listener
) -> None:
    kept = redis.pubsub()  # type: ignore[no-untyped-call]
    kept.subscribe(CHANNEL)
    assert kept.get_message(timeout=5)["type"] == "subscribe"
    say(redis, SEALER, [ADA], NOW_NS)
    message = kept.get_message(timeout=5)
    assert hears(listener, [ADA])
    say(redis, SEALER, [], NOW_NS + 1)
    assert hears(listener, [])
    redis.publish(CHANNEL, message["data"])
    # What comes after it is heard, and was not heard with it.
    say(redis, SEALER, [BEN], NOW_NS + 2)
    assert hears(listener, [BEN])
    # Who has heard nothing yet takes none that is too old.
    late = listening(redis, 3)
    redis.publish(CHANNEL, message["data"])
    later_ns = NOW_NS + CLOCKS_NS + 1
    say(redis, SEALER, [BEN], later_ns)
    assert hears(late, [BEN], later_ns)


@pytest.mark.parametrize("data", [b"", b"k1 AAAA", b"\xff", b"k1", b"a b c"])
def test_what_somebody_else_says_is_left_out(
    redis: Redis, listener: Listener, data: bytes
) -> None:
    redis.publish(CHANNEL, data)
    other = Sealer({"k1": os.urandom(32)}, "k1")
    say(redis, other, [BEN], NOW_NS + 1)
    say(redis, SEALER, [ADA], NOW_NS)
    assert hears(listener, [ADA])


def test_redis_writes_no_key_to_its_log(redis: Redis, listener: Listener) -> None:
    say(redis, SEALER, [ADA], NOW_NS)
    assert hears(listener, [ADA])
    assert redis.keys() == []


def test_it_listens_again_after_redis_was_away(
    redis: Redis, listener: Listener
) -> None:
    assert redis.client_kill_filter(_type="pubsub") == 1
    with pytest.raises(Unavailable):
        hears(listener, [ADA])
    assert listener.heard(NOW_NS) == []
    while redis.pubsub_numsub(CHANNEL) != [(CHANNEL.encode(), 1)]:
        time.sleep(0.01)
    say(redis, SEALER, [ADA], NOW_NS)
    assert hears(listener, [ADA])


def test_each_listener_hears(redis: Redis, listener: Listener) -> None:
    other = listening(redis, 2)
    say(redis, SEALER, [ADA], NOW_NS)
    assert hears(other, [ADA])
    assert hears(listener, [ADA])
