"""Publishing to Kafka: idempotent, and durable at `flush`."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import suppress
from typing import Any

from kafka import KafkaProducer
from kafka.errors import KafkaError, MessageSizeTooLargeError

from vitrine.bus.interface import Message, PublishFailed, partition_for
from vitrine.bus.kafka.cluster import ANSWER_LIMIT_MS, Cluster
from vitrine.bus.kafka.topics import require
from vitrine.topics import TOPICS

LARGEST_QUEUE_BYTES = 64_000_000


class ClusterProducer:
    """Sends in the background; `flush` tells whether everything arrived."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._known: set[str] = set()
        self._sent: list[tuple[str, Any]] = []
        self._refused: list[tuple[str, str]] = []
        self._queued_bytes = 0
        self._client: Any = self._connect()

    def _connect(self) -> Any:
        return self._cluster.open(
            KafkaProducer,
            enable_idempotence=True,
            acks="all",
            linger_ms=5,
            batch_size=256 * 1024,
            max_request_size=2 * max(topic.max_message_bytes for topic in TOPICS),
            max_block_ms=ANSWER_LIMIT_MS,
            request_timeout_ms=ANSWER_LIMIT_MS,
            delivery_timeout_ms=3 * ANSWER_LIMIT_MS,
            allow_auto_create_topics=False,
            metrics_enabled=False,
        )

    def send(self, message: Message) -> None:
        """Queue one message; with a full queue, wait for the broker. Raises Unavailable and TopicMismatch."""
        if self._queued_bytes > LARGEST_QUEUE_BYTES:
            self.flush(ANSWER_LIMIT_MS / 1000)
        if message.topic not in self._known:
            with self._cluster.admin() as admin:
                require(admin, [message.topic])
            self._known.add(message.topic)
        if self._client is None:
            self._client = self._connect()
        with self._cluster.errors():
            self._queue(message)

    def _queue(self, message: Message) -> None:
        count = len(self._client.partitions_for(message.topic))
        number = (
            partition_for(message.key, count)
            if message.partition is None
            else message.partition
        )
        if number not in range(count):
            self._refused.append((message.topic, f"there is no partition {number}"))
            return
        try:
            future = self._client.send(
                message.topic,
                key=message.key.encode(),
                value=message.value,
                headers=list(message.headers.items()),
                partition=number,
            )
        except MessageSizeTooLargeError as error:
            self._refused.append((message.topic, str(error)))
            return
        self._sent.append((message.topic, future))
        self._queued_bytes += len(message.value)

    def flush(self, timeout_s: float = 30.0) -> None:
        """Wait until everything sent is stored. Raises PublishFailed with the count for each topic."""
        deadline = time.monotonic() + timeout_s
        sent = self._sent
        lost = self._refused
        self._sent = []
        self._refused = []
        self._queued_bytes = 0
        if sent:
            with suppress(KafkaError):
                self._client.flush(timeout=timeout_s)
        refused = len(lost)
        for topic, future in sent:
            try:
                future.get(timeout=max(0.0, deadline - time.monotonic()))
            except KafkaError as error:
                lost.append((topic, type(error).__name__))
        if len(lost) > refused:
            self._abandon()
        if lost:
            counts = Counter(topic for topic, _ in lost)
            topics = ", ".join(
                f"{count} of {topic}" for topic, count in sorted(counts.items())
            )
            raise PublishFailed(
                f"Kafka at {self._cluster.servers} did not store {topics}: {lost[0][1]}"
            )

    def close(self) -> None:
        """Close at once; what was not flushed may be lost."""
        self._abandon()

    def _abandon(self) -> None:
        """Drop the client with what it still queues: a retry sends it again, and must not find it twice."""
        client = self._client
        self._client = None
        if client is not None:
            client._sender.force_close()  # close() alone waits for a broker that may be away
            with suppress(KafkaError):
                client.close(timeout=1)
