"""The Kafka bus says that its broker is away, goes on when it is back, survives killed members."""

from __future__ import annotations

import gc
import logging
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from kafka import KafkaAdminClient

from tests.brokers import ROOT, KafkaBroker, free_ports, kafka_libs
from tests.contract.members import (
    Member,
    make_group,
    make_topic,
    publish,
    read,
    until,
    values,
)
from vitrine.bus import Commit, Message, PublishFailed, Record, TopicPartition
from vitrine.bus.kafka import KafkaBus, KafkaSecurity
from vitrine.bus.kafka.consumer import in_kafka
from vitrine.errors import ConfigurationError, Unavailable

READER = """
import sys
from vitrine.bus.kafka import KafkaBus
from vitrine.topics import COVERAGE
from dataclasses import replace

servers, name, group = sys.argv[1:]
consumer = KafkaBus(servers).consumer(group, [replace(COVERAGE, name=name)])
while True:
    if consumer.poll(0.1, 10):
        print("read", flush=True)
"""


@pytest.fixture
def broker(
    kafka_broker: KafkaBroker, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> Iterator[KafkaBroker]:
    """Yield a broker to be killed; `kafka_broker` decides whether there can be one."""
    libs = kafka_libs()
    assert libs
    broker = KafkaBroker(libs, tmp_path)
    # Its errors, kept with the log, hold sockets that only the garbage collector closes.
    caplog.set_level(logging.CRITICAL, logger="kafka")
    broker.start()
    yield broker
    broker.stop()
    gc.collect()


@pytest.mark.parametrize(
    "use",
    ["producer", "consumer", "tail", "backlog", "apply_topics", "check_topics"],
)
def test_an_absent_broker_is_unavailable_within_five_seconds(use: str) -> None:
    server = f"127.0.0.1:{free_ports(1)[0]}"
    topic = make_topic()
    bus = KafkaBus(server)
    uses: dict[str, Callable[[], object]] = {
        "producer": bus.producer,
        "consumer": lambda: bus.consumer("group", [topic]),
        "tail": lambda: bus.tail({topic: 0}),
        "backlog": lambda: bus.backlog("group", topic),
        "apply_topics": lambda: bus.apply_topics([topic]),
        "check_topics": lambda: bus.check_topics([topic]),
    }
    started = time.monotonic()
    expected = f"Kafka at {server} does not answer.*VITRINE_KAFKA_SERVERS"
    with pytest.raises(Unavailable, match=expected):
        uses[use]()
    assert time.monotonic() - started < 5


def test_a_server_that_says_nothing_is_unavailable_within_five_seconds() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        _, port = silent.getsockname()
        bus = KafkaBus(f"127.0.0.1:{port}")
        started = time.monotonic()
        with pytest.raises(Unavailable, match=r"answer.*VITRINE_KAFKA_PROTOCOL"):
            bus.producer()
        assert time.monotonic() - started < 6


@pytest.mark.parametrize(
    "servers", ["broker", "broker:", ":9092", "broker:kafka", "a:1,b"]
)
def test_an_address_without_host_and_port_is_a_configuration_error(
    servers: str,
) -> None:
    with pytest.raises(ConfigurationError, match="VITRINE_KAFKA_SERVERS"):
        KafkaBus(servers)


def test_the_password_is_not_shown() -> None:
    security = KafkaSecurity(
        protocol="SASL_SSL",
        mechanism="PLAIN",
        username="vitrine",
        password="secret",  # noqa: S106 - the one that must not be shown
    )
    assert "secret" not in repr(security)


@pytest.fixture(scope="module")
def misleading_broker(
    kafka_broker: KafkaBroker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[KafkaBroker]:
    """Yield a broker that sends clients to a name that nobody knows."""
    libs = kafka_libs()
    assert libs
    folder = tmp_path_factory.mktemp("misleading")
    broker = KafkaBroker(libs, folder, "kafka.invalid:9093")
    broker.start()
    yield broker
    broker.stop()


@pytest.mark.kafka
@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
@pytest.mark.parametrize("use", ["consumer", "backlog", "apply_topics"])
def test_an_address_that_the_broker_advertises_and_nobody_reaches_is_named(
    misleading_broker: KafkaBroker, use: str
) -> None:
    topic = make_topic()
    with closing(KafkaBus(misleading_broker.servers)) as bus:
        uses: dict[str, Callable[[], object]] = {
            "consumer": lambda: bus.consumer("group", [topic]),
            "backlog": lambda: bus.backlog("group", topic),
            "apply_topics": lambda: bus.apply_topics([topic]),
        }
        with pytest.raises(Unavailable) as error:
            uses[use]()
    message = str(error.value)
    assert "told us to go to kafka.invalid:9093, which does not answer" in message
    assert "advertised.listeners" in message
    assert "start it" not in message


@pytest.mark.kafka
@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
def test_what_was_flushed_survives_the_death_of_the_broker_and_clients_go_on(
    broker: KafkaBroker,
) -> None:
    bus = KafkaBus(broker.servers)
    topic = make_topic(bus)
    group = make_group()
    source = TopicPartition(topic.name, 0)
    producer = bus.producer()
    consumer = bus.consumer(group, [topic])
    producer.send(Message(topic.name, "k", b"before"))
    producer.flush()
    assert values(read(consumer, 1)) == ["before"]
    broker.kill()

    producer.send(Message(topic.name, "k", b"lost"))
    with pytest.raises(PublishFailed, match=f"did not store 1 of {topic.name}"):
        producer.flush(1.0)
    with pytest.raises(Unavailable):
        producer.send(Message(topic.name, "k", b"refused"))
    with pytest.raises(Unavailable):
        consumer.lag()
    with pytest.raises(Unavailable):
        consumer.commit({source: Commit(1)})
    with pytest.raises(Unavailable):
        bus.backlog(group, topic)

    broker.start()
    producer.send(Message(topic.name, "k", b"after"))
    producer.flush()
    assert values(read(consumer, 1)) == ["after"]

    # Commits are dropped while the group forms anew.
    def commit() -> None:
        consumer.poll(0.1, 10)
        consumer.commit({source: Commit(2)})

    until(lambda: bus.backlog(group, topic) == {0: 0}, commit)
    consumer.close()
    producer.close()
    bus.close()


@pytest.mark.kafka
@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
def test_polling_a_dead_broker_becomes_unavailable_and_closing_is_quick(
    broker: KafkaBroker,
) -> None:
    bus = KafkaBus(broker.servers)
    member = Member(bus, make_group(), make_topic(bus))
    until(lambda: bool(member.owned), member.poll)
    broker.kill()

    def poll_for_long() -> None:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            member.consumer.poll(0.5, 10)

    with pytest.raises(Unavailable, match=f"Kafka at {broker.servers}"):
        poll_for_long()
    started = time.monotonic()
    member.consumer.close()
    bus.close()
    assert member.owned == set()
    assert time.monotonic() - started < 5


@pytest.mark.kafka
@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
def test_a_tail_of_a_dead_broker_becomes_unavailable_and_another_one_goes_on(
    broker: KafkaBroker,
) -> None:
    bus = KafkaBus(broker.servers)
    topic = make_topic(bus)
    tail = bus.tail({topic: 0})
    broker.kill()

    def poll_for_long() -> None:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            tail.poll(0.5, 10)

    with pytest.raises(Unavailable, match=f"Kafka at {broker.servers}"):
        poll_for_long()
    started = time.monotonic()
    tail.close()
    assert time.monotonic() - started < 5
    broker.start()
    tails = []

    def open_again() -> None:
        with suppress(Unavailable):
            tails.append(bus.tail({topic: 0}))

    until(lambda: bool(tails), open_again)
    with closing(tails[0]) as other:
        publish(bus, topic, "after")
        records: list[Record] = []
        until(lambda: bool(records), lambda: records.extend(other.poll(0.1, 10)))
    assert values(records) == ["after"]
    bus.close()


@pytest.mark.kafka
def test_the_partitions_of_a_killed_member_move_within_fifteen_seconds(
    kafka_broker: KafkaBroker,
) -> None:
    bus = KafkaBus(kafka_broker.servers)
    topic = make_topic(bus)
    group = make_group()
    publish(bus, topic, "v")
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-c",
        READER,
        kafka_broker.servers,
        topic.name,
        group,
    ]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        cwd=ROOT,
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == b"read\n"
        process.send_signal(signal.SIGKILL)
    killed_at = time.monotonic()
    survivor = Member(bus, group, topic)
    until(lambda: values(survivor.records) == ["v"], survivor.poll)
    assert time.monotonic() - killed_at < 15
    survivor.consumer.close()
    bus.close()


def test_records_that_were_deleted_unread_are_no_backlog(
    kafka_broker: KafkaBroker,
) -> None:
    topic = make_topic(partitions=2)
    group = make_group()
    source = TopicPartition(topic.name, 0)
    with closing(KafkaBus(kafka_broker.servers)) as bus:
        bus.apply_topics([topic])
        publish(bus, topic, *"abcd", partition=0)
        with closing(bus.consumer(group, [topic])) as consumer:
            read(consumer, 4)
            consumer.commit({source: Commit(1)})
        with closing(KafkaAdminClient(bootstrap_servers=kafka_broker.servers)) as admin:
            admin.delete_records({in_kafka(source): 3})
            assert bus.backlog(group, topic) == {0: 1, 1: 0}
            admin.delete_records({in_kafka(source): 4})
            assert bus.backlog(group, topic) == {0: 0, 1: 0}
