"""A broker of one's own, for tests that need empty topics or kill things."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.brokers import KafkaBroker, kafka_libs


@pytest.fixture
def fresh_broker(kafka_broker: KafkaBroker, tmp_path: Path) -> Iterator[KafkaBroker]:
    """A second broker, without topics; absent where `kafka_broker` is."""
    libs = kafka_libs()
    assert libs is not None, kafka_broker.servers
    broker = KafkaBroker(libs, tmp_path)
    broker.start()
    yield broker
    broker.stop()
