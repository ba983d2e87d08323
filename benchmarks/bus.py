"""Print records a second and round trip of the buses: `python -m benchmarks.bus`.

Kafka is the broker at --servers, or one of its own from the jars of `make kafka-libs`. Raw is the
client library alone against the same broker, with the settings that the bus gives it. Round trip:
publish, flush, and read by a consumer in another thread, one record at a time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import Any, TypeAlias
from uuid import uuid4

import click
import numpy as np
from kafka import KafkaConsumer, KafkaProducer

from tests.brokers import KafkaBroker, kafka_libs
from vitrine.bus import Consumer, Message, TopicPartition, partition_for
from vitrine.bus.kafka import KafkaBus
from vitrine.bus.kafka.consumer import FETCH_MESSAGES, FETCH_WAIT_MS, in_kafka
from vitrine.bus.kafka.producer import BATCH_BYTES, LINGER_MS
from vitrine.bus.memory import MemoryBus
from vitrine.clock import SECOND_NS
from vitrine.schemas import Coverage
from vitrine.topics import Topic

# Records between two flushes. Chosen, not measured.
BATCH = 100
# A record begins with the time of its sending.
STAMP_BYTES = 8
PARTITIONS = 4
# Bytes: an event, and a JPEG of 640 pixels' width.
SIZES = (1_000, 60_000)
# What a run may publish on one topic. The memory bus keeps it all.
MOST_BYTES = 1_000_000_000
LARGEST_BYTES = 1_000_000
# A trip that takes longer is lost: the benchmark goes on without it.
TRIP_LIMIT_S = 10


class RawBus:
    """Hand out clients of the library with as much of the bus as the benchmark uses."""

    def __init__(self, servers: str) -> None:
        self._servers = servers
        self._topics = KafkaBus(servers)

    def apply_topics(self, topics: Sequence[Topic]) -> None:
        """Make topics, as the bus does."""
        self._topics.apply_topics(topics)

    def producer(self) -> RawProducer:
        """Return a new producer."""
        return RawProducer(self._servers)

    def consumer(
        self,
        group: str,
        topics: Sequence[Topic],
        *,
        on_assigned: Callable[[object], None],
    ) -> RawConsumer:
        """Return a new member of a group."""
        return RawConsumer(self._servers, group, topics, on_assigned)

    def close(self) -> None:
        """Release the connection for topics."""
        self._topics.close()


class RawProducer:
    """Send by the library alone."""

    def __init__(self, servers: str) -> None:
        self._client: Any = KafkaProducer(
            bootstrap_servers=servers,
            enable_idempotence=True,
            acks="all",
            linger_ms=LINGER_MS,
            batch_size=BATCH_BYTES,
            max_request_size=2 * LARGEST_BYTES,
            metrics_enabled=False,
        )

    def send(self, message: Message) -> None:
        """Queue one message."""
        self._client.send(
            message.topic,
            key=message.key.encode(),
            value=message.value,
            partition=partition_for(message.key, PARTITIONS),
        )

    def flush(self) -> None:
        """Wait until everything sent is stored."""
        self._client.flush()

    def close(self) -> None:
        """Release connections."""
        self._client.close()


class RawConsumer:
    """Read by the library alone."""

    def __init__(
        self,
        servers: str,
        group: str,
        topics: Sequence[Topic],
        on_assigned: Callable[[object], None],
    ) -> None:
        self._on_assigned = on_assigned
        self._client: Any = KafkaConsumer(
            *(topic.name for topic in topics),
            bootstrap_servers=servers,
            group_id=group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=FETCH_WAIT_MS,
            max_partition_fetch_bytes=LARGEST_BYTES,
            fetch_max_bytes=FETCH_MESSAGES * LARGEST_BYTES,
            metrics_enabled=False,
        )

    def poll(self, timeout_s: float, max_records: int) -> list[Any]:
        """Return the next records."""
        timeout_ms = round(timeout_s * 1000)
        found = self._client.poll(timeout_ms=timeout_ms, max_records=max_records)
        if self._client.assignment():
            self._on_assigned(None)
        records: list[Any] = []
        for of_partition in found.values():
            records += of_partition
        return records

    def seek(self, source: TopicPartition, offset: int) -> None:
        """Read a partition from `offset` on."""
        self._client.seek(in_kafka(source), offset)

    def close(self) -> None:
        """Leave the group."""
        self._client.close()


AnyBus: TypeAlias = MemoryBus | KafkaBus | RawBus
AnyConsumer: TypeAlias = Consumer | RawConsumer


@click.command(help=__doc__)
@click.option("--servers", help="A Kafka that runs already, host:port.")
@click.option(
    "--seconds",
    default=5.0,
    show_default=True,
    help="How long to publish for each row.",
)
@click.option(
    "--trips",
    default=300,
    show_default=True,
    help="Round trips for each row.",
)
def main(
    servers: str | None,
    seconds: float,
    trips: int,
) -> None:
    """Print a row for each bus and size of record."""
    click.echo("bus     bytes   published/s  consumed/s   round trip p50   p95")
    for name, bus in buses(servers):
        for size in SIZES:
            published, consumed = throughput(bus, size, seconds)
            trip_s = round_trips(bus, size, trips)
            p50_ms, p95_ms = np.percentile(trip_s, [50, 95]) * 1000
            click.echo(
                f"{name:7} {size:6} {published:12,.0f} {consumed:11,.0f}"
                f" {p50_ms:13.1f} ms {p95_ms:5.1f} ms"
            )


def buses(servers: str | None) -> Iterator[tuple[str, AnyBus]]:
    """Yield each bus with its name."""
    yield "memory", MemoryBus()
    with kafka_servers(servers) as address:
        for name, kind in (("kafka", KafkaBus), ("raw", RawBus)):
            bus = kind(address)
            yield name, bus
            bus.close()


@contextmanager
def kafka_servers(servers: str | None) -> Iterator[str]:
    """Give the address of the given broker, or of one for this run."""
    if servers:
        yield servers
        return
    libs = kafka_libs()
    if libs is None:
        raise click.ClickException(
            "no Kafka: give --servers, or fetch a broker with `make kafka-libs`"
        )
    with TemporaryDirectory() as folder:
        broker = KafkaBroker(libs, Path(folder))
        broker.start()
        try:
            yield broker.servers
        finally:
            broker.stop()


def make_topic(bus: AnyBus) -> Topic:
    """Make a topic of its own, which keeps all that a run publishes."""
    topic = Topic(
        name=f"benchmark-{uuid4().hex[:8]}",
        key="stand",
        schema=Coverage,
        description="",
        written_by=(),
        read_by=(),
        partitions=PARTITIONS,
        retention_ms=600_000,
        memory_bytes=4 * MOST_BYTES,
    )
    bus.apply_topics([topic])
    return topic


def throughput(
    bus: AnyBus,
    size: int,
    seconds: float,
) -> tuple[float, float]:
    """Return records a second, published in flushed batches, and afterwards consumed."""
    topic = make_topic(bus)
    value = bytes(size)
    producer = bus.producer()
    sent = 0
    started = time.perf_counter()
    while time.perf_counter() - started < seconds and sent * size < MOST_BYTES:
        for number in range(BATCH):
            # Many keys, so that all partitions are written to.
            message = Message(topic.name, f"key-{number}", value)
            producer.send(message)
        producer.flush()
        sent += BATCH
    published = sent / (time.perf_counter() - started)
    producer.close()
    consumer = joined(bus, topic, "reader")
    consumed = 0
    started = time.perf_counter()
    while consumed < sent:
        consumed += len(consumer.poll(1.0, 500))
    rate = consumed / (time.perf_counter() - started)
    consumer.close()
    return published, rate


def joined(
    bus: AnyBus,
    topic: Topic,
    group: str,
) -> AnyConsumer:
    """Return a consumer that owns its partitions; it has read nothing."""
    assigned = Event()
    consumer = bus.consumer(
        f"{group}-{topic.name}",
        [topic],
        on_assigned=lambda _: assigned.set(),
    )
    # A record that comes with the first polls is given back: it belongs to the measurement.
    while not assigned.is_set():
        for record in consumer.poll(0.1, 1):
            source = TopicPartition(record.topic, record.partition)
            consumer.seek(source, record.offset)
    return consumer


def round_trips(
    bus: AnyBus,
    size: int,
    count: int,
) -> list[float]:
    """Return seconds from before the send to after the poll that returned the record."""
    topic = make_topic(bus)
    padding = bytes(size - STAMP_BYTES)
    arrived = Event()
    consumer = joined(bus, topic, "echo")
    stop = Event()
    seconds = list[float]()

    def read() -> None:
        while not stop.is_set():
            for record in consumer.poll(0.1, 500):
                sent_at_ns = int.from_bytes(record.value[:STAMP_BYTES])
                age_ns = time.perf_counter_ns() - sent_at_ns
                seconds.append(age_ns / SECOND_NS)
                arrived.set()

    reader = Thread(target=read)
    producer = bus.producer()
    reader.start()
    for number in range(count):
        arrived.clear()
        stamp = time.perf_counter_ns().to_bytes(STAMP_BYTES)
        message = Message(topic.name, f"key-{number}", stamp + padding)
        producer.send(message)
        producer.flush()
        arrived.wait(TRIP_LIMIT_S)
    stop.set()
    reader.join()
    producer.close()
    consumer.close()
    return seconds


if __name__ == "__main__":
    main()
