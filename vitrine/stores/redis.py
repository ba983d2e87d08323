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
    NoPermissionError,
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
URL_VARIABLE: Final = "VITRINE_REDIS_URL"
REFUSED_TO_SCRIPTS: Final = (
    "The user executing the script can't",
    "ACL failure in script",
)
"""How Redis 7.0, and newer ones, say that the user of a script may not do something."""


def connect(
    url: str,
    variable: str = URL_VARIABLE,
    answer_limit_s: float = ANSWER_LIMIT_S,
) -> Redis:
    """Return a client that connects when first used and answers bytes.

    It gives up after `answer_limit_s` and does not try again: retries belong to the service loop.
    Raises ConfigurationError for what is no URL of Redis, and names the `variable` it is from.
    """
    try:
        client: Redis = Redis.from_url(
            url,
            socket_timeout=answer_limit_s,
            socket_connect_timeout=ANSWER_LIMIT_S,
            retry=Retry(NoBackoff(), 0),
        )
    except ValueError:
        raise ConfigurationError(
            f"{variable} must be like redis://localhost:6379/0"
        ) from None
    return client


@contextmanager
def redis_errors(client: Redis, variable: str = URL_VARIABLE) -> Iterator[None]:
    """Turn errors of Redis inside the block into errors that the service loop knows.

    They tell people to look at the `variable` that names this Redis.

    A server that is away, loading, read-only or full raises Unavailable; wrong credentials and a
    right that is missing raise ConfigurationError. Other answers of Redis are bugs of ours and pass
    unchanged.
    """
    place = _place(client)
    try:
        yield
    except AuthenticationError as error:
        raise ConfigurationError(
            f"Redis at {place} refuses the name or the password; set {variable}"
        ) from error
    except NoPermissionError as error:
        raise _not_allowed(client, place, variable) from error
    except (RedisConnectionError, RedisTimeoutError, BusyLoadingError) as error:
        raise Unavailable(
            f"Redis at {place} does not answer; start it or set {variable}"
        ) from error
    except (MasterDownError, OutOfMemoryError, ReadOnlyError) as error:
        raise Unavailable(f"Redis at {place} takes no writes: {error}") from error
    except ResponseError as error:
        # A server that cannot save to its disk says so with MISCONF; redis-py has no class for it.
        if str(error).startswith("MISCONF"):
            raise Unavailable(f"Redis at {place} takes no writes: {error}") from error
        if any(words in str(error) for words in REFUSED_TO_SCRIPTS):
            raise _not_allowed(client, place, variable) from error
        raise
    except RedisError as error:
        raise Unavailable(f"Redis at {place}: {error}") from error


def _not_allowed(client: Redis, place: str, variable: str) -> ConfigurationError:
    """Return the error for a user without a right.

    It leaves out the client library's words, which may hold a key and its value.
    """
    options = client.connection_pool.connection_kwargs
    name = options.get("username") or "default"
    return ConfigurationError(
        f"Redis at {place} does not let the user {name!r} do this; {variable} of each "
        "service has a user of its own, with the rights of vitrine/rights.py"
    )


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
