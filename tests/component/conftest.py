"""A real Redis-compatible server and a stand's files for the component tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from tests.stand_builders import write_creatives
from tests.stand_players import SPRING
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


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Creatives and codes of the campaign SPRING."""
    write_creatives(tmp_path, SPRING)
    (tmp_path / "codes").mkdir()
    (tmp_path / "codes" / "pool.txt").write_text("CODE-1\nCODE-2\n")
    return tmp_path
