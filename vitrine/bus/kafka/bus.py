"""Offer the bus over a Kafka cluster."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kafka import OffsetSpec
from kafka import TopicPartition as KafkaPartition
from kafka.errors import UnknownTopicOrPartitionError

from vitrine.bus.interface import Partitions
from vitrine.bus.kafka import rights as rules
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
from vitrine.rights import BusRight
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

    def apply_rights(self, rights: Iterable[BusRight]) -> Sequence[str]:
        """Give the users named in `rights` these and take all others; leave other users alone.

        Return a line for each change. Raises Unavailable, and ConfigurationError for a cluster
        that asks nobody for rights.
        """
        wanted = list(rights)
        with self._cluster.admin() as admin:
            absent, surplus = _compared(admin, wanted)
            rules.create(admin, absent)
            rules.delete(admin, surplus)
        given = [f"{rules.in_words(rule)}: given" for rule in absent]
        taken = [f"{rules.in_words(rule)}: taken" for rule in surplus]
        return given + taken

    def check_rights(self, rights: Iterable[BusRight]) -> Sequence[str]:
        """Return a line for each right that is missing or too much. Raises as `apply_rights`."""
        with self._cluster.admin() as admin:
            absent, surplus = _compared(admin, list(rights))
        lines = [f"{rules.in_words(rule)}: missing" for rule in absent]
        return lines + [f"{rules.in_words(rule)}: not declared" for rule in surplus]

    def close(self) -> None:
        """Close the connection that the bus itself holds."""
        self._cluster.close()


def _compared(
    admin: Any,
    wanted: Sequence[BusRight],
) -> tuple[list[Any], list[Any]]:
    """Return the rules that the cluster lacks, and those of the same users that are too many."""
    users = {right.user for right in wanted}
    declared = {rules.rule_of(right) for right in wanted}
    found = rules.found_rules(admin, users)
    absent = sorted(declared - found, key=rules.in_words)
    surplus = sorted(found - declared, key=rules.in_words)
    return absent, surplus


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
