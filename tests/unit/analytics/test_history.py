"""What the bus has of the past: snapshots of the own partitions, and all plans and names."""

from __future__ import annotations

from tests.builders import at
from vitrine.bus import Outgoing, encode
from vitrine.bus.memory import MemoryBus
from vitrine.schemas import CampaignRelease, Event, WindowSnapshot
from vitrine.services.analytics.history import read_history
from vitrine.topics import CAMPAIGN_RELEASES, TOPICS, WINDOW_SNAPSHOTS, Topic


def publish(bus: MemoryBus, topic: Topic, event: Event, partition: int) -> None:
    """Put an event on a partition."""
    producer = bus.producer()
    producer.send(encode(Outgoing(topic, "k", event, partition=partition)))
    producer.flush()
    producer.close()


def release(stand: str, reach: int = 3) -> CampaignRelease:
    return CampaignRelease(
        campaign_id="spring",
        advertiser="acme",
        stand_id=stand,
        start_ns=at(0),
        end_ns=at(300),
        reach=reach,
        creatives=(),
    )


def test_stands_are_of_the_own_partitions_and_releases_of_all() -> None:
    bus = MemoryBus(TOPICS)
    for partition, stand in enumerate(("north", "south")):
        window = WindowSnapshot(stand_id=stand, start_ns=at(0), end_ns=at(300), rows=())
        publish(bus, WINDOW_SNAPSHOTS, window, partition)
        publish(bus, CAMPAIGN_RELEASES, release(stand), partition)
    publish(bus, CAMPAIGN_RELEASES, release("north", reach=5), 0)
    past = read_history(bus, {0})
    assert list(past.stands) == [0]
    assert list(past.stands[0]) == ["north"]
    north = past.stands[0]["north"]
    assert len(north.snapshots) == 1
    assert north.releases["spring"].reach == 5
    assert [one.stand_id for one in past.releases] == ["north", "north", "south"]
