"""What caps have counted, in Redis: by stand, for an hour."""

from __future__ import annotations

from contextlib import closing

import pytest
from redis import Redis

from tests.builders import at
from vitrine.errors import Unavailable
from vitrine.programme.frequency import CapCounts, Viewed
from vitrine.stores import caps
from vitrine.stores.redis import connect

COUNTS = CapCounts(
    plays={"spring": [(at(0), "c0ffee"), (at(8), "beef")]},
    viewers={"ada": Viewed(plays={"spring": 1}, looks_at="beef")},
)


def test_each_stand_finds_what_it_counted(redis: Redis) -> None:
    caps.save(redis, {"north": COUNTS})
    assert caps.load(redis, "north") == COUNTS
    assert caps.load(redis, "south") == CapCounts()


def test_what_no_cap_asks_for_any_more_expires(redis: Redis) -> None:
    caps.save(redis, {"north": COUNTS})
    left_s = redis.ttl("caps:north")
    assert isinstance(left_s, int)
    assert 3595 < left_s <= 3600


def test_what_another_version_counted_is_left_aside(redis: Redis) -> None:
    redis.set("caps:north", '{"version": 9}')
    assert caps.load(redis, "north") == CapCounts()


def test_a_store_that_is_away_is_unavailable() -> None:
    with closing(connect("redis://127.0.0.1:1/0")) as nowhere:
        with pytest.raises(Unavailable):
            caps.load(nowhere, "north")
        with pytest.raises(Unavailable):
            caps.save(nowhere, {"north": COUNTS})
