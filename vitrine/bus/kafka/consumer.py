"""Read from Kafka as a member of a group, with manual commits."""

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

# How long leaving the group may take; afterwards the broker learns it from missing heartbeats.
CLOSE_LIMIT_MS = 2_000
# A member without a heartbeat for so long is taken for dead. Chosen so that a killed member's
# partitions move after 10 s: this and one heartbeat of the others.
SESSION_MS = 8_000
# A quarter of the session, so that three lost heartbeats do not move partitions.
HEARTBEAT_MS = 2_000
# A member that does not poll for so long (a hanging handler) loses its partitions. Chosen: far
# longer than any batch, and short enough for another worker to take over.
LARGEST_PAUSE_MS = 120_000
# How much longer a poll takes while the group changes.
JOIN_WAIT_MS = 1_000
# A group that lets nobody join for so long is unavailable. Chosen above SESSION_MS: until a dead
# member is noticed, a change of the group cannot end.
JOIN_LIMIT_S = 15.0
# After so long without records, a poll asks the broker whether it is still there.
QUIET_S = 5.0
# Says in Kafka's protocol that a commit carries no leader epoch.
NO_EPOCH = -1
# How long the broker may hold back an answer while there is nothing new. New records end the
# wait, so this adds no delay; a shorter one costs requests while nothing happens.
FETCH_WAIT_MS = 200
MILLISECOND_NS = 1_000_000
# So many of the largest messages fit into one answer: chosen, so that memory stays bounded.
FETCH_MESSAGES = 4

# Answers to a commit that came too late: the group has given the partitions to somebody else.
_MOVED_ON = (
    kafka_errors.CommitFailedError,
    kafka_errors.IllegalGenerationError,
    kafka_errors.RebalanceInProgressError,
    kafka_errors.UnknownMemberIdError,
)


class _Moves(ConsumerRebalanceListener):  # type: ignore[misc]
    """Note in the library's thread what moved, for the consumer to tell in its own."""

    def __init__(self) -> None:
        self.noted: list[tuple[bool, list[TopicPartition]]] = []

    def on_partitions_assigned(self, assigned: Iterable[Any]) -> None:
        self.noted.append((True, _sources(assigned)))

    def on_partitions_revoked(self, revoked: Iterable[Any]) -> None:
        self.noted.append((False, _sources(revoked)))


class ClusterConsumer:
    """Read as a member of a group.

    Whenever the group changes, the member gives up all partitions and gets its share anew.
    """

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
        """True once the group has given this member its share of partitions, which may be none."""
        self._heard_at = time.monotonic()
        self._moves = _Moves()
        self._client = self._connect(topics, from_end)
        self._subscribe(topics)

    def _connect(self, topics: Sequence[Topic], from_end: bool) -> Any:
        largest_bytes = max(topic.max_message_bytes for topic in topics)
        return self._cluster.open(
            KafkaConsumer,
            group_id=self._group,
            enable_auto_commit=False,
            auto_offset_reset="latest" if from_end else "earliest",
            partition_assignment_strategy=(_assignor(topics),),
            session_timeout_ms=SESSION_MS,
            heartbeat_interval_ms=HEARTBEAT_MS,
            max_poll_interval_ms=LARGEST_PAUSE_MS,
            request_timeout_ms=ANSWER_LIMIT_MS,
            fetch_max_wait_ms=FETCH_WAIT_MS,
            max_partition_fetch_bytes=largest_bytes,
            fetch_max_bytes=FETCH_MESSAGES * largest_bytes,
            allow_auto_create_topics=False,
            metrics_enabled=False,
        )

    def _subscribe(self, topics: Sequence[Topic]) -> None:
        """Join the group; close the client again if that fails."""
        names = [topic.name for topic in topics]
        with ExitStack() as undo, self._cluster.errors():
            undo.callback(self._client.close)
            self._client.subscribe(names, listener=self._moves)
            # Without this the first join may find no partitions to share out.
            for name in names:
                self._client.partitions_for_topic(name)
            undo.pop_all()

    def poll(self, timeout_s: float, max_records: int) -> Sequence[Record]:
        """Return the next records, each partition in order. Raises Unavailable."""
        timeout_ms = round(timeout_s * 1000)
        found = self._poll(timeout_ms, max_records)
        if not found and not self.joined:
            # The client forgets a join that completes between two polls and joins again: one longer
            # poll leaves fewer gaps.
            found = self._poll(JOIN_WAIT_MS, max_records)
        if found:
            self._heard_at = time.monotonic()
        else:
            self._check_broker()
        records: list[Record] = []
        for of_partition in found.values():
            records.extend(to_record(record) for record in of_partition)
        return records

    def _poll(self, timeout_ms: int, max_records: int) -> dict[Any, list[Any]]:
        with self._cluster.errors():
            found: dict[Any, list[Any]] = self._client.poll(
                timeout_ms=timeout_ms, max_records=max_records
            )
        self._tell_moves()
        return found

    def _tell_moves(self) -> None:
        """Tell the service which partitions came and went.

        The library changes partitions before it fetches: moves come before the records of a poll.
        """
        while self._moves.noted:
            self._heard_at = time.monotonic()
            assigned, sources = self._moves.noted.pop(0)
            self.joined = assigned
            self._assigned = set(sources) if assigned else set()
            callback = self._on_assigned if assigned else self._on_revoked
            if sources and callback:
                callback(sources)

    def _check_broker(self) -> None:
        """Raise Unavailable when the broker has gone away.

        The library waits for it in silence, so ask it now and then.
        """
        quiet_s = time.monotonic() - self._heard_at
        if not self.joined and quiet_s > JOIN_LIMIT_S:
            raise Unavailable(
                f"Kafka at {self._cluster.servers} has not let {self._group} join "
                f"for {quiet_s:.0f} s"
            )
        if self._assigned and quiet_s > QUIET_S:
            any_source = in_kafka(min(self._assigned))
            with self._cluster.errors():
                self._client.end_offsets([any_source], ANSWER_LIMIT_MS)
            self._heard_at = time.monotonic()

    def commit(self, commits: Mapping[TopicPartition, Commit]) -> None:
        """Store where the group goes on; partitions that moved away are ignored.

        Raises Unavailable.
        """
        owned = {}
        for source, commit in commits.items():
            if source in self._assigned:
                place = in_kafka(source)
                owned[place] = OffsetAndMetadata(commit.offset, commit.note, NO_EPOCH)
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
        """Return what the group last committed, or None. Raises Unavailable."""
        with self._cluster.errors():
            found = self._client.committed(
                in_kafka(source),
                metadata=True,
                timeout_ms=ANSWER_LIMIT_MS,
            )
        if found is None:
            return None
        return Commit(found.offset, note=found.metadata or "")

    def seek(self, source: TopicPartition, offset: int) -> None:
        """Read an assigned partition from `offset` on; from the start if the log never got so far.

        Raises KeyError for a partition that is not assigned.
        """
        if source not in self._assigned:
            raise KeyError(f"{source} is not assigned to this consumer")
        self._client.seek(in_kafka(source), offset)

    def lag(self) -> Mapping[TopicPartition, int]:
        """Return the number of records after this consumer's position. Raises Unavailable."""
        lags: dict[TopicPartition, int] = {}
        if not self._assigned:
            return lags
        sources = sorted(self._assigned)
        with self._cluster.errors():
            asked = [in_kafka(source) for source in sources]
            ends = self._client.end_offsets(asked, ANSWER_LIMIT_MS)
            for source, place in zip(sources, asked, strict=True):
                position = self._client.position(place, timeout_ms=ANSWER_LIMIT_MS)
                lags[source] = max(0, ends[place] - (position or 0))
        return lags

    def close(self) -> None:
        """Leave the group; calls `on_revoked` for what was assigned."""
        gone = sorted(self._assigned)
        self._assigned = set()
        try:
            if gone and self._on_revoked:
                self._on_revoked(gone)
        finally:
            # A broker that is away learns it from the missing heartbeats.
            with suppress(KafkaError):
                self._client.close(autocommit=False, timeout_ms=CLOSE_LIMIT_MS)


def in_kafka(source: TopicPartition) -> Any:
    """Return the client library's type for a partition."""
    return KafkaPartition(source.topic, source.partition)


def _sources(found: Iterable[Any]) -> list[TopicPartition]:
    """Return our type for the client library's partitions, in order."""
    return sorted(TopicPartition(*source) for source in found)


def _assignor(topics: Sequence[Topic]) -> Any:
    """Choose how partitions are shared out.

    In turn for one topic, so that a few cameras, which have neighbouring numbers, spread. By range
    for several, so that a member owns equal numbers of each.
    """
    if len(topics) == 1:
        return RoundRobinPartitionAssignor
    return RangePartitionAssignor


def to_record(record: Any) -> Record:
    """Return the client library's record as one of ours."""
    headers = {}
    for name, value in record.headers:
        headers[name] = value or b""
    return Record(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        key=(record.key or b"").decode(errors="replace"),
        value=record.value or b"",
        headers=headers,
        appended_at_ns=record.timestamp * MILLISECOND_NS,
    )
