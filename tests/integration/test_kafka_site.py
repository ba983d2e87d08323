"""The services as processes on a real Kafka and Redis: the same figures, also after SIGKILL."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.brokers import KafkaBroker
from tests.processes import Processes, wait_for
from tests.recordings import batch_totals, events, reported_totals
from vitrine.services.analytics.report import to_json
from vitrine.stores.campaign_figures import load_figures
from vitrine.stores.redis import connect

pytestmark = [pytest.mark.kafka, pytest.mark.redis, pytest.mark.timeout(240)]

CONFIG = Path(__file__).parents[2] / "config"
URI = "synthetic:?people=3&seed=5"
FPS = 10
WATCHED_S = 25
"""So much video there is at the end, the last kill is at 15."""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Return the example configuration with one synthetic camera."""
    folder = tmp_path / "config"
    folder.mkdir()
    camera = f"cameras:\n  - {{id: c, uri: '{URI}', stand: north, fps: {FPS}}}\n"
    (folder / "cameras.yaml").write_text(camera)
    for name in ("stands.yaml", "campaigns.yaml", "creatives", "codes"):
        (folder / name).symlink_to(CONFIG / name)
    return folder


def test_totals_equal_a_batch_recomputation_after_kills_in_mid_run(
    config: Path, tmp_path: Path, fresh_broker: KafkaBroker, redis_url: str
) -> None:
    connect(redis_url).flushall()
    with Processes(
        tmp_path,
        fresh_broker.servers,
        redis_url,
        VITRINE_CONFIG=str(config),
        VITRINE_ANALYTICS_WINDOW_S="5",
        VITRINE_ANALYTICS_GRACE_S="2",
        VITRINE_ANALYTICS_K_ANONYMITY="1",
    ) as site:
        kill_at(site, "engagement", second=5)
        kill_at(site, "stand", second=10)
        kill_at(site, "analytics", second=15)
        site.wait_for_frames("c", WATCHED_S * FPS)
        site.finish()
        site.record(tmp_path / "record")
    record = tmp_path / "record"
    figures = load_figures(connect(redis_url), "exact")
    totals = reported_totals(to_json(figures))
    assert any(row["ots"] for row in totals.values())
    assert totals == batch_totals(record)
    assert events(record, "dead-letters") == []
    plays = [play["play_id"] for play in events(record, "plays")]
    assert len(set(plays)) >= 2


def kill_at(site: Processes, name: str, second: int) -> None:
    """Kill a service at a second of the video, and wait until it is back."""
    site.wait_for_frames("c", second * FPS)
    site.kill_and_restart(name)
    wait_for(lambda: site.ready(name), f"{name} is back")
