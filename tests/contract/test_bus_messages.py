"""Messages come back as they were sent, in order and complete: in memory and on a real Kafka."""

from __future__ import annotations

import time

import pytest

from tests.contract.members import (
    make_group,
    make_topic,
    publish,
    read_all,
    until,
    values,
)
from vitrine.bus import Bus, Message, PublishFailed, TopicPartition, partition_for


def test_a_partition_keeps_its_order_and_counts_offsets(bus: Bus) -> None:
    topic = make_topic(bus)
    sent = [str(number) for number in range(1000)]
    publish(bus, topic, *sent)
    records = read_all(bus, topic, 1000)
    assert values(records) == sent
    assert [record.offset for record in records] == list(range(1000))


@pytest.mark.parametrize("key", ["north", "south", "Süd", "east-1"])
def test_a_key_chooses_its_partition_as_everywhere(bus: Bus, key: str) -> None:
    topic = make_topic(bus, partitions=5)
    publish(bus, topic, "v", key=key)
    (record,) = read_all(bus, topic, 1)
    assert record.key == key
    assert record.partition == partition_for(key, 5)


def test_a_message_may_name_its_partition(bus: Bus) -> None:
    topic = make_topic(bus, partitions=4)
    publish(bus, topic, "v", partition=3)
    (record,) = read_all(bus, topic, 1)
    assert record.source == TopicPartition(topic.name, 3)


def test_a_record_comes_back_as_it_was_sent(bus: Bus) -> None:
    topic = make_topic(bus)
    headers = {
        "schema": b"faces/1",
        "empty": b"",
        "meta": bytes(range(256)),
    }
    before_ns = time.time_ns()
    producer = bus.producer()
    producer.send(Message(topic.name, "Süd", b"\x00\xff", headers))
    producer.flush()
    (record,) = read_all(bus, topic, 1)
    assert record.topic == topic.name
    assert record.key == "Süd"
    assert record.value == b"\x00\xff"
    assert record.headers == headers
    # The broker's clock counts milliseconds.
    assert before_ns - 1_000_000 <= record.appended_at_ns <= time.time_ns()


def test_an_empty_value_and_no_headers_come_back_so(bus: Bus) -> None:
    topic = make_topic(bus)
    publish(bus, topic, "")
    (record,) = read_all(bus, topic, 1)
    assert record.value == b""
    assert record.headers == {}


def test_nothing_is_lost_at_flush(bus: Bus) -> None:
    topic = make_topic(bus, partitions=3)
    sent = [str(number) for number in range(5000)]
    producer = bus.producer()
    for value in sent:
        producer.send(Message(topic.name, value, value.encode()))
    producer.flush()
    records = read_all(bus, topic, 5000)
    assert sorted(values(records)) == sorted(sent)


def test_poll_returns_at_most_max_records_and_then_the_rest(bus: Bus) -> None:
    topic = make_topic(bus, partitions=2)
    publish(bus, topic, *"abc", partition=0)
    publish(bus, topic, *"def", partition=1)
    consumer = bus.consumer(make_group(), [topic])
    sizes: list[int] = []
    found: list[str] = []

    def poll() -> None:
        records = consumer.poll(0.1, max_records=2)
        sizes.append(len(records))
        found.extend(values(records))

    until(lambda: len(found) == 6, poll)
    assert max(sizes) == 2
    assert sorted(found) == list("abcdef")


def test_poll_is_empty_after_its_timeout(bus: Bus) -> None:
    consumer = bus.consumer(make_group(), [make_topic(bus)])
    started = time.monotonic()
    assert list(consumer.poll(0.2, 10)) == []
    assert time.monotonic() - started >= 0.19


def test_pictures_of_several_megabytes_pass(bus: Bus) -> None:
    topic = make_topic(bus, max_message_bytes=4_000_000)
    pictures = [bytes([number]) * 3_900_000 for number in range(3)]
    producer = bus.producer()
    for picture in pictures:
        producer.send(Message(topic.name, "k", picture))
        producer.flush()
    records = read_all(bus, topic, 3)
    same = [
        record.value == picture
        for record, picture in zip(records, pictures, strict=True)
    ]
    # Not the values themselves: a failure would print twelve megabytes.
    assert same == [True, True, True]


@pytest.mark.parametrize("size", [200_000, 30_000_000])
def test_a_message_above_the_limit_is_refused_and_the_next_ones_pass(
    bus: Bus, size: int
) -> None:
    topic = make_topic(bus, max_message_bytes=100_000)
    producer = bus.producer()
    producer.send(Message(topic.name, "k", bytes(size)))
    with pytest.raises(PublishFailed, match=topic.name):
        producer.flush()
    producer.send(Message(topic.name, "k", b"small"))
    producer.flush()
    records = read_all(bus, topic, 1)
    assert values(records) == ["small"]


def test_a_partition_that_does_not_exist_is_refused(bus: Bus) -> None:
    topic = make_topic(bus, partitions=2)
    producer = bus.producer()
    producer.send(Message(topic.name, "k", b"v", partition=2))
    with pytest.raises(PublishFailed, match="no partition 2"):
        producer.flush()
