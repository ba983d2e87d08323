"""Read what is new on Kafka, as a member of no group."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from typing import Any

from kafka import KafkaConsumer
from kafka.errors import KafkaError

from vitrine.bus.interface import Record, TopicPartition
from vitrine.bus.kafka.cluster import ANSWER_LIMIT_MS, Cluster
from vitrine.bus.kafka.consumer import (
    CLOSE_LIMIT_MS,
    FETCH_MESSAGES,
    FETCH_WAIT_MS,
    QUIET_S,
    in_kafka,
    to_record,
)
from vitrine.topics import Topic


class ClusterTail:
    """Read all partitions that the topics are declared with; nothing is ever committed."""

    def __init__(self, cluster: Cluster, topics: Mapping[Topic, int]) -> None:
        """Begin so many records before the end of each partition of a topic."""
        self._cluster = cluster
        self._heard_at = time.monotonic()
        self._client = self._connect(topics)
        with ExitStack() as undo:
            undo.callback(self.close)
            self._places = self._assign(topics)
            undo.pop_all()

    def _connect(self, topics: Mapping[Topic, int]) -> Any:
        largest_bytes = max(topic.max_message_bytes for topic in topics)
        return self._cluster.open(
            KafkaConsumer,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="latest",
            request_timeout_ms=ANSWER_LIMIT_MS,
            fetch_max_wait_ms=FETCH_WAIT_MS,
            max_partition_fetch_bytes=largest_bytes,
            fetch_max_bytes=FETCH_MESSAGES * largest_bytes,
            allow_auto_create_topics=False,
            metrics_enabled=False,
        )

    def _assign(self, topics: Mapping[Topic, int]) -> list[Any]:
        """Take every partition and go to where reading begins."""
        last_of = {}
        for topic, last in topics.items():
            for number in range(topic.partitions):
                source = TopicPartition(topic.name, number)
                last_of[in_kafka(source)] = last
        places = list(last_of)
        with self._cluster.errors():
            self._client.assign(places)
            starts = self._client.beginning_offsets(places, ANSWER_LIMIT_MS)
            ends = self._client.end_offsets(places, ANSWER_LIMIT_MS)
            for place, last in last_of.items():
                first = max(starts[place], ends[place] - last)
                self._client.seek(place, first)
        return places

    def poll(self, timeout_s: float, max_records: int) -> Sequence[Record]:
        """Return the next records, each partition in order. Raises Unavailable."""
        with self._cluster.errors():
            found: dict[Any, list[Any]] = self._client.poll(
                timeout_ms=round(timeout_s * 1000),
                max_records=max_records,
            )
        records: list[Record] = []
        for of_partition in found.values():
            records.extend(to_record(record) for record in of_partition)
        if records:
            self._heard_at = time.monotonic()
        else:
            self._check_broker()
        return records

    def _check_broker(self) -> None:
        """Raise Unavailable when the broker has gone away: the library waits in silence."""
        quiet_s = time.monotonic() - self._heard_at
        if quiet_s <= QUIET_S:
            return
        with self._cluster.errors():
            self._client.end_offsets(self._places[:1], ANSWER_LIMIT_MS)
        self._heard_at = time.monotonic()

    def skip(self) -> None:
        """Go on with what is published from now on. Raises Unavailable."""
        with self._cluster.errors():
            ends = self._client.end_offsets(self._places, ANSWER_LIMIT_MS)
            for place, end in ends.items():
                self._client.seek(place, end)

    def lag(self) -> Mapping[TopicPartition, int]:
        """Return how far the log goes on after the position. Raises Unavailable."""
        lags = {}
        with self._cluster.errors():
            ends = self._client.end_offsets(self._places, ANSWER_LIMIT_MS)
            for place, end in ends.items():
                position = self._client.position(place, timeout_ms=ANSWER_LIMIT_MS)
                source = TopicPartition(place.topic, place.partition)
                lags[source] = max(0, end - (position or 0))
        return lags

    def close(self) -> None:
        """Release the connections."""
        with suppress(KafkaError):
            self._client.close(autocommit=False, timeout_ms=CLOSE_LIMIT_MS)
