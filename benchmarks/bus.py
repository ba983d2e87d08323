"""Records a second and round trip of the buses: `python -m benchmarks.bus`.

Kafka is the broker at --servers, or one of its own from the jars of `make kafka-libs`. Round trip: publish,
flush, and read by a consumer in another thread, one record at a time.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from uuid import uuid4

import click
import numpy as np

from tests.brokers import KafkaBroker, kafka_libs
from vitrine.bus import Bus, Consumer, Message
from vitrine.bus.kafka import KafkaBus
from vitrine.bus.memory import MemoryBus
from vitrine.schemas import Coverage
from vitrine.topics import Topic

BATCH = 100
PARTITIONS = 4


@click.command(help=__doc__)
@click.option("--servers", help="A Kafka that runs already, host:port.")
@click.option(
    "--seconds",
    default=5.0,
    show_default=True,
    help="How long to publish for each row.",
)
@click.option(
    "--trips", default=300, show_default=True, help="Round trips for each row."
)
def main(servers: str | None, seconds: float, trips: int) -> None:
    click.echo("bus     bytes   published/s  consumed/s   round trip p50   p95")
    for name, bus in buses(servers):
        for size in (1_000, 60_000):
            published, consumed = throughput(bus, size, seconds)
            p50, p95 = np.percentile(round_trips(bus, size, trips), [50, 95]) * 1000
            click.echo(
                f"{name:7} {size:6} {published:12,.0f} {consumed:11,.0f} {p50:13.1f} ms {p95:5.1f} ms"
            )


def buses(servers: str | None) -> Iterator[tuple[str, Bus]]:
    yield "memory", MemoryBus()
    with kafka_servers(servers) as address:
        bus = KafkaBus(address)
        yield "kafka", bus
        bus.close()


@contextmanager
def kafka_servers(servers: str | None) -> Iterator[str]:
    """The given broker, or one for this run."""
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


def make_topic(bus: Bus) -> Topic:
    topic = Topic(
        f"benchmark-{uuid4().hex[:8]}", "stand", Coverage, "", (), (), PARTITIONS, retention_ms=600_000,
        memory_bytes=4_000_000_000,
    )  # fmt: skip
    bus.apply_topics([topic])
    return topic


def throughput(bus: Bus, size: int, seconds: float) -> tuple[float, float]:
    """Records a second, published in flushed batches, and afterwards consumed."""
    topic = make_topic(bus)
    value = bytes(size)
    producer = bus.producer()
    sent = 0
    started = time.perf_counter()
    while time.perf_counter() - started < seconds and sent * size < 1_000_000_000:
        for number in range(BATCH):
            producer.send(Message(topic.name, f"key-{number}", value))
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


def joined(bus: Bus, topic: Topic, group: str) -> Consumer:
    """A consumer that owns its partitions; it has read nothing."""
    assigned = Event()
    consumer = bus.consumer(
        f"{group}-{topic.name}", [topic], on_assigned=lambda _: assigned.set()
    )
    while not assigned.is_set():
        for record in consumer.poll(0.1, 1):
            consumer.seek(record.source, record.offset)
    return consumer


def round_trips(bus: Bus, size: int, count: int) -> list[float]:
    """Seconds from before the send to after the poll that returned the record."""
    topic = make_topic(bus)
    padding = bytes(size - 8)
    arrived = Event()
    consumer = joined(bus, topic, "echo")
    stop = Event()
    seconds = list[float]()

    def read() -> None:
        while not stop.is_set():
            for record in consumer.poll(0.1, 500):
                seconds.append(
                    (time.perf_counter_ns() - int.from_bytes(record.value[:8])) / 1e9
                )
                arrived.set()

    reader = Thread(target=read)
    producer = bus.producer()
    reader.start()
    for number in range(count):
        arrived.clear()
        sent_at = time.perf_counter_ns().to_bytes(8)
        producer.send(Message(topic.name, f"key-{number}", sent_at + padding))
        producer.flush()
        arrived.wait(10)
    stop.set()
    reader.join()
    producer.close()
    consumer.close()
    return seconds


if __name__ == "__main__":
    main()
