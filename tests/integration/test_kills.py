"""Every part of a site is killed once, on Kafka and Redis; long form: `benchmarks.kills`."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.kills.run import run
from tests.brokers import KafkaBroker, kafka_libs

pytestmark = [pytest.mark.kafka, pytest.mark.redis, pytest.mark.timeout(400)]

SEED = 1


@pytest.mark.parametrize(
    "targets",
    [
        ("identity", "engagement", "stand", "player", "analytics", "redis"),
        ("ingest", "landmarks", "broker"),
    ],
    ids=["what-follows-the-faces", "what-makes-the-faces"],
)
def test_kills_lose_nothing_double_nothing_and_change_no_figure(
    targets: tuple[str, ...], tmp_path: Path, kafka_broker: KafkaBroker
) -> None:
    libs = kafka_libs()
    assert libs, kafka_broker.servers
    verdict = run(tmp_path, libs, dict.fromkeys(targets, 1), SEED)
    assert {
        target: found["kills"] for target, found in verdict.targets.items()
    } == dict.fromkeys(targets, 1)
    assert list(verdict.violations) == []
