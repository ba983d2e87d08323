"""Two processes of each service that scales, on a real Kafka and Redis: the figures of one."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from tests.brokers import KafkaBroker, free_ports
from tests.processes import STOP_ORDER, Processes, wait_for
from tests.recordings import batch_totals, events, reported_totals
from vitrine.bus import partition_for
from vitrine.services.analytics.report import to_json
from vitrine.stores.campaign_figures import load_figures
from vitrine.stores.redis import connect
from vitrine.topics import STAND_PARTITIONS

pytestmark = [pytest.mark.kafka, pytest.mark.redis, pytest.mark.timeout(240)]

CONFIG = Path(__file__).parents[2] / "config"
STANDS = ("north", "hall")
SCALED = ("landmarks", "identity", "engagement", "analytics")
SECOND = "-2"
FPS = 10
READ = re.compile(r"^vitrine_records_in_total{[^}]*} (\S+)$", re.MULTILINE)


class Doubled(Processes):
    """Run a second process of some services, beside those of a site."""

    def module(self, name: str) -> list[str]:
        """Return the module of a process; the player is before both stands."""
        module = super().module(name.removesuffix(SECOND))
        if name == "player":
            module += ["--stand", "hall"]
        return module

    def double(self, name: str) -> None:
        """Start a second process of a service, and wait until it has its share."""
        second = name + SECOND
        (self.ports[second],) = free_ports(1)
        self.start(second)
        wait_for(lambda: self.ready(second), f"{second} is ready; {self.log(second)}")

    def records_read(self, name: str) -> float:
        """Return how many records a process has read, of all topics."""
        return sum(float(count) for count in READ.findall(self.metrics(name)))


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Return the example configuration with two stands, and a drawn camera at each."""
    folder = tmp_path / "config"
    folder.mkdir()
    stand = yaml.safe_load((CONFIG / "stands.yaml").read_text())["stands"][0]
    cameras = []
    stands = []
    for number, name in enumerate(STANDS):
        uri = f"synthetic:?people=3&seed={5 + number}"
        cameras.append({"id": f"c{number}", "uri": uri, "stand": name, "fps": FPS})
        stands.append({**stand, "id": name, "name": name})
    campaigns = yaml.safe_load((CONFIG / "campaigns.yaml").read_text())
    for campaign in campaigns["campaigns"]:
        campaign["stands"] = list(STANDS)
    (folder / "cameras.yaml").write_text(yaml.safe_dump({"cameras": cameras}))
    (folder / "stands.yaml").write_text(yaml.safe_dump({"stands": stands}))
    (folder / "campaigns.yaml").write_text(
        yaml.safe_dump(campaigns, default_flow_style=False)
    )
    for name in ("creatives", "codes"):
        (folder / name).symlink_to(CONFIG / name)
    return folder


def test_nothing_is_lost_or_counted_twice_when_a_second_process_of_each_joins(
    config: Path, tmp_path: Path, fresh_broker: KafkaBroker, redis_url: str
) -> None:
    connect(redis_url).flushall()
    with Doubled(
        tmp_path,
        fresh_broker.servers,
        redis_url,
        VITRINE_CONFIG=str(config),
        VITRINE_ANALYTICS_WINDOW_S="5",
        VITRINE_ANALYTICS_GRACE_S="2",
        VITRINE_ANALYTICS_K_ANONYMITY="1",
    ) as site:
        site.wait_for_frames("c0", 5 * FPS)
        for name in SCALED:
            site.double(name)
        site.wait_for_frames("c0", site.frames_of("c0") + 12 * FPS)
        check_shares(site)
        site.finish(stop_order())
        site.record(tmp_path / "record")
    record = tmp_path / "record"
    totals = reported_totals(to_json(load_figures(connect(redis_url), "exact")))
    assert totals == batch_totals(record, config)
    seen_at = {stand for (_, _, stand), row in totals.items() if row["ots"]}
    assert seen_at == set(STANDS)
    assert events(record, "dead-letters") == []
    check_repetitions(record)


def check_shares(site: Doubled) -> None:
    """Raise AssertionError where one of two processes had nothing to do."""
    first, second = (partition_for(stand, STAND_PARTITIONS) for stand in STANDS)
    # Several topics are shared out by halves of the partitions, one topic in turn.
    half = STAND_PARTITIONS // 2
    assert first < half <= second
    assert first % 2 != second % 2
    for name in SCALED:
        assert site.records_read(name) > 0
        assert site.records_read(name + SECOND) > 0


def stop_order() -> list[str]:
    """Return in what order the processes stop: both of a service before those that read it."""
    order = []
    for name in STOP_ORDER:
        order.append(name)
        if name in SCALED:
            order.append(name + SECOND)
    return order


def check_repetitions(record: Path) -> None:
    """Raise AssertionError where something was decided twice."""
    assert repeated(record, "exposures", "presence_id", "part") == []
    assert repeated(record, "identities", "track_id", "decided_at_ns") == []
    assert repeated(record, "plays", "play_id") == []


def repeated(record: Path, topic: str, *fields: str) -> list[object]:
    """Return what came more than once with another content."""
    contents: dict[tuple[object, ...], set[str]] = {}
    for event in events(record, topic):
        key = tuple(event[field] for field in fields)
        contents.setdefault(key, set()).add(json.dumps(event, sort_keys=True))
    return [key for key, found in contents.items() if len(found) > 1]
