"""The open presences in Redis: with their offset, of one worker at a time, for a day."""

from __future__ import annotations

import random

import pytest
from redis import Redis

from tests.builders import make_face, make_frame_faces, make_track_id
from vitrine.errors import Unavailable
from vitrine.mall import Stand
from vitrine.presence.people import CameraPeople
from vitrine.services.engagement.settings import EngagementSettings
from vitrine.stores.errors import Superseded
from vitrine.stores.presence import (
    FORMAT,
    Checkpoint,
    PresenceStore,
    StoredPeople,
    dump,
    load,
)
from vitrine.stores.redis import connect

RULES = EngagementSettings().rules(Stand(id="north"), "v1")


def store(redis: Redis) -> PresenceStore:
    """The store of another worker each time."""
    return PresenceStore(lambda: redis)


def crowd(people: int) -> CameraPeople:
    """A camera after 30 s; one person came each half second, all look to and fro."""
    noise = random.Random(1)
    camera = CameraPeople("north", "north-1", 0, 0)
    yaws = [0.0] * people
    for step in range(1, 78):
        second = step / 2.5
        faces = []
        for number in range(min(people, round(2 * second))):
            if noise.random() < 0.03:
                yaws[number] = 60 - yaws[number]
            face = make_face(
                make_track_id(number / 2, number=number),
                x=20 * number + noise.gauss(0, 1),
                size=30 + noise.gauss(0, 1),
                yaw=yaws[number] + noise.gauss(0, 4),
            )
            faces.append(face)
        camera.observe(make_frame_faces(second, faces), RULES)
    return camera


def without_recent(camera: CameraPeople) -> CameraPeople:
    for presence in camera.presences:
        presence.recent.clear()
    return camera


def test_a_state_holds_everything_but_the_last_seconds_of_the_live_score() -> None:
    camera = crowd(3)
    assert load(dump([camera])) == [without_recent(camera)]


def test_a_state_of_sixty_people_is_some_kilobytes() -> None:
    camera = crowd(60)
    assert len(camera.presences) == 60
    assert len(dump([camera])) < 20_000


def test_what_is_saved_is_loaded_with_its_offset(redis: Redis) -> None:
    saving = store(redis)
    assert saving.load([0, 3]) == {}
    camera = crowd(1)
    checkpoint = Checkpoint(17, dump([camera]))
    saving.save({3: checkpoint})
    saving.save({3: checkpoint})
    found = store(redis).load([0, 3])
    assert found == {3: StoredPeople(17, [without_recent(camera)])}


def test_an_offset_may_go_back_when_the_topic_was_made_anew(redis: Redis) -> None:
    saving = store(redis)
    saving.load([0])
    saving.save({0: Checkpoint(5000, dump([]))})
    saving.save({0: Checkpoint(3, dump([]))})
    assert store(redis).load([0]) == {0: StoredPeople(3, [])}


def test_a_worker_that_lost_a_partition_cannot_write_it(redis: Redis) -> None:
    lost = store(redis)
    lost.load([0, 1])
    successor = store(redis)
    successor.load([1])
    states = {0: Checkpoint(5, dump([])), 1: Checkpoint(5, dump([]))}
    with pytest.raises(Superseded, match="another worker"):
        lost.save(states)
    successor.save({1: Checkpoint(7, dump([]))})
    with pytest.raises(Superseded):
        lost.save(states)
    found = store(redis).load([0, 1])
    assert (found[0].offset, found[1].offset) == (5, 7)


def test_a_state_of_another_format_is_not_read(redis: Redis) -> None:
    saving = store(redis)
    saving.load([0])
    saving.save({0: Checkpoint(5, dump([]))})
    assert redis.hget("engagement:partition:0", "format") == FORMAT.encode()
    redis.hset("engagement:partition:0", "format", "2")
    assert store(redis).load([0]) == {}


def test_a_state_is_kept_for_a_day(redis: Redis) -> None:
    saving = store(redis)
    saving.load([0])
    assert 86_390 <= redis.ttl("engagement:partition:0") <= 86_400
    redis.persist("engagement:partition:0")
    saving.save({0: Checkpoint(5, dump([]))})
    assert 86_390 <= redis.ttl("engagement:partition:0") <= 86_400


def test_a_worker_may_write_where_its_name_has_expired(redis: Redis) -> None:
    saving = store(redis)
    saving.load([0])
    redis.flushall()
    saving.save({0: Checkpoint(5, dump([]))})
    assert store(redis).load([0]) == {0: StoredPeople(5, [])}


def test_a_server_that_is_away_is_unavailable() -> None:
    away = PresenceStore(lambda: connect("redis://127.0.0.1:1"))
    with pytest.raises(Unavailable):
        away.load([0])
    with pytest.raises(Unavailable):
        away.save({0: Checkpoint(5, b"")})
