"""Publish, read and share partitions in the tests that every bus has to pass."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

from vitrine.bus import Bus, Consumer, Message, Record, TopicPartition
from vitrine.schemas import Coverage
from vitrine.topics import MINUTE_MS, Topic

# How long anything may take on a real broker on a busy machine.
LIMIT_S = 30.0
POLL_S = 0.1


def make_topic(
    bus: Bus | None = None,
    *,
    partitions: int = 1,
    max_message_bytes: int = 1_000_000,
) -> Topic:
    """Return a topic that no other test uses; create it on `bus`, if there is one."""
    topic = Topic(
        name=f"test-{uuid4().hex[:12]}",
        key="stand",
        schema=Coverage,
        description="For a test.",
        written_by=(),
        read_by=(),
        partitions=partitions,
        retention_ms=10 * MINUTE_MS,
        max_message_bytes=max_message_bytes,
    )
    if bus is not None:
        bus.apply_topics([topic])
    return topic


def make_group() -> str:
    """Return the name of a group that no other test uses."""
    return f"group-{uuid4().hex[:12]}"


def publish(
    bus: Bus,
    topic: Topic,
    *values: str,
    key: str = "k",
    partition: int | None = None,
) -> None:
    """Publish each value as a message and wait until all are stored."""
    producer = bus.producer()
    for value in values:
        message = Message(topic.name, key, value.encode(), partition=partition)
        producer.send(message)
    producer.flush()
    producer.close()


def read(
    consumer: Consumer,
    count: int,
    max_records: int = 500,
) -> list[Record]:
    """Return the next records, at least `count`; fail when they do not come."""
    records: list[Record] = []

    def poll() -> None:
        records.extend(consumer.poll(POLL_S, max_records))

    until(lambda: len(records) >= count, poll)
    return records


def read_all(
    bus: Bus,
    topic: Topic,
    count: int,
) -> list[Record]:
    """Return the first records of a topic, as a new group reads them."""
    consumer = bus.consumer(make_group(), [topic])
    return read(consumer, count)


def until(done: Callable[[], bool], step: Callable[[], object]) -> None:
    """Repeat `step` until `done`; fail after LIMIT_S."""
    deadline = time.monotonic() + LIMIT_S
    while not done():
        assert time.monotonic() < deadline, "did not happen in time"
        step()


def values(records: Sequence[Record]) -> list[str]:
    """Return the values of records as texts."""
    return [record.value.decode() for record in records]


class Member:
    """Read as a member of a group, and check and remember what it owns."""

    def __init__(
        self,
        bus: Bus,
        group: str,
        *topics: Topic,
        from_end: bool = False,
    ) -> None:
        self.owned: set[TopicPartition] = set()
        self.records: list[Record] = []
        self.consumer = bus.consumer(
            group,
            topics,
            on_assigned=self.assigned,
            on_revoked=self.revoked,
            from_end=from_end,
        )

    def assigned(self, sources: Sequence[TopicPartition]) -> None:
        assert not self.owned & set(sources)
        self.owned |= set(sources)

    def revoked(self, sources: Sequence[TopicPartition]) -> None:
        assert self.owned >= set(sources)
        self.owned -= set(sources)

    def poll(self) -> None:
        """Poll once; only partitions that the member owns may give records."""
        records = self.consumer.poll(POLL_S, max_records=500)
        assert {record.source for record in records} <= self.owned
        self.records += records

    def numbers(self, topic: Topic) -> set[int]:
        """Return the numbers of the partitions of `topic` that the member owns."""
        return {source.partition for source in self.owned if source.topic == topic.name}


def poll_together(done: Callable[[], bool], *members: Member) -> None:
    """Let each member poll in a thread of its own until `done`."""
    with ThreadPoolExecutor(len(members)) as pool:
        polls = [pool.submit(until, done, member.poll) for member in members]
        for polling in polls:
            polling.result()


def settle(*members: Member, counts: Sequence[int]) -> None:
    """Let members poll until they own so many partitions."""

    def settled() -> bool:
        return [len(member.owned) for member in members] == list(counts)

    poll_together(settled, *members)
