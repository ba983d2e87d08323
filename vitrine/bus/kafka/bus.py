"""The bus over a Kafka cluster."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from kafka import OffsetSpec
from kafka import TopicPartition as KafkaPartition
from kafka.errors import UnknownTopicOrPartitionError

from vitrine.bus.interface import Partitions
from vitrine.bus.kafka.cluster import Cluster, KafkaSecurity
from vitrine.bus.kafka.consumer import ClusterConsumer
from vitrine.bus.kafka.producer import ClusterProducer
from vitrine.bus.kafka.topics import (
    alter,
    create,
    describe,
    differences,
    missing,
    require,
)
from vitrine.topics import Topic


class KafkaBus:
    """A Kafka cluster, by comma-separated host:port. Connects on first use; threads may share it."""

    def __init__(self, servers: str, *, security: KafkaSecurity | None = None) -> None:
        self._cluster = Cluster(servers, security or KafkaSecurity())

    def producer(self) -> ClusterProducer:
        """A new producer. Raises Unavailable."""
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
        """A new member of `group`. Raises Unavailable, and TopicMismatch for a topic that is not there."""
        with self._cluster.admin() as admin:
            require(admin, [topic.name for topic in topics])
        return ClusterConsumer(
            self._cluster, group, topics, on_assigned, on_revoked, from_end
        )

    def backlog(self, group: str, topic: Topic) -> Mapping[int, int]:
        """Records of each partition that are there and not committed by `group`. Raises Unavailable."""
        sources = [
            KafkaPartition(topic.name, number) for number in range(topic.partitions)
        ]
        with self._cluster.admin() as admin:
            try:
                commits = admin.list_group_offsets({group: sources})[group]
                starts = admin.list_partition_offsets(
                    dict.fromkeys(sources, OffsetSpec.EARLIEST)
                )
                ends = admin.list_partition_offsets(
                    dict.fromkeys(sources, OffsetSpec.LATEST)
                )
            except UnknownTopicOrPartitionError:
                raise missing(topic.name) from None
        left = {
            source: max(commits[source].offset, starts[source].offset)
            for source in sources
        }
        return {
            source.partition: max(0, ends[source].offset - left[source])
            for source in sources
        }

    def apply_topics(self, topics: Iterable[Topic]) -> Sequence[str]:
        """Create missing topics, add partitions, alter settings; nothing is ever removed."""
        wanted = list(topics)
        changes = list[str]()
        with self._cluster.admin() as admin:
            found = describe(admin, [topic.name for topic in wanted])
            for topic in wanted:
                there = found.get(topic.name)
                changes += (
                    create(admin, topic)
                    if there is None
                    else alter(admin, topic, there)
                )
        return changes

    def check_topics(self, topics: Iterable[Topic]) -> Sequence[str]:
        """A line for each topic that is missing, and each setting or partition count that differs."""
        wanted = list(topics)
        with self._cluster.admin() as admin:
            found = describe(admin, [topic.name for topic in wanted])
        return [
            line
            for topic in wanted
            for line in differences(topic, found.get(topic.name))
        ]

    def close(self) -> None:
        """Close the connection that the bus itself holds."""
        self._cluster.close()
