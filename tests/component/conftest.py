"""A real Redis-compatible server for the component tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from redis import Redis

from vitrine.stores.embedded import embedded_redis
from vitrine.stores.redis import connect


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    """The URL of a server that all component tests share."""
    with embedded_redis() as url:
        yield url


@pytest.fixture
def redis_url(redis_server: str) -> str:
    """The URL of an empty database."""
    with connect(redis_server) as client:
        client.flushall()
    return redis_server


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    """A client of an empty database."""
    with connect(redis_url) as client:
        yield client
