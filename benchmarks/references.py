"""Print what a picture costs on its way over Kafka, and what it would cost by reference.

    make kafka-libs && python -m benchmarks.references [--bytes 35000]

The picture in the record, in Redis with a time to live, or in a file in shared memory, with its
name in the record; in turns. One producer and one consumer; a trip ends when the consumer has the
picture.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread

import click
import numpy as np
import psutil
from redis import Redis

from benchmarks.bus import STAMP_BYTES, TRIP_LIMIT_S, joined, make_topic
from tests.brokers import KafkaBroker, kafka_libs, redis_server
from vitrine.bus import Message
from vitrine.bus.kafka import KafkaBus
from vitrine.clock import SECOND_NS

TRIPS = 400
ROUNDS = 2
# As at ten cameras of ten frames a second, less what a trip takes.
PAUSE_S = 0.005
# As long as a frame is kept.
LIFE_MS = 60_000
MEMORY = Path("/dev/shm")  # noqa: S108 - what is measured


@dataclass(frozen=True, slots=True)
class Way:
    """Hold how a picture gets into a record's value, and out of it."""

    name: str
    put: Callable[[bytes], bytes]
    get: Callable[[bytes], bytes]


def ways(redis_url: str) -> list[Way]:
    """Return the ways that are compared."""
    writer = Redis.from_url(redis_url)
    reader = Redis.from_url(redis_url)

    def to_redis(picture: bytes) -> bytes:
        name = os.urandom(8).hex()
        writer.set(name, picture, px=LIFE_MS)
        return name.encode()

    def from_redis(name: bytes) -> bytes:
        return bytes(reader.get(name) or b"")  # type: ignore[arg-type]

    def to_memory(picture: bytes) -> bytes:
        name = f"reference-{os.urandom(8).hex()}"
        (MEMORY / name).write_bytes(picture)
        return name.encode()

    def from_memory(name: bytes) -> bytes:
        file = MEMORY / name.decode()
        picture = file.read_bytes()
        file.unlink()
        return picture

    return [
        Way("in the record", lambda picture: picture, lambda value: value),
        Way("Redis", to_redis, from_redis),
        Way("shared memory", to_memory, from_memory),
    ]


@click.command(help=__doc__)
@click.option(
    "--bytes", "size", default=35_000, show_default=True, help="Of a picture."
)
def main(size: int) -> None:
    """Print a row for each way, in turns."""
    libs = kafka_libs()
    if libs is None:
        raise click.ClickException("no broker: run `make kafka-libs`")
    picture = os.urandom(size)
    with TemporaryDirectory() as name, redis_server(Path(name)) as redis_url:
        broker = KafkaBroker(libs, Path(name))
        broker.start()
        bus = KafkaBus(broker.servers)
        click.echo(
            "way              trip p50     p95   CPU ms a picture, servers included"
        )
        try:
            for way in ways(redis_url) * ROUNDS:
                before_s = cpu_s()
                trips_ms = np.array(trips(bus, way, picture)) * 1000
                cost_ms = 1000 * (cpu_s() - before_s) / TRIPS
                p50, p95 = np.percentile(trips_ms, [50, 95])
                click.echo(f"{way.name:15} {p50:6.2f} ms {p95:5.2f} ms {cost_ms:8.2f}")
        finally:
            bus.close()
            broker.stop()


def trips(bus: KafkaBus, way: Way, picture: bytes) -> list[float]:
    """Return the seconds that each picture took."""
    topic = make_topic(bus)
    consumer = joined(bus, topic, "references")
    producer = bus.producer()
    stop = Event()
    arrived = Event()
    seconds: list[float] = []

    def read() -> None:
        while not stop.is_set():
            for record in consumer.poll(0.1, 500):
                sent_ns = int.from_bytes(record.value[:STAMP_BYTES])
                way.get(record.value[STAMP_BYTES:])
                seconds.append((time.perf_counter_ns() - sent_ns) / SECOND_NS)
                arrived.set()

    reader = Thread(target=read)
    reader.start()
    for _ in range(TRIPS):
        arrived.clear()
        stamp = time.perf_counter_ns().to_bytes(STAMP_BYTES)
        producer.send(Message(topic.name, "k", stamp + way.put(picture)))
        producer.flush()
        arrived.wait(TRIP_LIMIT_S)
        time.sleep(PAUSE_S)
    stop.set()
    reader.join()
    producer.close()
    consumer.close()
    return seconds


def cpu_s() -> float:
    """Return the CPU time of this process and its children."""
    this = psutil.Process()
    total = 0.0
    for process in (this, *this.children(recursive=True)):
        times = process.cpu_times()
        total += times.user + times.system
    return total


if __name__ == "__main__":
    main()
