"""The bus in memory lets go of what every group has read, and of nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from vitrine.bus import Commit, Message, PublishFailed, TopicPartition
from vitrine.bus.memory import READ_BYTES, MemoryBus, MemoryConsumer
from vitrine.topics import FACES

TOPIC = replace(
    FACES,
    partitions=1,
    memory_bytes=4 * READ_BYTES,
)
SOURCE = TopicPartition(TOPIC.name, 0)
SIZE = 100_000


def publish(bus: MemoryBus, count: int) -> None:
    """Publish so many messages of SIZE bytes."""
    producer = bus.producer()
    for _ in range(count):
        message = Message(TOPIC.name, "north", bytes(SIZE))
        producer.send(message)
        producer.flush()


def read_to(consumer: MemoryConsumer, offset: int) -> None:
    """Read everything and commit that the group goes on at `offset`."""
    consumer.poll(0, max_records=100)
    consumer.commit({SOURCE: Commit(offset)})


def held_messages(bus: MemoryBus) -> float:
    return bus.held_bytes()[TOPIC.name] / SIZE


def test_a_record_is_kept_until_the_slowest_group_has_read_it() -> None:
    bus = MemoryBus([TOPIC])
    fast = bus.consumer("fast", [TOPIC])
    slow = bus.consumer("slow", [TOPIC])
    publish(bus, 30)
    read_to(fast, 30)
    publish(bus, 1)
    assert held_messages(bus) == 31
    read_to(slow, 31)
    publish(bus, 1)
    # `fast` has not read the last two.
    assert held_messages(bus) == 2


def test_a_record_that_no_group_reads_is_kept_until_the_partition_is_full() -> None:
    bus = MemoryBus([TOPIC])
    publish(bus, 41)
    assert held_messages(bus) <= 40
    assert bus.backlog("late", TOPIC) == {0: held_messages(bus)}


def test_a_full_partition_refuses_records_until_its_group_has_read() -> None:
    bus = MemoryBus([TOPIC])
    late = bus.consumer("late", [TOPIC])
    publish(bus, 40)
    with pytest.raises(
        PublishFailed, match="full of records that a group has not read"
    ):
        publish(bus, 1)
    read_to(late, 10)
    publish(bus, 1)
    assert held_messages(bus) == 31


def test_a_closed_bus_has_forgotten_its_members() -> None:
    lost: list[Sequence[TopicPartition]] = []
    bus = MemoryBus([TOPIC])
    consumer = bus.consumer("group", [TOPIC], on_revoked=lost.append)
    consumer.poll(0, max_records=1)
    bus.close()
    consumer.close()
    assert lost == []


def test_no_record_is_kept_for_a_tail_which_misses_what_was_dropped() -> None:
    bus = MemoryBus([TOPIC])
    reader = bus.consumer("group", [TOPIC])
    tail = bus.tail({TOPIC: 0})
    for offset in range(30, 330, 30):
        publish(bus, 30)
        read_to(reader, offset)
    assert held_messages(bus) <= 40
    missed = 300 - held_messages(bus)
    assert tail.poll(0, max_records=1)[0].offset == missed


def test_a_tail_of_a_closed_bus_finds_nothing() -> None:
    bus = MemoryBus([TOPIC])
    tail = bus.tail({TOPIC: 0})
    bus.close()
    tail.skip()
    assert tail.poll(0, max_records=1) == []
    tail.close()
    tail.close()
