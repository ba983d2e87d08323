"""Connect to Redis, and turn its failures into Unavailable."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final, cast

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
from vitrine.telemetry.listening import at_port

# How long a call waits for Redis. Chosen, not measured: healthy answers take milliseconds, and
# the service loop, not the client, decides how long an absence may last.
ANSWER_LIMIT_S: Final = 2.0


def connect(url: str) -> Redis:
    """Return a client that connects when first used and answers bytes.

    It gives up after ANSWER_LIMIT_S and does not try again: retries belong to the service loop.
    Raises ConfigurationError for what is no URL of Redis.
    """
    try:
        client: Redis = Redis.from_url(
            url,
            socket_timeout=ANSWER_LIMIT_S,
            socket_connect_timeout=ANSWER_LIMIT_S,
            retry=Retry(NoBackoff(), 0),
        )
    except ValueError:
        raise ConfigurationError(
            "VITRINE_REDIS_URL must be like redis://localhost:6379/0"
        ) from None
    return client


@contextmanager
def redis_errors(client: Redis) -> Iterator[None]:
    """Turn errors of Redis inside the block into errors that the service loop knows.

    A server that is away, loading, read-only or full raises Unavailable; wrong credentials raise
    ConfigurationError. Other answers of Redis are bugs of ours and pass unchanged.
    """
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
        # A server that cannot save to its disk says so with MISCONF; redis-py has no class for it.
        if str(error).startswith("MISCONF"):
            raise Unavailable(f"Redis at {place} takes no writes: {error}") from error
        raise
    except RedisError as error:
        raise Unavailable(f"Redis at {place}: {error}") from error


def _place(client: Redis) -> str:
    """Return host:port or the path of a socket, for messages; never the password."""
    options = client.connection_pool.connection_kwargs
    if "path" in options:
        return str(options["path"])
    host = options.get("host", "localhost")
    port = options.get("port")
    if port is None:
        return str(host)
    return at_port(str(host), int(port))


def plain_hash(redis: Redis, key: str) -> dict[str, str]:
    """Return a hash as text."""
    found = cast("Mapping[bytes, bytes]", redis.hgetall(key))
    plain = {}
    for field, value in found.items():
        plain[field.decode()] = value.decode()
    return plain
