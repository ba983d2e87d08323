"""Failures of a real server are told apart: away, full, wrong password, or a bug of ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from redis import Redis
from redis.exceptions import ResponseError

from vitrine.errors import ConfigurationError, Unavailable
from vitrine.stores.embedded import embedded_redis
from vitrine.stores.redis import connect, redis_errors


@pytest.fixture(scope="module")
def redis() -> Iterator[Redis]:
    with embedded_redis() as url, closing(connect(url)) as client:
        yield client


def ping(url: str) -> None:
    """Connect and ask, as a service does."""
    with closing(connect(url)) as client, redis_errors(client):
        client.ping()


def test_a_server_that_is_away_is_unavailable_and_the_message_says_what_to_do() -> None:
    expected = r"127\.0\.0\.1:1 does not answer; start it"
    with pytest.raises(Unavailable, match=expected):
        ping("redis://127.0.0.1:1/0")


def test_an_address_of_ipv6_is_named_in_brackets() -> None:
    with pytest.raises(Unavailable, match=r"Redis at \[::1\]:1 does not answer"):
        ping("redis://[::1]:1/0")


def test_a_socket_is_named_by_its_path() -> None:
    with pytest.raises(Unavailable, match=r"Redis at /nowhere/redis\.sock does not"):
        ping("unix:///nowhere/redis.sock")


@pytest.mark.parametrize(
    "url",
    [
        "localhost:6379",
        "http://:secret@localhost",
        "redis://:secret@localhost:port/0",
    ],
)
def test_what_is_no_url_of_redis_is_a_mistake_of_the_configuration(url: str) -> None:
    expected = "VITRINE_REDIS_URL must be like redis://"
    with pytest.raises(ConfigurationError, match=expected) as raised:
        connect(url)
    assert "secret" not in str(raised.value)


def test_a_full_server_is_unavailable(redis: Redis) -> None:
    redis.config_set("maxmemory", "1")
    try:
        with pytest.raises(Unavailable, match="takes no writes"), redis_errors(redis):
            redis.set("a", "b")
    finally:
        redis.config_set("maxmemory", "0")


def test_a_replica_is_unavailable_for_writes(redis: Redis) -> None:
    redis.replicaof("127.0.0.1", "1")
    try:
        with pytest.raises(Unavailable, match="takes no writes"), redis_errors(redis):
            redis.set("a", "b")
    finally:
        redis.replicaof("NO", "ONE")


def test_a_wrong_password_is_a_mistake_of_the_configuration(redis: Redis) -> None:
    redis.config_set("requirepass", "right")
    path = redis.connection_pool.connection_kwargs["path"]
    try:
        with pytest.raises(
            ConfigurationError, match="refuses the name or the password"
        ):
            ping(f"unix://:wrong@{path}?db=0")
    finally:
        redis.config_set("requirepass", "")


def test_a_wrong_command_is_a_bug_and_passes(redis: Redis) -> None:
    redis.set("text", "a")
    with pytest.raises(ResponseError), redis_errors(redis):
        redis.incr("text")
