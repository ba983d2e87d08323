"""What policies have learned, in Redis: by campaign and stand, until it is of no use."""

from __future__ import annotations

from contextlib import closing

import pytest
from redis import Redis

from tests.policy_builders import taught
from vitrine.errors import Unavailable
from vitrine.policy.waiting import WaitingPlays
from vitrine.stores import policies
from vitrine.stores.redis import connect

NORTH = ("north", "spring")
SOUTH = ("south", "spring")
KEPT = policies.Kept(taught([("a", 1.0)]), WaitingPlays(goal="touch"))


def test_each_stand_finds_what_it_stored(redis: Redis) -> None:
    other = policies.Kept(taught([("b", 0.5)]), WaitingPlays(goal="touch"))
    policies.save(redis, {NORTH: KEPT, SOUTH: other})
    assert policies.load_learned(redis, "spring") == {
        "north": KEPT.learned,
        "south": other.learned,
    }
    assert policies.load_waiting(redis, "spring", ["north", "east"]) == {
        "north": KEPT.waiting
    }


def test_nothing_is_stored_of_another_campaign(redis: Redis) -> None:
    policies.save(redis, {NORTH: KEPT})
    assert policies.load_learned(redis, "autumn") == {}
    assert policies.load_waiting(redis, "autumn", ["north"]) == {}
    assert policies.load_waiting(redis, "spring", []) == {}


def test_what_is_of_no_use_any_more_expires(redis: Redis) -> None:
    policies.save(redis, {NORTH: KEPT})
    for key in ("policy:learned:spring", "policy:waiting:spring"):
        left_s = redis.ttl(key)
        assert isinstance(left_s, int)
        assert policies.KEPT_S - 5 < left_s <= policies.KEPT_S


def test_a_state_of_another_version_begins_anew(redis: Redis) -> None:
    policies.save(redis, {NORTH: KEPT, SOUTH: KEPT})
    later = KEPT.learned.model_dump_json().replace('"version":1', '"version":9')
    redis.hset("policy:learned:spring", "north", later)
    redis.hset("policy:waiting:spring", "north", "{")
    assert list(policies.load_learned(redis, "spring")) == ["south"]
    assert policies.load_waiting(redis, "spring", ["north"]) == {}


def test_a_store_that_is_away_is_unavailable() -> None:
    with closing(connect("redis://127.0.0.1:1/0")) as nowhere:
        with pytest.raises(Unavailable):
            policies.load_learned(nowhere, "spring")
        with pytest.raises(Unavailable):
            policies.save(nowhere, {NORTH: KEPT})
