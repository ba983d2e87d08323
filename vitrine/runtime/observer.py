"""Metrics, log lines and readiness of a loop."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext

from vitrine.bus import Message, Record, TopicPartition
from vitrine.clock import SECOND_NS
from vitrine.runtime.handler import Batch
from vitrine.telemetry import metrics
from vitrine.telemetry.health import Health
from vitrine.topics import Topic

logger = logging.getLogger(__name__)

# Prometheus scrapes every 5 to 15 s; a question a second costs next to nothing.
LAG_EVERY_S = 1.0


class Observer:
    """Show operators what a loop does."""

    def __init__(
        self,
        service: str,
        topics: Sequence[Topic],
        health: Health,
    ) -> None:
        self._service = service
        self._group = f"{service}-group"
        self._topics = topics
        self._health = health
        self._lag_due = 0.0
        self._next: dict[TopicPartition, int] = {}
        """Offset of the record that comes next, where that is known."""

    def starting(self) -> None:
        """Note that the service is not ready yet."""
        self._health.unready(self._service, "starting")
        self._health.unready(self._group, "has not joined yet")

    def count_from_zero(self) -> None:
        """Show each series before anything happened: the first event is then seen as a rise."""
        metrics.RETRIES.labels(self._service)
        metrics.SERVICE_RESTARTS.labels(self._service)
        metrics.BATCH_RECORDS.labels(self._service)
        metrics.HANDLER_SECONDS.labels(self._service)
        for topic in self._topics:
            metrics.RECORDS_IN.labels(self._service, topic.name)
            metrics.RECORDS_INVALID.labels(self._service, topic.name)
            metrics.RECORDS_MISSED.labels(self._service, topic.name)
            metrics.RECORD_WAIT.labels(self._service, topic.name)

    def expects(self, source: TopicPartition, offset: int) -> None:
        """Note where reading begins; from the start of a log nothing is expected."""
        self._next.pop(source, None)
        if offset > 0:
            self._next[source] = offset

    def group(self, *, joined: bool) -> None:
        """Note if the group has given this process its share of the partitions.

        Without it nothing is handled, although the bus is there.
        """
        if joined:
            self._health.ready(self._group)
        else:
            reason = "waits for its share of the partitions"
            self._health.unready(self._group, reason)

    def read(self, record: Record) -> None:
        """Count a record that was read, and those before it that the log has deleted unread.

        How long it waited is as right as the clocks of the broker and of this machine agree.
        """
        counter = metrics.RECORDS_IN.labels(self._service, record.topic)
        counter.inc()
        waited_ns = max(0, time.time_ns() - record.appended_at_ns)
        wait = metrics.RECORD_WAIT.labels(self._service, record.topic)
        wait.observe(waited_ns / SECOND_NS)
        source = record.source
        missed = record.offset - self._next.get(source, record.offset)
        self._next[source] = record.offset + 1
        if missed > 0:
            metrics.RECORDS_MISSED.labels(self._service, record.topic).inc(missed)
            logger.warning(
                "records deleted before they were read: %d of %s[%d]",
                missed,
                record.topic,
                record.partition,
            )

    def refused(self, record: Record, reason: str) -> None:
        """Count and log a record that becomes a dead letter."""
        counter = metrics.RECORDS_INVALID.labels(self._service, record.topic)
        counter.inc()
        logger.warning(
            "record refused: %s[%d]@%d: %s",
            record.topic,
            record.partition,
            record.offset,
            reason,
        )

    def handling(self, batch: Batch) -> AbstractContextManager[object]:
        """Measure the block that handles a batch.

        Not that of an idle call: the many of them would hide what a batch takes.
        """
        if not batch:
            return nullcontext()
        sizes = metrics.BATCH_RECORDS.labels(self._service)
        sizes.observe(len(batch))
        seconds = metrics.HANDLER_SECONDS.labels(self._service)
        return seconds.time()

    def published(self, messages: Sequence[Message]) -> None:
        """Count messages that the bus has stored."""
        for message in messages:
            counter = metrics.RECORDS_OUT.labels(self._service, message.topic)
            counter.inc()

    @property
    def lag_is_due(self) -> bool:
        """True when the lag was not shown for a while."""
        return time.monotonic() >= self._lag_due

    def lag(self, lag: Mapping[TopicPartition, int]) -> None:
        """Show the records that wait, by topic."""
        self._lag_due = time.monotonic() + LAG_EVERY_S
        names = [topic.name for topic in self._topics]
        totals = dict.fromkeys(names, 0)
        for source, records in lag.items():
            totals[source.topic] += records
        for topic, records in totals.items():
            gauge = metrics.CONSUMER_LAG.labels(self._service, topic)
            gauge.set(records)
