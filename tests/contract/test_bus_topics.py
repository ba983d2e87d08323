"""Topics are as declared, or the bus says where not: on the memory bus and on a real Kafka."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace

import pytest
from kafka import KafkaAdminClient, KafkaProducer
from kafka.errors import MessageSizeTooLargeError

from tests.brokers import KafkaBroker
from tests.contract.members import (
    make_group,
    make_topic,
    publish,
    read_all,
    values,
)
from tests.processes import wait_for
from vitrine.bus import Bus, Message, TopicMismatch
from vitrine.bus.kafka import KafkaBus
from vitrine.bus.kafka.topics import alter_settings

WHAT_TO_DO = "does not exist; create it with `vitrine topics apply`"


def test_a_consumer_of_a_topic_that_does_not_exist_says_what_to_do(bus: Bus) -> None:
    topic = make_topic()
    with pytest.raises(TopicMismatch, match=f"{topic.name}.*{WHAT_TO_DO}"):
        bus.consumer(make_group(), [topic])


def test_the_backlog_of_a_topic_that_does_not_exist_says_what_to_do(bus: Bus) -> None:
    topic = make_topic()
    with pytest.raises(TopicMismatch, match=f"{topic.name}.*{WHAT_TO_DO}"):
        bus.backlog(make_group(), topic)


def test_a_message_for_a_topic_that_does_not_exist_says_what_to_do(bus: Bus) -> None:
    topic = make_topic()
    producer = bus.producer()
    with pytest.raises(TopicMismatch, match=f"{topic.name}.*{WHAT_TO_DO}"):
        producer.send(Message(topic.name, "k", b"v"))


def test_topics_are_created_once_and_then_agree(bus: Bus) -> None:
    two = make_topic(partitions=2)
    three = make_topic(partitions=3)
    missing = [f"{two.name}: missing", f"{three.name}: missing"]
    assert bus.check_topics([two, three]) == missing
    created = bus.apply_topics([two, three])
    assert [line.split(" ")[0] for line in created] == [
        f"{two.name}:",
        f"{three.name}:",
    ]
    assert bus.check_topics([two, three]) == []
    assert bus.apply_topics([two, three]) == []


@pytest.mark.parametrize(
    "change",
    [
        {"retention_ms": 60_000},
        {"segment_ms": 20_000},
        {"max_message_bytes": 2_000_000},
        {"partitions": 4},
        {"compacted": True},
    ],
)
def test_a_topic_that_differs_is_reported_and_brought_in_line(
    bus: Bus, change: dict[str, int]
) -> None:
    topic = make_topic(bus, partitions=2)
    publish(bus, topic, "kept")
    changed = replace(topic, **change)  # type: ignore[arg-type]
    (difference,) = bus.check_topics([changed])
    assert difference.startswith(f"{topic.name}: ")
    assert len(bus.apply_topics([changed])) == 1
    # A broker acknowledges a change before every answer shows it.
    wait_for(lambda: not bus.check_topics([changed]), "the topic is as declared", 10)
    records = read_all(bus, changed, 1)
    assert values(records) == ["kept"]


@pytest.mark.kafka
def test_a_topic_that_takes_compressed_records_is_not_read(
    kafka_broker: KafkaBroker,
) -> None:
    bus = KafkaBus(kafka_broker.servers)
    topic = make_topic(bus)
    with closing(KafkaAdminClient(bootstrap_servers=kafka_broker.servers)) as admin:
        alter_settings(admin, topic, {"compression.type": "producer"})
    difference = f"{topic.name}: compression.type is producer, declared uncompressed"
    wait_for(lambda: bus.check_topics([topic]) == [difference], "the change", 10)
    with pytest.raises(TopicMismatch, match="takes compressed records"):
        bus.consumer(make_group(), [topic])
    bus.apply_topics([topic])
    wait_for(lambda: not bus.check_topics([topic]), "the topic is as declared", 10)
    bus.consumer(make_group(), [topic]).close()
    bus.close()


@pytest.mark.kafka
def test_a_batch_that_is_small_on_the_wire_and_huge_in_memory_is_refused(
    kafka_broker: KafkaBroker,
) -> None:
    bus = KafkaBus(kafka_broker.servers)
    topic = make_topic(bus)
    stranger = KafkaProducer(
        bootstrap_servers=kafka_broker.servers,
        compression_type="gzip",
        max_request_size=50_000_000,
        retries=0,
    )
    with closing(stranger):
        sent = stranger.send(topic.name, bytes(20_000_000))
        with pytest.raises(MessageSizeTooLargeError):
            sent.get(30)
    bus.close()
