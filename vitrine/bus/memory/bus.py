"""Offer the bus of one process."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from vitrine.bus.interface import Partitions, TopicPartition
from vitrine.bus.memory.consumer import MemoryConsumer
from vitrine.bus.memory.log import Log
from vitrine.bus.memory.producer import MemoryProducer
from vitrine.bus.memory.state import Group, State
from vitrine.bus.memory.tail import MemoryTail
from vitrine.topics import Topic


class MemoryBus:
    """Keep what some group still has to read, at most a topic's `memory_bytes` a partition.

    A full partition refuses new records (PublishFailed) until the slowest group has committed:
    nothing is dropped in silence, and memory stays bounded.
    """

    def __init__(self, topics: Iterable[Topic] = (), *, first_offset: int = 0) -> None:
        """Create the topics; the first record of each partition gets `first_offset`."""
        self._first_offset = first_offset
        self._state = State()
        self.apply_topics(topics)

    def producer(self) -> MemoryProducer:
        """Return a new producer."""
        return MemoryProducer(self._state)

    def consumer(
        self,
        group: str,
        topics: Sequence[Topic],
        *,
        on_assigned: Partitions | None = None,
        on_revoked: Partitions | None = None,
        from_end: bool = False,
    ) -> MemoryConsumer:
        """Return a new member of `group`; it takes part from its first poll on."""
        for topic in topics:
            self._state.require(topic.name)
        return MemoryConsumer(
            self._state,
            group,
            topics,
            on_assigned,
            on_revoked,
            from_end,
        )

    def tail(self, topics: Mapping[Topic, int]) -> MemoryTail:
        """Return a reader of what comes after now, and of the given numbers of last records."""
        return MemoryTail(self._state, topics)

    def backlog(self, group: str, topic: Topic) -> Mapping[int, int]:
        """Return for each partition the number of records that `group` has not committed."""
        state = self._state
        left: dict[int, int] = {}
        with state.lock:
            readers = state.groups.get(group, Group())
            count = state.require(topic.name).partitions
            for number in range(count):
                source = TopicPartition(topic.name, number)
                log = state.logs[source]
                committed = readers.committed_offset(source, default=log.start)
                left[number] = log.end - committed
        return left

    def apply_topics(self, topics: Iterable[Topic]) -> Sequence[str]:
        """Create missing topics; partitions only ever grow. Return a line for each change."""
        state = self._state
        changes = []
        with state.lock:
            for topic in topics:
                found = state.topics.get(topic.name)
                if found == topic:
                    continue
                change = "created" if found is None else "changed"
                changes.append(f"{topic.name}: {change}")
                state.topics[topic.name] = topic
                for number in range(topic.partitions):
                    source = TopicPartition(topic.name, number)
                    log = Log(start=self._first_offset)
                    state.logs.setdefault(source, log)
            state.reshare()
        return changes

    def check_topics(self, topics: Iterable[Topic]) -> Sequence[str]:
        """Return a line for each topic that is missing or declared otherwise."""
        lines = []
        for topic in topics:
            found = self._state.topics.get(topic.name)
            if found is None:
                lines.append(f"{topic.name}: missing")
            elif found != topic:
                lines.append(f"{topic.name}: declared otherwise")
        return lines

    def held_bytes(self) -> Mapping[str, int]:
        """Return the bytes of the records that are held, by topic."""
        with self._state.lock:
            sizes = dict.fromkeys(self._state.topics, 0)
            for source, log in self._state.logs.items():
                sizes[source.topic] += log.size_bytes
        return sizes

    def close(self) -> None:
        """Forget everything."""
        self._state.clear()
