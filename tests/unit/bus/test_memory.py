"""What the bus of one process holds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from vitrine.bus import Commit, Message, PublishFailed, TopicPartition
from vitrine.bus.memory import READ_BYTES, MemoryBus
from vitrine.topics import FACES

TOPIC = replace(FACES, partitions=1, memory_bytes=4 * READ_BYTES)
SOURCE = TopicPartition(TOPIC.name, 0)
SIZE = 100_000


def publish(bus: MemoryBus, count: int) -> None:
    producer = bus.producer()
    for _ in range(count):
        producer.send(Message(TOPIC.name, "north", bytes(SIZE)))
        producer.flush()


def test_what_everybody_has_read_is_soon_let_go() -> None:
    bus = MemoryBus([TOPIC])
    fast = bus.consumer("fast", [TOPIC])
    slow = bus.consumer("slow", [TOPIC])
    publish(bus, 30)
    fast.poll(0, 100)
    fast.commit({SOURCE: Commit(30)})
    publish(bus, 1)
    assert bus.held_bytes() == {TOPIC.name: 31 * SIZE}
    slow.poll(0, 100)
    slow.commit({SOURCE: Commit(31)})
    publish(bus, 1)
    assert bus.held_bytes() == {
        TOPIC.name: 2 * SIZE
    }  # `fast` has not read the last two


def test_what_nobody_reads_yet_waits_until_the_partition_is_full() -> None:
    bus = MemoryBus([TOPIC])
    publish(bus, 40)
    assert bus.held_bytes() == {TOPIC.name: TOPIC.memory_bytes}
    assert len(bus.consumer("late", [TOPIC]).poll(0, 100)) == 40
    with pytest.raises(PublishFailed, match="full"):
        publish(bus, 1)
