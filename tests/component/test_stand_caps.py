"""Caps hold over restarts of the stand, and while its store is away."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from redis import Redis

from tests.builders import at
from tests.stand_builders import (
    Running,
    make_campaign,
    mall_of,
    running_stand,
    write_creatives,
)
from tests.stand_players import listening, look, post, report_of
from vitrine.bus import TopicPartition, partition_for
from vitrine.clock import EventClock, Moment
from vitrine.programme.frequency import Frequency
from vitrine.services.stand import store_absence
from vitrine.services.stand.kept_caps import KeptCaps
from vitrine.services.stand.stages import Stages
from vitrine.stores import caps
from vitrine.stores.redis import connect
from vitrine.topics import ENGAGEMENT

CAPPED = make_campaign("capped", caps={"per_hour": 2}, priority=9)
OTHER = make_campaign("other")
NOWHERE = "redis://127.0.0.1:1/0"


@contextmanager
def stand_from(seconds: float, folder: Path, redis_url: str) -> Iterator[Running]:
    """A process of the stand that begins at that time."""
    write_creatives(folder, CAPPED, OTHER)
    clock = EventClock()
    clock.observe(at(seconds))
    with running_stand(folder, redis_url, CAPPED, OTHER, clock=clock) as stand:
        yield stand


def shown(stand: Running, start: float, plays: int) -> list[str]:
    """The campaigns of so many plays of 8 s from that time on; they are reported."""
    found = []
    with listening(stand) as page:
        for number in range(plays):
            event = page.next("play")
            found.append(event["command"]["campaign_id"])
            begin = start + number * 8
            look(stand, begin + 6.5, begin + 8)
            post(stand, report_of(event, begin, begin + 8))
    return found


def test_a_restart_in_the_middle_of_an_hour_breaks_no_cap(
    folder: Path, redis_url: str
) -> None:
    with stand_from(0, folder, redis_url) as stand:
        assert shown(stand, 0, 2) == ["capped", "capped"]
    with stand_from(1800, folder, redis_url) as stand:
        assert shown(stand, 1800, 1) == ["other"]


# The store is away

NOW = Moment(at(0), at(0))


@pytest.fixture
def stages() -> Stages:
    """The stages of a process that serves `north`."""
    partition = partition_for("north", ENGAGEMENT.partitions)
    found = Stages()
    found.assign([TopicPartition("engagement", partition)])
    found.adopt(mall_of(CAPPED, OTHER))
    return found


def frequency_of(stages: Stages) -> Frequency:
    """What `north` counts."""
    [(_, stage)] = stages.served()
    return stage.director.frequency


def test_what_was_not_read_is_not_replaced_and_caps_wait(
    redis: Redis, stages: Stages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_absence, "RETRY_S", 0.0)
    before = Frequency()
    before.played(CAPPED, "one", at(0))
    caps.save(redis, {"north": before.counts(NOW)})
    frequency = frequency_of(stages)
    kept = KeptCaps(connect(NOWHERE))
    kept.read("north", frequency, NOW)
    assert len(kept.problems) == 1
    assert not frequency.allows(CAPPED, at(1), ())
    frequency.played(CAPPED, "two", at(1))
    kept._redis = redis
    kept.keep(stages, NOW)
    kept.read("north", frequency, NOW)
    kept.keep(stages, NOW)
    assert kept.problems == []
    plays = caps.load(redis, "north").plays["capped"]
    assert [command for _, command in plays] == ["one", "two"]


def test_what_was_counted_while_the_store_was_away_is_stored_later(
    redis: Redis, stages: Stages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_absence, "RETRY_S", 0.0)
    kept = KeptCaps(redis)
    frequency = frequency_of(stages)
    kept.read("north", frequency, NOW)
    kept._redis = connect(NOWHERE)
    frequency.played(CAPPED, "one", at(0))
    kept.keep(stages, NOW)
    assert len(kept.problems) == 1
    assert frequency.allows(CAPPED, at(1), ())
    kept._redis = redis
    kept.keep(stages, NOW)
    assert kept.problems == []
    assert list(caps.load(redis, "north").plays) == ["capped"]


def test_nothing_is_stored_where_no_cap_counts(redis: Redis, stages: Stages) -> None:
    kept = KeptCaps(redis)
    frequency = frequency_of(stages)
    kept.read("north", frequency, NOW)
    frequency.played(OTHER, "one", at(0))
    kept.keep(stages, NOW)
    assert redis.keys("caps:*") == []


def test_a_store_that_failed_is_left_alone_for_a_while(
    redis: Redis, stages: Stages
) -> None:
    kept = KeptCaps(connect(NOWHERE))
    frequency = frequency_of(stages)
    kept.read("north", frequency, NOW)
    kept._redis = redis
    kept.read("north", frequency, NOW)
    assert not frequency.known
