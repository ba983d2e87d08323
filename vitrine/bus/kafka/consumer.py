"""Reading from Kafka as a member of a group, with manual commits."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack, suppress
from typing import Any

from kafka import ConsumerRebalanceListener, KafkaConsumer, OffsetAndMetadata
from kafka import TopicPartition as KafkaPartition
from kafka import errors as kafka_errors
from kafka.coordinator.assignors.range import RangePartitionAssignor
from kafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from kafka.errors import KafkaError

from vitrine.bus.interface import Commit, Partitions, Record, TopicPartition
from vitrine.bus.kafka.cluster import ANSWER_LIMIT_MS, Cluster
from vitrine.errors import Unavailable
from vitrine.topics import Topic

logger = logging.getLogger(__name__)

CLOSE_LIMIT_MS = 2_000
SESSION_MS = 8_000
HEARTBEAT_MS = 2_000
"""A killed member's partitions move after the session and one heartbeat of the others: 10 s."""
LARGEST_PAUSE_MS = 120_000
"""A member that does not poll for so long (a hanging handler) loses its partitions."""
JOIN_WAIT_MS = 1_000
"""How much longer a poll takes while the group changes."""
JOIN_LIMIT_S = 15.0
QUIET_S = 5.0
"""After so long without records, a poll asks the broker whether it is still there."""

_MOVED_ON = (
    kafka_errors.CommitFailedError,
    kafka_errors.IllegalGenerationError,
    kafka_errors.RebalanceInProgressError,
    kafka_errors.UnknownMemberIdError,
)


class _Moves(ConsumerRebalanceListener):  # type: ignore[misc]
    """Notes in the library's thread what moved, for the consumer to tell in its own."""

    def __init__(self) -> None:
        self.noted: list[tuple[bool, list[TopicPartition]]] = []

    def on_partitions_assigned(self, assigned: Iterable[Any]) -> None:
        self.noted.append(
            (True, sorted(TopicPartition(*source) for source in assigned))
        )

    def on_partitions_revoked(self, revoked: Iterable[Any]) -> None:
        self.noted.append(
            (False, sorted(TopicPartition(*source) for source in revoked))
        )


class ClusterConsumer:
    """A member of a group. Whenever the group changes, it gives up all partitions and gets its share anew."""

    def __init__(
        self,
        cluster: Cluster,
        group: str,
        topics: Sequence[Topic],
        on_assigned: Partitions | None,
        on_revoked: Partitions | None,
        from_end: bool,
    ) -> None:
        self._cluster = cluster
        self._group = group
        self._on_assigned = on_assigned
        self._on_revoked = on_revoked
        self._assigned: set[TopicPartition] = set()
        self.joined = False
        """Whether the group has given this member its share of the partitions, which may be none."""
        self._heard_at = time.monotonic()
        self._moves = _Moves()
        # Few cameras spread when neighbours are kept apart; of several topics, equal numbers stay together.
        assignor = (
            RoundRobinPartitionAssignor if len(topics) == 1 else RangePartitionAssignor
        )
        self._client = cluster.open(
            KafkaConsumer,
            group_id=group,
            enable_auto_commit=False,
            auto_offset_reset="latest" if from_end else "earliest",
            partition_assignment_strategy=(assignor,),
            session_timeout_ms=SESSION_MS,
            heartbeat_interval_ms=HEARTBEAT_MS,
            max_poll_interval_ms=LARGEST_PAUSE_MS,
            request_timeout_ms=ANSWER_LIMIT_MS,
            fetch_max_wait_ms=200,
            max_partition_fetch_bytes=max(topic.max_message_bytes for topic in topics),
            fetch_max_bytes=4 * max(topic.max_message_bytes for topic in topics),
            allow_auto_create_topics=False,
            metrics_enabled=False,
        )
        with ExitStack() as undo, cluster.errors():
            undo.callback(self._client.close)
            self._client.subscribe(
                [topic.name for topic in topics], listener=self._moves
            )
            for (
                topic
            ) in topics:  # else the first join may find no partitions to share out
                self._client.partitions_for_topic(topic.name)
            undo.pop_all()

    def poll(self, timeout_s: float, max_records: int) -> Sequence[Record]:
        """Next records, each partition in order. Raises Unavailable."""
        found = self._poll(round(timeout_s * 1000), max_records)
        if not found and not self.joined:
            # The client forgets a join that completes between two polls and joins again: leave few gaps.
            found = self._poll(JOIN_WAIT_MS, max_records)
        if found:
            self._heard_at = time.monotonic()
        else:
            self._check_broker()
        return [_record(record) for records in found.values() for record in records]

    def _poll(self, timeout_ms: int, max_records: int) -> dict[Any, list[Any]]:
        with self._cluster.errors():
            found: dict[Any, list[Any]] = self._client.poll(
                timeout_ms=timeout_ms, max_records=max_records
            )
        self._tell_moves()
        return found

    def _tell_moves(self) -> None:
        """The library changes partitions before it fetches, so moves come before the records of a poll."""
        while self._moves.noted:
            self._heard_at = time.monotonic()
            assigned, sources = self._moves.noted.pop(0)
            self.joined = assigned
            self._assigned = set(sources) if assigned else set()
            callback = self._on_assigned if assigned else self._on_revoked
            if sources and callback:
                callback(sources)

    def _check_broker(self) -> None:
        """The library waits in silence for a broker that went away; ask it now and then."""
        quiet_s = time.monotonic() - self._heard_at
        if not self.joined and quiet_s > JOIN_LIMIT_S:
            raise Unavailable(
                f"Kafka at {self._cluster.servers} has not let {self._group} join for {quiet_s:.0f} s"
            )
        if self._assigned and quiet_s > QUIET_S:
            with self._cluster.errors():
                self._client.end_offsets(
                    [in_kafka(min(self._assigned))], ANSWER_LIMIT_MS
                )
            self._heard_at = time.monotonic()

    def commit(self, commits: Mapping[TopicPartition, Commit]) -> None:
        """Store where the group goes on; partitions that moved away are ignored. Raises Unavailable."""
        owned = {
            in_kafka(source): OffsetAndMetadata(commit.offset, commit.note, -1)
            for source, commit in commits.items()
            if source in self._assigned
        }
        if not owned:
            return
        with self._cluster.errors():
            try:
                self._client.commit(owned, timeout_ms=ANSWER_LIMIT_MS)
            except _MOVED_ON:
                logger.info(
                    "%s: the group changes, %d commits are dropped",
                    self._group,
                    len(owned),
                )

    def committed(self, source: TopicPartition) -> Commit | None:
        """What the group last committed. Raises Unavailable."""
        with self._cluster.errors():
            found = self._client.committed(
                in_kafka(source), metadata=True, timeout_ms=ANSWER_LIMIT_MS
            )
        return None if found is None else Commit(found.offset, found.metadata or "")

    def seek(self, source: TopicPartition, offset: int) -> None:
        """Read an assigned partition from `offset` on; from the start if the log never got so far."""
        if source not in self._assigned:
            raise KeyError(f"{source} is not assigned to this consumer")
        self._client.seek(in_kafka(source), offset)

    def lag(self) -> Mapping[TopicPartition, int]:
        """Records after this consumer's position. Raises Unavailable."""
        sources = {source: in_kafka(source) for source in self._assigned}
        if not sources:
            return {}
        with self._cluster.errors():
            ends = self._client.end_offsets(list(sources.values()), ANSWER_LIMIT_MS)
            places = {
                s: self._client.position(s, timeout_ms=ANSWER_LIMIT_MS)
                for s in sources.values()
            }
        return {
            s: max(0, ends[there] - (places[there] or 0))
            for s, there in sources.items()
        }

    def close(self) -> None:
        """Leave the group; calls `on_revoked` for what was assigned."""
        gone = sorted(self._assigned)
        self._assigned = set()
        try:
            if gone and self._on_revoked:
                self._on_revoked(gone)
        finally:
            with suppress(
                KafkaError
            ):  # a broker that is away learns it from the missing heartbeats
                self._client.close(autocommit=False, timeout_ms=CLOSE_LIMIT_MS)


def in_kafka(source: TopicPartition) -> Any:
    """The client library's type for it."""
    return KafkaPartition(source.topic, source.partition)


def _record(record: Any) -> Record:
    return Record(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        key=(record.key or b"").decode(errors="replace"),
        value=record.value or b"",
        headers={name: value or b"" for name, value in record.headers},
        appended_at_ns=record.timestamp * 1_000_000,
    )
