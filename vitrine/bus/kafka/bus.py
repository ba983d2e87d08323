"""Offer the bus over a Kafka cluster."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kafka import OffsetSpec
from kafka import TopicPartition as KafkaPartition
from kafka.errors import UnknownTopicOrPartitionError

from vitrine.bus.interface import Partitions
from vitrine.bus.kafka.cluster import Cluster, KafkaSecurity
from vitrine.bus.kafka.consumer import ClusterConsumer
from vitrine.bus.kafka.producer import ClusterProducer
from vitrine.bus.kafka.tail import ClusterTail
from vitrine.bus.kafka.topics import (
    alter,
    create,
    describe,
    differences,
    missing,
    require_for_reading,
)
from vitrine.topics import Topic


class KafkaBus:
    """Reach a Kafka cluster, named by comma-separated host:port.

    Connects on first use; threads may share it.
    """

    def __init__(self, servers: str, *, security: KafkaSecurity | None = None) -> None:
        self._cluster = Cluster(servers, security or KafkaSecurity())

    def producer(self) -> ClusterProducer:
        """Return a new producer. Raises Unavailable."""
        return ClusterProducer(self._cluster)

    def consumer(
        self,
        group: str,
        topics: Sequence[Topic],
        *,
        on_assigned: Partitions | None = None,
        on_revoked: Partitions | None = None,
        from_end: bool = False,
    ) -> ClusterConsumer:
        """Return a new member of `group`.

        Raises Unavailable, and TopicMismatch for a topic that is not there, or not as it has to be.
        """
        with self._cluster.admin() as admin:
            require_for_reading(admin, [topic.name for topic in topics])
        return ClusterConsumer(
            self._cluster,
            group,
            topics,
            on_assigned,
            on_revoked,
            from_end,
        )

    def tail(self, topics: Mapping[Topic, int]) -> ClusterTail:
        """Return a reader of what comes after now, and of the given numbers of last records.

        Raises Unavailable, and TopicMismatch for a topic that is not there, or not as it has to be.
        """
        with self._cluster.admin() as admin:
            require_for_reading(admin, [topic.name for topic in topics])
        return ClusterTail(self._cluster, topics)

    def backlog(self, group: str, topic: Topic) -> Mapping[int, int]:
        """Return for each partition the records that `group` has not committed.

        Raises Unavailable, and TopicMismatch for a topic that is not there.
        """
        numbers = range(topic.partitions)
        sources = [KafkaPartition(topic.name, number) for number in numbers]
        with self._cluster.admin() as admin:
            try:
                commits = admin.list_group_offsets({group: sources})[group]
                starts = _offsets(admin, sources, OffsetSpec.EARLIEST)
                ends = _offsets(admin, sources, OffsetSpec.LATEST)
            except UnknownTopicOrPartitionError:
                raise missing(topic.name) from None
        left: dict[int, int] = {}
        for source in sources:
            # Without a commit the offset is -1; after a deletion it may lie before the start.
            done = max(commits[source].offset, starts[source])
            left[source.partition] = max(0, ends[source] - done)
        return left

    def apply_topics(self, topics: Iterable[Topic]) -> Sequence[str]:
        """Create missing topics, add partitions, alter settings; nothing is ever removed.

        Return a line for each change. Raises Unavailable.
        """
        wanted = list(topics)
        changes: list[str] = []
        with self._cluster.admin() as admin:
            found = describe(admin, [topic.name for topic in wanted])
            for topic in wanted:
                there = found.get(topic.name)
                if there is None:
                    changes += create(admin, topic)
                else:
                    changes += alter(admin, topic, there)
        return changes

    def check_topics(self, topics: Iterable[Topic]) -> Sequence[str]:
        """Return a line for each topic, setting or partition count that differs.

        Raises Unavailable.
        """
        wanted = list(topics)
        with self._cluster.admin() as admin:
            found = describe(admin, [topic.name for topic in wanted])
        lines: list[str] = []
        for topic in wanted:
            lines += differences(topic, found.get(topic.name))
        return lines

    def close(self) -> None:
        """Close the connection that the bus itself holds."""
        self._cluster.close()


def _offsets(
    admin: Any,
    sources: Sequence[KafkaPartition],
    which: OffsetSpec,
) -> dict[KafkaPartition, int]:
    """Return the earliest or the latest offset of each partition."""
    found = admin.list_partition_offsets(dict.fromkeys(sources, which))
    offsets: dict[KafkaPartition, int] = {}
    for source in sources:
        offsets[source] = found[source].offset
    return offsets
