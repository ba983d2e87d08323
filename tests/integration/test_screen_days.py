"""Two screens play among faults, one of each kind; long form: `benchmarks.screen_days`."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.screen_days.faults import BROWSER, Pace
from benchmarks.screen_days.run import Plan, run
from tests.brokers import KafkaBroker, kafka_libs

pytestmark = [
    pytest.mark.kafka,
    pytest.mark.redis,
    pytest.mark.browser,
    pytest.mark.timeout(600),
]

PACE = Pace(calm_s=(1, 4), fault_s=(1, 4), rounds=1)
KINDS = 4 + 4 + 3
"""Of the servers, the network and the clock."""


def test_no_play_is_lost_doubled_or_too_long_whatever_fails(
    tmp_path: Path, chromium: str, kafka_broker: KafkaBroker
) -> None:
    libs = kafka_libs()
    assert libs, kafka_broker.servers
    plan = Plan(screens=2, browsers=1, seconds=1, plays=60, for_s=0, pace=PACE, seed=1)
    verdict = run(tmp_path, libs, chromium, plan)
    assert set(verdict.faults.values()) == {1}
    assert len(verdict.faults) == KINDS + 1
    assert verdict.faults[BROWSER] == 1
    assert verdict.total("reported") >= 50
    assert verdict.examples == []
    assert verdict.dark == []
    assert verdict.bad == 0
