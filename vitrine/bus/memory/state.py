"""Keep what the bus in memory and all its producers and consumers share."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Condition, RLock

from vitrine.bus.interface import (
    Commit,
    Message,
    PublishFailed,
    Record,
    TopicMismatch,
    TopicPartition,
    partition_for,
)
from vitrine.bus.memory.log import Log
from vitrine.topics import Topic

# So much of what all groups have read may stay in a partition before it is dropped. Chosen, not
# measured: it saves looking at every group for each message, and is small beside what
# `Topic.memory_bytes` allows.
READ_BYTES = 1_000_000


@dataclass(eq=False, slots=True)
class Member:
    """Hold a group member's place: which topics it reads, and how far in its partitions.

    Members are compared by identity.
    """

    topics: tuple[Topic, ...]
    positions: dict[TopicPartition, int]
    """Offset of the next record to read, for each partition that the member holds."""
    news: Condition
    """Notified when there may be something to read or to share out."""

    def reads(self, topic_name: str) -> bool:
        """Tell whether it reads a topic."""
        return any(topic.name == topic_name for topic in self.topics)


@dataclass(slots=True)
class Group:
    """Hold the members of a group, where they have got to, and which topics they read."""

    members: list[Member] = field(default_factory=list)
    commits: dict[TopicPartition, Commit] = field(default_factory=dict)
    topics: set[str] = field(default_factory=set)

    def committed_offset(self, source: TopicPartition, default: int) -> int:
        """Return where the group goes on reading; `default` if it never committed."""
        commit = self.commits.get(source)
        if commit is None:
            return default
        return commit.offset

    def held_by_others(self, member: Member) -> set[TopicPartition]:
        """Return the partitions that the other members have not let go of."""
        held: set[TopicPartition] = set()
        for other in self.members:
            if other is not member:
                held.update(other.positions)
        return held

    def has(self, member: Member) -> bool:
        """Tell whether the member has not left, and the bus not been closed."""
        return member in self.members

    def leave(self, member: Member) -> None:
        """Forget a member, if it is there."""
        if member in self.members:
            self.members.remove(member)


class State:
    """Hold topics, partitions and groups. Whoever reads or changes them holds `lock`."""

    def __init__(self) -> None:
        self.topics: dict[str, Topic] = {}
        self.logs: dict[TopicPartition, Log] = {}
        self.groups: dict[str, Group] = {}
        self.tails: list[Member] = []
        """Readers of no group: records are not kept for them."""
        self.lock = RLock()
        self.generation = 0
        """Number of changes of members and topics so far: between two of them nothing moves."""

    def require(self, name: str) -> Topic:
        """Return a topic. Raises TopicMismatch when it does not exist."""
        if name not in self.topics:
            raise TopicMismatch(
                f"topic {name!r} does not exist; create it with `vitrine topics apply`"
            )
        return self.topics[name]

    def append(self, message: Message) -> None:
        """Store one message.

        Raises PublishFailed when it is too large, its partition does not exist, or that is full of
        unread records.
        """
        topic = self.require(message.topic)
        size = len(message.value)
        if size > topic.max_message_bytes:
            raise PublishFailed(
                f"{topic.name}: {size} bytes are more than {topic.max_message_bytes}"
            )
        number = message.partition
        if number is None:
            number = partition_for(message.key, topic.partitions)
        source = TopicPartition(topic.name, number)
        with self.lock:
            if source not in self.logs:
                raise PublishFailed(f"{topic.name} has no partition {number}")
            log = self.logs[source]
            self._make_room(topic, source, log, size)
            record = Record(
                topic=topic.name,
                partition=number,
                offset=log.end,
                key=message.key,
                value=message.value,
                headers=dict(message.headers),
                appended_at_ns=time.time_ns(),
            )
            log.append(record)
            self.wake(topic.name)

    def _make_room(
        self, topic: Topic, source: TopicPartition, log: Log, size: int
    ) -> None:
        """Drop what is read. Raises PublishFailed if `size` bytes more do not fit even then."""
        full = log.size_bytes + size > topic.memory_bytes
        if full or log.size_bytes > READ_BYTES:
            read = self._read_by_all(source, log, unread_counts=full)
            log.trim(before=read)
        if log.size_bytes + size > topic.memory_bytes:
            raise PublishFailed(f"{source}: full of records that a group has not read")

    def _read_by_all(
        self, source: TopicPartition, log: Log, *, unread_counts: bool
    ) -> int:
        """Return the offset up to which every group that reads the topic has committed.

        A topic that no group reads counts as unread, or as read if `unread_counts`: then the oldest
        records make room, as on a broker.
        """
        offsets = []
        for group in self.groups.values():
            if source.topic in group.topics:
                offset = group.committed_offset(source, default=log.start)
                offsets.append(offset)
        if offsets:
            return min(offsets)
        return log.end if unread_counts else log.start

    def wake(self, topic: str | None = None) -> None:
        """Wake the members that wait for records of a topic, or all members."""
        for group in self.groups.values():
            if topic is not None and topic not in group.topics:
                continue
            for member in group.members:
                member.news.notify()
        for tail in self.tails:
            if topic is None or tail.reads(topic):
                tail.news.notify()

    def read_in_turn(
        self,
        positions: dict[TopicPartition, int],
        sources: Sequence[TopicPartition],
        first: int,
        max_records: int,
    ) -> list[Record]:
        """Return the next records of `sources`, the keys of `positions`, which it moves on.

        Begins with source number `first`, counted round: with another one at each call, none
        starves.
        """
        taken: list[Record] = []
        count = len(sources)
        for turn in range(first, first + count):
            source = sources[turn % count]
            log = self.logs.get(source)
            position = positions[source]
            # A bus that was closed has no logs.
            if log is None or position >= log.end:
                continue
            found = log.read(position, limit=max_records - len(taken))
            if found:
                taken += found
                positions[source] = found[-1].offset + 1
        return taken

    def reshare(self) -> None:
        """Begin a new generation: members, topics or held partitions have changed."""
        self.generation += 1
        self.wake()

    def join(self, name: str, member: Member) -> Group:
        """Add a member to a group, which is made if it is not there."""
        with self.lock:
            group = self.groups.setdefault(name, Group())
            for topic in member.topics:
                group.topics.add(topic.name)
            group.members.append(member)
            self.reshare()
        return group

    def share(self, group: Group, member: Member) -> set[TopicPartition]:
        """Return the partitions that a member is to hold.

        Partitions are dealt out in turn, the same numbers of each topic together.
        """
        share: set[TopicPartition] = set()
        for topic in member.topics:
            readers = [other for other in group.members if topic in other.topics]
            first = readers.index(member)
            count = self.topics[topic.name].partitions
            for number in range(first, count, len(readers)):
                source = TopicPartition(topic.name, number)
                share.add(source)
        return share

    def clear(self) -> None:
        """Forget all records and groups; members that are left find themselves outside."""
        with self.lock:
            for group in self.groups.values():
                group.members.clear()
            self.groups.clear()
            self.logs.clear()
