"""Define the bus: what a service needs of a message log, and nothing more.

Two implementations pass one behaviour suite (`tests/contract/test_bus_*.py`): `memory` and `kafka`.
Clients are not shared between threads; a `Bus` may be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol
from zlib import crc32

from vitrine.errors import ConfigurationError, Unavailable
from vitrine.topics import Topic


class TopicMismatch(ConfigurationError):
    """Report that a topic on the bus differs from its declaration.

    The message names the topic, the setting, the value declared and the value found.
    """


class PublishFailed(Unavailable):
    """Report that at least one message of a flush was not stored durably."""


class TopicPartition(NamedTuple):
    """Name one ordered log."""

    topic: str
    partition: int


@dataclass(frozen=True, slots=True)
class Message:
    """Hold bytes to publish. Without `partition`, the key chooses it (`partition_for`)."""

    topic: str
    key: str
    value: bytes
    headers: Mapping[str, bytes] = field(default_factory=dict)
    partition: int | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """Hold a message as read back: its place in the log, and when it was appended (UTC)."""

    topic: str
    partition: int
    offset: int
    key: str
    value: bytes
    headers: Mapping[str, bytes]
    appended_at_ns: int

    @property
    def source(self) -> TopicPartition:
        """Return the log that this record stands in."""
        return TopicPartition(self.topic, self.partition)


@dataclass(frozen=True, slots=True)
class Commit:
    """Hold where a group goes on reading, with a note to its next reader.

    The note has at most 4096 characters: Kafka's default limit for the metadata of an offset.
    """

    offset: int
    note: str = ""


class Producer(Protocol):
    """Append messages; nothing is durable before `flush` returned."""

    def send(self, message: Message) -> None:
        """Queue one message.

        Raises Unavailable when the queue is full and the bus does not answer.
        """

    def flush(self, timeout_s: float = 30.0) -> None:
        """Wait until everything sent is stored. Raises PublishFailed if any message is missing."""

    def close(self) -> None:
        """Release connections; unflushed messages may be lost."""


class Consumer(Protocol):
    """Read as one member of a group.

    Its partitions come and go; callbacks run inside `poll` and `close`.
    """

    @property
    def joined(self) -> bool:
        """Tell whether the group has given this member its partitions, which may be none."""

    def poll(self, timeout_s: float, max_records: int) -> Sequence[Record]:
        """Return the next records, each partition in order; empty after `timeout_s`.

        Raises Unavailable.
        """

    def commit(self, commits: Mapping[TopicPartition, Commit]) -> None:
        """Store where the group goes on; partitions no longer owned are ignored.

        Raises Unavailable.
        """

    def committed(self, source: TopicPartition) -> Commit | None:
        """Return what the group last committed for a partition, or None."""

    def seek(self, source: TopicPartition, offset: int) -> None:
        """Read an assigned partition from `offset` on.

        Reads from the start if the log never got so far, as after its loss. Raises KeyError for a
        partition that is not assigned.
        """

    def lag(self) -> Mapping[TopicPartition, int]:
        """Return the number of records after this consumer's position, for each partition."""

    def close(self) -> None:
        """Leave the group; calls `on_revoked` for what was assigned."""


class Tail(Protocol):
    """Read what is new on all partitions of some topics, for somebody who looks on.

    It is a member of no group: it commits nothing, takes no partition from anybody, and holds no
    record back. What the log drops before it is read is missed.
    """

    def poll(self, timeout_s: float, max_records: int) -> Sequence[Record]:
        """Return the next records, each partition in order; empty after `timeout_s`.

        Raises Unavailable.
        """

    def skip(self) -> None:
        """Go on with what is published from now on. Raises Unavailable."""

    def lag(self) -> Mapping[TopicPartition, int]:
        """Return how far the log goes on after this reader's position, for each partition.

        Of a compacted topic fewer records may be left. Raises Unavailable.
        """

    def close(self) -> None:
        """Release connections."""


Partitions = Callable[[Sequence[TopicPartition]], None]


class Bus(Protocol):
    """Give out producers and readers, and keep the topics as declared."""

    def producer(self) -> Producer:
        """Return a new producer; idempotent, waits for all replicas."""

    def consumer(
        self,
        group: str,
        topics: Sequence[Topic],
        *,
        on_assigned: Partitions | None = None,
        on_revoked: Partitions | None = None,
        from_end: bool = False,
    ) -> Consumer:
        """Return a new member of `group`.

        Topics with equal counts are co-partitioned: a member owns the same partition numbers of
        each. Neighbours in a single topic go to different members. A group without commit starts at
        the beginning, or the end if asked.
        """

    def tail(self, topics: Mapping[Topic, int]) -> Tail:
        """Return a reader of what comes after now.

        The number of a topic says how many of the last records of each partition come first.
        Raises Unavailable, and TopicMismatch for a topic that is not there.
        """

    def backlog(self, group: str, topic: Topic) -> Mapping[int, int]:
        """Return for each partition the number of records that `group` has not committed.

        These are all records if it never committed.
        """

    def apply_topics(self, topics: Iterable[Topic]) -> Sequence[str]:
        """Create what is missing, bring settings in line; return a line for each change made."""

    def check_topics(self, topics: Iterable[Topic]) -> Sequence[str]:
        """Return a line for each difference between the declaration and the bus."""

    def close(self) -> None:
        """Release what the bus itself holds."""


def partition_for(key: str, count: int) -> int:
    """Return the partition of a key.

    It is the same on every bus, so that a replay lands where the original did.
    """
    return crc32(key.encode()) % count
