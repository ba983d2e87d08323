"""Connections to Redis, with its failures as Unavailable."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import (
    AuthenticationError,
    BusyLoadingError,
    MasterDownError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

from vitrine.errors import ConfigurationError, Unavailable


def connect(url: str) -> Redis:
    """A client that connects when first used, answers bytes, and gives up after two seconds.

    Raises ConfigurationError for what is no URL of Redis.
    """
    try:
        client: Redis = Redis.from_url(
            url,
            socket_timeout=2.0,
            socket_connect_timeout=2.0,
            retry=Retry(NoBackoff(), 0),
        )
    except ValueError:
        raise ConfigurationError(
            "VITRINE_REDIS_URL must be like redis://localhost:6379/0"
        ) from None
    return client


@contextmanager
def redis_errors(client: Redis) -> Iterator[None]:
    """Inside, a server that is away, loading, read-only or full raises Unavailable; wrong credentials
    raise ConfigurationError. Other errors of Redis are bugs and pass."""
    place = _place(client)
    try:
        yield
    except AuthenticationError as error:
        raise ConfigurationError(
            f"Redis at {place} refuses the password; set VITRINE_REDIS_URL"
        ) from error
    except (RedisConnectionError, RedisTimeoutError, BusyLoadingError) as error:
        raise Unavailable(
            f"Redis at {place} does not answer; start it or set VITRINE_REDIS_URL"
        ) from error
    except (MasterDownError, OutOfMemoryError, ReadOnlyError) as error:
        raise Unavailable(f"Redis at {place} takes no writes: {error}") from error
    except ResponseError as error:
        if str(error).startswith("MISCONF"):
            raise Unavailable(f"Redis at {place} takes no writes: {error}") from error
        raise
    except RedisError as error:
        raise Unavailable(f"Redis at {place}: {error}") from error


def _place(client: Redis) -> str:
    options = client.connection_pool.connection_kwargs
    return f"{options.get('host', options.get('path', 'localhost'))}:{options.get('port', '')}".rstrip(
        ":"
    )
