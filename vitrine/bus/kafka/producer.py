"""Publish to Kafka: idempotent, and durable at `flush`."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from kafka import KafkaProducer
from kafka.errors import (
    AuthorizationError,
    ClusterAuthorizationFailedError,
    KafkaError,
    MessageSizeTooLargeError,
)

from vitrine.bus.interface import Message, PublishFailed, partition_for
from vitrine.bus.kafka.cluster import ANSWER_LIMIT_MS, Cluster
from vitrine.bus.kafka.topics import require
from vitrine.topics import TOPICS

# A fuller queue waits for the broker. Chosen, not measured: 16 of the largest frames.
LARGEST_QUEUE_BYTES = 64_000_000
# How long a message waits for others of its batch. Chosen, not measured: at ten frames a second a
# frame lasts twenty times longer.
LINGER_MS = 5
# Chosen: faces of a batch of frames travel in one request; a larger frame has its own.
BATCH_BYTES = 256 * 1024
# A request may be so many times the largest message: the rest is for headers and the batch.
ENVELOPE = 2
# A message is given up after so long: room for three requests that hang.
DELIVERY_LIMIT_MS = 3 * ANSWER_LIMIT_MS
CLOSE_LIMIT_S = 1


class ClusterProducer:
    """Send in the background; `flush` tells whether everything arrived."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._known: set[str] = set()
        self._sent: list[tuple[str, Any]] = []
        """Topic and future of each message since the last flush."""
        self._refused: list[tuple[str, str]] = []
        """Topic and reason of each message that the client did not take."""
        self._queued_bytes = 0
        self._client: Any = self._connect()

    def _connect(self) -> Any:
        largest_bytes = max(topic.max_message_bytes for topic in TOPICS)
        return self._cluster.open(
            KafkaProducer,
            enable_idempotence=True,
            acks="all",
            linger_ms=LINGER_MS,
            batch_size=BATCH_BYTES,
            max_request_size=ENVELOPE * largest_bytes,
            max_block_ms=ANSWER_LIMIT_MS,
            request_timeout_ms=ANSWER_LIMIT_MS,
            delivery_timeout_ms=DELIVERY_LIMIT_MS,
            allow_auto_create_topics=False,
            metrics_enabled=False,
        )

    def send(self, message: Message) -> None:
        """Queue one message; with a full queue, wait for the broker.

        Raises Unavailable, and TopicMismatch for a topic that is not there.
        """
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
        """Hand a message to the client, or note that it cannot be stored."""
        count = len(self._client.partitions_for(message.topic))
        number = message.partition
        if number is None:
            number = partition_for(message.key, count)
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
        """Wait until everything sent is stored.

        Raises PublishFailed with the number of missing messages of each topic, and
        ConfigurationError for a user who may not write one of them.
        """
        refused = self._refused
        self._refused = []
        lost = self._wait_for_sent(timeout_s)
        if lost:
            self._abandon()
        self._report(refused + lost)

    def _wait_for_sent(self, timeout_s: float) -> list[tuple[str, str]]:
        """Return topic and reason of each message that the broker has not stored in time."""
        deadline = time.monotonic() + timeout_s
        sent = self._sent
        self._sent = []
        self._queued_bytes = 0
        if sent:
            with suppress(KafkaError):
                self._client.flush(timeout=timeout_s)
        lost = []
        for topic, future in sent:
            left_s = max(0.0, deadline - time.monotonic())
            try:
                future.get(timeout=left_s)
            except KafkaError as error:
                if _is_refusal(error):
                    self._abandon()
                    raise self._cluster.not_allowed(str(error)) from error
                lost.append((topic, type(error).__name__))
        return lost

    def _report(self, missing: Sequence[tuple[str, str]]) -> None:
        """Raise PublishFailed with counts and the first reason if any message is missing."""
        if not missing:
            return
        counts = Counter(topic for topic, _ in missing)
        parts = []
        for topic, count in sorted(counts.items()):
            parts.append(f"{count} of {topic}")
        listed = ", ".join(parts)
        _, reason = missing[0]
        raise PublishFailed(
            f"Kafka at {self._cluster.servers} did not store {listed}: {reason}"
        )

    def close(self) -> None:
        """Close at once; what was not flushed may be lost."""
        self._abandon()

    def _abandon(self) -> None:
        """Drop the client with what it still queues.

        A retry sends it again; the old client must not store it as well.
        """
        client = self._client
        self._client = None
        if client is None:
            return
        # close() alone waits for a broker that may be away.
        client._sender.force_close()
        with suppress(KafkaError):
            client.close(timeout=CLOSE_LIMIT_S)


def _is_refusal(error: KafkaError) -> bool:
    """Return True where the user may not write.

    For one who may write no topic at all, the client has an error of no class, and the name of the
    broker's in its words.
    """
    if isinstance(error, AuthorizationError):
        return True
    return ClusterAuthorizationFailedError.__name__ in str(error)
