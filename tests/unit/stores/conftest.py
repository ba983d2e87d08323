"""A real Redis-compatible server for the tests of stores."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from redis import Redis

from vitrine.stores.embedded import embedded_redis
from vitrine.stores.redis import connect


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The URL of a server that the tests of a module share."""
    with embedded_redis() as url:
        yield url


@pytest.fixture(scope="module")
def key_server() -> Iterator[str]:
    """The URL of a server for data keys, that the tests of a module share."""
    with embedded_redis() as url:
        yield url


@pytest.fixture
def key_redis(key_server: str) -> Iterator[Redis]:
    """A client of an empty server for data keys."""
    with closing(connect(key_server)) as client:
        client.flushall()
        yield client


@pytest.fixture
def redis(server: str) -> Iterator[Redis]:
    """A client of an empty database."""
    with closing(connect(server)) as client:
        client.flushall()
        yield client
