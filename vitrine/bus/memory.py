"""The bus of one process: partitions, groups, bounded retention, and bytes on the wire as on Kafka."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Condition, RLock

from vitrine.bus.interface import (
    Commit,
    Message,
    Partitions,
    PublishFailed,
    Record,
    TopicMismatch,
    TopicPartition,
    partition_for,
)
from vitrine.topics import Topic

READ_BYTES = 1_000_000
"""So much of what all groups have read may stay in a partition."""


@dataclass(slots=True)
class _Log:
    """One partition: the records still held, oldest first, and where they begin."""

    records: deque[Record] = field(default_factory=deque)
    start: int = 0
    size: int = 0

    @property
    def end(self) -> int:
        return self.start + len(self.records)


@dataclass(slots=True)
class _Group:
    members: list[MemoryConsumer] = field(default_factory=list)
    commits: dict[TopicPartition, Commit] = field(default_factory=dict)
    topics: set[str] = field(default_factory=set)


class MemoryBus:
    """Keeps what some group still has to read, at most a topic's `memory_bytes` a partition, and little more.

    A full partition refuses new records (PublishFailed) until the slowest group has committed: nothing is
    dropped in silence, and memory stays bounded.
    """

    def __init__(self, topics: Iterable[Topic] = ()) -> None:
        self._topics: dict[str, Topic] = {}
        self._logs: dict[TopicPartition, _Log] = {}
        self._groups: dict[str, _Group] = {}
        self._lock = RLock()
        self._generation = 0
        """Counts the changes of members and topics: between two of them nothing moves."""
        self.apply_topics(topics)

    def producer(self) -> MemoryProducer:
        """A new producer."""
        return MemoryProducer(self)

    def consumer(
        self,
        group: str,
        topics: Sequence[Topic],
        *,
        on_assigned: Partitions | None = None,
        on_revoked: Partitions | None = None,
        from_end: bool = False,
    ) -> MemoryConsumer:
        """A new member of `group`; it takes part from its first poll on."""
        for topic in topics:
            self._require(topic.name)
        with self._lock:
            state = self._groups.setdefault(group, _Group())
            state.topics.update(topic.name for topic in topics)
            member = MemoryConsumer(
                self, group, tuple(topics), on_assigned, on_revoked, from_end
            )
            state.members.append(member)
            self._reshare()
        return member

    def backlog(self, group: str, topic: Topic) -> Mapping[int, int]:
        """Records of each partition that `group` has not committed."""
        with self._lock:
            commits = self._groups[group].commits if group in self._groups else {}
            count = self._require(topic.name).partitions
            sources = (TopicPartition(topic.name, number) for number in range(count))
            return {
                s.partition: self._logs[s].end
                - commits.get(s, Commit(self._logs[s].start)).offset
                for s in sources
            }

    def apply_topics(self, topics: Iterable[Topic]) -> Sequence[str]:
        """Create missing topics; partitions only ever grow."""
        changes = []
        with self._lock:
            for topic in topics:
                if self._topics.get(topic.name) == topic:
                    continue
                changes.append(
                    f"{topic.name}: {'changed' if topic.name in self._topics else 'created'}"
                )
                self._topics[topic.name] = topic
                for number in range(topic.partitions):
                    self._logs.setdefault(TopicPartition(topic.name, number), _Log())
            self._reshare()
        return changes

    def check_topics(self, topics: Iterable[Topic]) -> Sequence[str]:
        """A line for each topic that is missing or declared otherwise."""
        found = [(topic, self._topics.get(topic.name)) for topic in topics]
        return [
            f"{topic.name}: {'missing' if there is None else 'declared otherwise'}"
            for topic, there in found
            if there != topic
        ]

    def held_bytes(self) -> Mapping[str, int]:
        """Bytes of the records that are held, by topic."""
        with self._lock:
            sizes = dict.fromkeys(self._topics, 0)
            for source, log in self._logs.items():
                sizes[source.topic] += log.size
            return sizes

    def close(self) -> None:
        """Forget everything."""
        with self._lock:
            self._logs.clear()
            self._groups.clear()

    def _require(self, name: str) -> Topic:
        if name not in self._topics:
            raise TopicMismatch(
                f"topic {name!r} does not exist; create it with `vitrine topics apply`"
            )
        return self._topics[name]

    def append(self, message: Message) -> None:
        """Store one message. Raises PublishFailed when its partition is full of unread records."""
        topic = self._require(message.topic)
        size = len(message.value)
        if size > topic.max_message_bytes:
            raise PublishFailed(
                f"{topic.name}: {size} bytes are more than {topic.max_message_bytes}"
            )
        number = message.partition
        if number is None:
            number = partition_for(message.key, topic.partitions)
        source = TopicPartition(topic.name, number)
        with self._lock:
            if source not in self._logs:
                raise PublishFailed(f"{topic.name} has no partition {number}")
            log = self._logs[source]
            full = log.size + size > topic.memory_bytes
            if full or log.size > READ_BYTES:
                self._trim(source, log, unread=full)
            if log.size + size > topic.memory_bytes:
                raise PublishFailed(
                    f"{source}: full of records that a group has not read"
                )
            record = Record(
                topic.name,
                number,
                log.end,
                message.key,
                message.value,
                dict(message.headers),
                time.time_ns(),
            )
            log.records.append(record)
            log.size += size
            self._wake(topic.name)

    def _wake(self, topic: str | None = None) -> None:
        """Wake who waits for records of a topic, or everybody."""
        for group in self._groups.values():
            if topic is None or topic in group.topics:
                for member in group.members:
                    member.news.notify()

    def _reshare(self) -> None:
        """Members, topics or held partitions have changed."""
        self._generation += 1
        self._wake()

    def _trim(self, source: TopicPartition, log: _Log, *, unread: bool) -> None:
        """Drop what every group that reads the topic has committed; without a group, all if `unread`."""
        readers = [
            group for group in self._groups.values() if source.topic in group.topics
        ]
        commits = [
            group.commits.get(source, Commit(log.start)).offset for group in readers
        ]
        done = min(commits, default=log.end if unread else log.start)
        while log.records and log.start < done:
            log.size -= len(log.records.popleft().value)
            log.start += 1


class MemoryProducer:
    """Appends at once; `flush` reports what was refused."""

    def __init__(self, bus: MemoryBus) -> None:
        self._bus = bus
        self._refused: list[str] = []

    def send(self, message: Message) -> None:
        """Append, or remember the refusal for `flush`."""
        try:
            self._bus.append(message)
        except PublishFailed as error:
            self._refused.append(str(error))

    def flush(self, timeout_s: float = 30.0) -> None:  # noqa: ARG002 - part of the interface
        """Raises PublishFailed if any message since the last flush was refused."""
        refused = self._refused
        self._refused = []
        if refused:
            raise PublishFailed(f"{len(refused)} messages refused: {refused[0]}")

    def close(self) -> None:
        """Nothing is held."""


class MemoryConsumer:
    """A member of a group; partitions are dealt out in turn, the same numbers of each topic together."""

    def __init__(
        self,
        bus: MemoryBus,
        group: str,
        topics: Sequence[Topic],
        on_assigned: Partitions | None,
        on_revoked: Partitions | None,
        from_end: bool,
    ) -> None:
        self._bus = bus
        self._group = group
        self._topics = topics
        self._from_end = from_end
        self._on_assigned = on_assigned
        self._on_revoked = on_revoked
        self._positions: dict[TopicPartition, int] = {}
        self._sources: list[TopicPartition] = []
        self._next = 0
        self._settled = -1
        """The generation in which this member holds its whole share."""
        self.news = Condition(bus._lock)

    @property
    def joined(self) -> bool:
        """Whether it has its share: from its first poll on."""
        return self._settled >= 0

    def poll(self, timeout_s: float, max_records: int) -> Sequence[Record]:
        """Next records, partitions in turn."""
        deadline = time.monotonic() + timeout_s
        while True:
            self._follow_assignment()
            with self.news:
                records = self._take(max_records)
                left = deadline - time.monotonic()
                if records or left <= 0:
                    return records
                self.news.wait(left)

    def _share(self) -> set[TopicPartition]:
        members = self._bus._groups[self._group].members
        share = set()
        for topic in self._topics:
            readers = [m for m in members if topic in m._topics]
            numbers = range(
                readers.index(self),
                self._bus._topics[topic.name].partitions,
                len(readers),
            )
            share |= {TopicPartition(topic.name, number) for number in numbers}
        return share

    def _follow_assignment(self) -> None:
        with self._bus._lock:
            generation = self._bus._generation
            if self._settled == generation:
                return
            share = self._share()
            # A partition moves only after its owner has let go of it.
            held = {
                source
                for member in self._bus._groups[self._group].members
                if member is not self
                for source in member._positions
            }
            gone = sorted(self._positions.keys() - share)
            new = sorted(share - self._positions.keys() - held)
        if gone and self._on_revoked:
            self._on_revoked(gone)
        with self._bus._lock:
            for source in gone:
                del self._positions[source]
            commits = self._bus._groups[self._group].commits
            for source in new:
                log = self._bus._logs[source]
                default = log.end if self._from_end else log.start
                self._positions[source] = commits.get(source, Commit(default)).offset
            self._sources = sorted(self._positions)
            self._settled = generation
            if gone:
                self._bus._reshare()
        if new and self._on_assigned:
            self._on_assigned(new)

    def _take(self, max_records: int) -> list[Record]:
        taken: list[Record] = []
        for turn in range(len(self._sources)):
            source = self._sources[(self._next + turn) % len(self._sources)]
            log = self._bus._logs[source]
            position = self._positions[source]
            if position >= log.end:
                continue
            first = max(position, log.start) - log.start
            room = max_records - len(taken)
            found = [
                log.records[i]
                for i in range(first, min(first + room, len(log.records)))
            ]
            if found:
                taken += found
                self._positions[source] = found[-1].offset + 1
        self._next += 1
        return taken

    def commit(self, commits: Mapping[TopicPartition, Commit]) -> None:
        """Store where the group goes on; partitions no longer owned are ignored."""
        with self._bus._lock:
            owned = {s: c for s, c in commits.items() if s in self._positions}
            self._bus._groups[self._group].commits.update(owned)

    def committed(self, source: TopicPartition) -> Commit | None:
        """What the group last committed."""
        with self._bus._lock:
            return self._bus._groups[self._group].commits.get(source)

    def seek(self, source: TopicPartition, offset: int) -> None:
        """Read an assigned partition from `offset` on; from the start if the log never got so far."""
        with self._bus._lock:
            if source not in self._positions:
                raise KeyError(f"{source} is not assigned to this consumer")
            log = self._bus._logs[source]
            self._positions[source] = offset if offset <= log.end else log.start

    def lag(self) -> Mapping[TopicPartition, int]:
        """Records after this consumer's position."""
        with self._bus._lock:
            return {
                s: max(0, self._bus._logs[s].end - at)
                for s, at in self._positions.items()
            }

    def close(self) -> None:
        """Leave the group."""
        with self._bus._lock:
            members = self._bus._groups.get(self._group, _Group()).members
            present = self in members
        if present and self._positions and self._on_revoked:
            self._on_revoked(sorted(self._positions))
        with self._bus._lock:
            if present:
                members.remove(self)
            self._positions.clear()
            self._sources = []
            self._bus._reshare()
