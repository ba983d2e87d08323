"""The bus: what a service needs of a message log, and nothing more.

Two implementations pass one behaviour suite (`tests/contract/test_bus.py`): `memory` and `kafka`.
Clients are not shared between threads; a `Bus` may be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from zlib import crc32

from vitrine.errors import ConfigurationError, Unavailable
from vitrine.topics import Topic


class TopicMismatch(ConfigurationError):
    """A topic on the bus differs from its declaration; the message names topic, setting, wanted and found."""


class PublishFailed(Unavailable):
    """At least one message of a flush was not stored durably."""


@dataclass(frozen=True, slots=True, order=True)
class TopicPartition:
    """One ordered log."""

    topic: str
    partition: int


@dataclass(frozen=True, slots=True)
class Message:
    """Bytes to publish. Without `partition`, the key chooses it (`partition_for`)."""

    topic: str
    key: str
    value: bytes
    headers: Mapping[str, bytes] = field(default_factory=dict)
    partition: int | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """A message as read back: its place in the log, and when it was appended (nanoseconds UTC)."""

    topic: str
    partition: int
    offset: int
    key: str
    value: bytes
    headers: Mapping[str, bytes]
    appended_at_ns: int

    @property
    def source(self) -> TopicPartition:
        """The log that this record stands in."""
        return TopicPartition(self.topic, self.partition)


@dataclass(frozen=True, slots=True)
class Commit:
    """Where a group goes on reading, with a note to its next reader (at most 4096 characters)."""

    offset: int
    note: str = ""


class Producer(Protocol):
    """Appends messages; nothing is durable before `flush` returned."""

    def send(self, message: Message) -> None:
        """Queue one message. Raises Unavailable when the queue is full and the bus does not answer."""

    def flush(self, timeout_s: float = 30.0) -> None:
        """Wait until everything sent is stored. Raises PublishFailed if any message is missing."""

    def close(self) -> None:
        """Release connections; unflushed messages may be lost."""


class Consumer(Protocol):
    """One member of a group. Its partitions come and go; callbacks run inside `poll` and `close`."""

    @property
    def joined(self) -> bool:
        """Whether the group has given this member its share of the partitions, which may be none."""

    def poll(self, timeout_s: float, max_records: int) -> Sequence[Record]:
        """Next records, each partition in order; empty after `timeout_s`. Raises Unavailable."""

    def commit(self, commits: Mapping[TopicPartition, Commit]) -> None:
        """Store where the group goes on. Raises Unavailable; partitions no longer owned are ignored."""

    def committed(self, source: TopicPartition) -> Commit | None:
        """What the group last committed for a partition, or None."""

    def seek(self, source: TopicPartition, offset: int) -> None:
        """Read an assigned partition from `offset` on; from the start if the log never got so far, as after
        its loss."""

    def lag(self) -> Mapping[TopicPartition, int]:
        """Records after this consumer's position, for each assigned partition."""

    def close(self) -> None:
        """Leave the group; calls `on_revoked` for what was assigned."""


Partitions = Callable[[Sequence[TopicPartition]], None]


class Bus(Protocol):
    """Where the services meet."""

    def producer(self) -> Producer:
        """A new producer; idempotent, waits for all replicas."""

    def consumer(
        self,
        group: str,
        topics: Sequence[Topic],
        *,
        on_assigned: Partitions | None = None,
        on_revoked: Partitions | None = None,
        from_end: bool = False,
    ) -> Consumer:
        """A new member of `group`. Topics with equal counts are co-partitioned: a member owns the same
        partition numbers of each. Neighbours in a single topic go to different members. A group without
        commit starts at the beginning, or the end if asked."""

    def backlog(self, group: str, topic: Topic) -> Mapping[int, int]:
        """For each partition, records that are there and not committed by `group` (all, if it never did)."""

    def apply_topics(self, topics: Iterable[Topic]) -> Sequence[str]:
        """Create what is missing, bring settings in line; returns a line for each change made."""

    def check_topics(self, topics: Iterable[Topic]) -> Sequence[str]:
        """A line for each difference between the declaration and the bus; empty when they agree."""

    def close(self) -> None:
        """Release what the bus itself holds."""


def partition_for(key: str, count: int) -> int:
    """The partition of a key; the same on every bus, so that a replay lands where the original did."""
    return crc32(key.encode()) % count
