"""The one loop of all services: outputs durable first, then offsets."""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass
from threading import Event
from typing import Any, Literal, TypeVar

from vitrine.bus import (
    Bus,
    Commit,
    Consumer,
    Message,
    Outgoing,
    Producer,
    Received,
    Record,
    TopicPartition,
    decode,
    encode,
)
from vitrine.errors import ConfigurationError, Invalid, Unavailable
from vitrine.runtime.backoff import Stopped, until_available
from vitrine.runtime.dead_letters import dead_letter
from vitrine.runtime.handler import Handler, Outputs
from vitrine.runtime.poison import Suspicion, from_note, suspect, to_note
from vitrine.runtime.stop import impatient
from vitrine.telemetry import metrics
from vitrine.telemetry.health import Health
from vitrine.topics import Topic

logger = logging.getLogger(__name__)
T = TypeVar("T")

LAG_EVERY_S = 1.0
LAST_WORDS_LIMIT_S = 10.0


class TooLarge(Exception):
    """A handler made a record that its topic cannot hold: a fault of the program, or of what it read."""


@dataclass(slots=True)
class ServiceLoop:
    """Runs a handler on the records of its topics until it is asked to stop; its group is the service's name.

    A batch goes through five numbered steps; a crash between any two of them repeats the batch, and the
    ids in it make the repetition harmless. A record that stops the process three times becomes a dead letter.
    """

    service: str
    bus: Bus
    topics: Sequence[Topic]
    handler: Handler
    health: Health
    max_records: int = 500
    idle_s: float = 0.1
    """How long to wait for records before the handler is called with none."""
    startup_limit_s: float = 60.0
    from_end: bool = False

    def run(self, stop: Event) -> None:
        """Work until `stop`. Raises what the handler raises, and Unavailable when the bus is not there at
        start within `startup_limit_s`."""
        self.health.unready(self.service, "starting")
        self.health.unready(f"{self.service}-group", "has not joined yet")
        run = _Run(self, stop)
        try:
            run.open()
            with closing(run.producer), closing(run.consumer):
                run.turn()
                run.limit_s = None
                while not stop.is_set() or (
                    not impatient(stop).is_set() and run.behind()
                ):
                    run.turn()
                run.finish()
        except Stopped as error:
            logger.warning("stopped while something was unavailable: %s", error)


class _Run:
    """One run of a loop: its clients, and what it knows of its partitions."""

    def __init__(self, loop: ServiceLoop, stop: Event) -> None:
        self.loop = loop
        self.stop = stop
        self.handler = loop.handler
        self.health = loop.health
        self.producer: Producer
        self.consumer: Consumer
        self.suspicions: dict[TopicPartition, Suspicion] = {}
        self.commits: dict[TopicPartition, Commit] = {}
        self.held: list[Record] = []
        self.pending: set[TopicPartition] = set()
        self.owned: set[TopicPartition] = set()
        self.emptied = time.monotonic()
        """When it last owned nothing: until the group has shared out the partitions, that says little."""
        self.lag_due = 0.0
        self.limit_s: float | None = loop.startup_limit_s

    def open(self) -> None:
        """Connect, with patience up to the start-up limit."""
        loop = self.loop
        for metric in (metrics.RETRIES, metrics.BATCH_RECORDS, metrics.HANDLER_SECONDS):
            metric.labels(loop.service)
        for topic in loop.topics:
            metrics.RECORDS_IN.labels(loop.service, topic.name)
            metrics.RECORDS_INVALID.labels(loop.service, topic.name)
        self.producer = self.retried(loop.bus.producer)
        self.consumer = self.retried(
            lambda: loop.bus.consumer(
                loop.service,
                loop.topics,
                on_assigned=self.assigned,
                on_revoked=self.revoked,
                from_end=loop.from_end,
            )
        )

    def retried(self, action: Callable[[], T]) -> T:
        return until_available(
            action,
            service=self.loop.service,
            health=self.health,
            stop=impatient(self.stop),
            limit_s=self.limit_s,
        )

    def assigned(self, partitions: Sequence[TopicPartition]) -> None:
        """Inside a poll: the handler's own store is asked afterwards, where it may be unavailable."""
        self.pending.update(partitions)
        self.owned.update(partitions)

    def revoked(self, partitions: Sequence[TopicPartition]) -> None:
        lost = set(partitions)
        self.held = [record for record in self.held if record.source not in lost]
        for source in lost:
            self.suspicions.pop(source, None)
            self.commits.pop(source, None)
        self.handler.revoked(sorted(lost - self.pending))
        self.pending -= lost
        self.owned -= lost
        self.emptied = time.monotonic()

    def adopt(self) -> Mapping[TopicPartition, int]:
        """Hands new partitions to the handler; returns where it wants to start instead."""
        commits: dict[TopicPartition, Commit | None] = {}
        for source in sorted(self.pending):
            commits[source] = self.consumer.committed(source)
        plain = {
            s: from_note(commit)[0] if commit else None for s, commit in commits.items()
        }
        starts = self.handler.assigned(plain)
        for source, commit in commits.items():
            if commit is not None:
                self.commits[source] = commit
                suspicion = from_note(commit)[1]
                if suspicion is not None:
                    self.suspicions[source] = suspicion
        self.pending.clear()
        return starts

    def turn(self) -> None:
        """One batch, or one idle call of the handler."""
        records = self.held or self.retried(self.poll)
        batch, self.held = self.admit(records)
        self.process(batch)
        if time.monotonic() >= self.lag_due:
            self.report_lag()

    def poll(self) -> list[Record]:
        records = list(self.consumer.poll(self.loop.idle_s, self.loop.max_records))
        self.report_group()
        if not self.pending:
            return records
        starts = self.retried(self.adopt)
        for source, offset in starts.items():
            self.consumer.seek(source, offset)
        return [record for record in records if record.source not in starts]

    def report_group(self) -> None:
        """Without its share of the partitions it cannot work, although the bus is there."""
        component = f"{self.loop.service}-group"
        if self.consumer.joined:
            self.health.ready(component)
        else:
            self.health.unready(component, "waits for its share of the partitions")

    def admit(self, records: Sequence[Record]) -> tuple[list[Record], list[Record]]:
        """Splits off what has to wait: a suspect is handled alone."""
        for place, record in enumerate(records):
            suspicion = self.suspicions.get(record.source)
            if suspicion and suspicion.covers(record.offset):
                cut = place or 1
                return list(records[:cut]), list(records[cut:])
        return list(records), []

    def process(self, records: Sequence[Record]) -> None:
        received, letters = self.decode(records)  # 1. decode
        outputs, messages = self.call(received, records)  # 2. handle to the end
        letters += [self.letter(r.record, reason) for r, reason in outputs.rejected]
        self.publish(
            messages + encoded(letters)
        )  # 3. publish, and check that nothing is missing
        self.retried(
            lambda: self.handler.published(outputs)
        )  # 4. the handler's own store
        self.commit(records, outputs)  # 5. offsets

    def decode(
        self, records: Sequence[Record]
    ) -> tuple[list[Received[Any]], list[Outgoing]]:
        received: list[Received[Any]] = []
        letters: list[Outgoing] = []
        for record in records:
            metrics.RECORDS_IN.labels(self.loop.service, record.topic).inc()
            suspicion = self.suspicions.get(record.source)
            if suspicion and suspicion.condemns(record.offset):
                letters.append(
                    self.letter(record, "stopped the service three times", "poison")
                )
                continue
            try:
                received.append(decode(record))
            except Invalid as error:
                letters.append(self.letter(record, str(error)))
        return received, letters

    def letter(
        self,
        record: Record,
        reason: str,
        kind: Literal["invalid", "poison"] = "invalid",
    ) -> Outgoing:
        metrics.RECORDS_INVALID.labels(self.loop.service, record.topic).inc()
        logger.warning(
            "record refused: %s[%d]@%d: %s",
            record.topic,
            record.partition,
            record.offset,
            reason,
        )
        return dead_letter(self.loop.service, record, kind, reason)

    def call(
        self, received: Sequence[Received[Any]], records: Sequence[Record]
    ) -> tuple[Outputs, list[Message]]:
        seconds = metrics.HANDLER_SECONDS.labels(self.loop.service)
        if received:  # the many idle calls would hide what a batch takes
            metrics.BATCH_RECORDS.labels(self.loop.service).observe(len(received))
        try:
            with seconds.time() if received else nullcontext():
                outputs = self.retried(lambda: self.handler.handle(received))
            return outputs, encoded(outputs.messages)
        except (
            Stopped,
            Unavailable,
            ConfigurationError,
        ):  # none of the records is to blame
            raise
        except Exception:
            self.remember(records)
            raise

    def remember(self, records: Sequence[Record]) -> None:
        """Note which records stopped the service, without moving any offset."""
        parts = defaultdict(list)
        for record in records:
            parts[record.source].append(record)
        notes = {}
        for source, part in parts.items():
            at = self.commits.get(source)
            note = ""
            if at is not None:
                note = from_note(at)[0].note
            offset = at.offset if at is not None else part[0].offset
            notes[source] = Commit(
                offset, to_note(note, suspect(part, self.suspicions.get(source)))
            )
        self.retried(lambda: self.consumer.commit(notes))

    def publish(self, messages: Sequence[Message]) -> None:
        if not messages:
            return

        def send() -> None:
            for message in messages:
                self.producer.send(message)
            self.producer.flush()

        self.retried(send)
        for message in messages:
            metrics.RECORDS_OUT.labels(self.loop.service, message.topic).inc()

    def commit(self, records: Sequence[Record], outputs: Outputs) -> None:
        commits = {record.source: Commit(record.offset + 1) for record in records}
        commits.update(outputs.resume)
        for record in records:
            suspicion = self.suspicions.get(record.source)
            if suspicion and record.offset >= suspicion.last:
                del self.suspicions[record.source]
        for source, commit in commits.items():
            commits[source] = Commit(
                commit.offset, to_note(commit.note, self.suspicions.get(source))
            )
        changed = {s: c for s, c in commits.items() if self.commits.get(s) != c}
        if changed:
            self.retried(lambda: self.consumer.commit(changed))
            self.commits.update(changed)

    def behind(self) -> bool:
        """Whether the bus holds records that were not handled, as far as a member of the group can know."""
        if not self.owned:
            return time.monotonic() - self.emptied < self.loop.startup_limit_s
        return bool(self.held) or any(self.retried(self.consumer.lag).values())

    def report_lag(self) -> None:
        self.lag_due = time.monotonic() + LAG_EVERY_S
        totals = {topic.name: 0 for topic in self.loop.topics}
        for source, records in self.retried(self.consumer.lag).items():
            totals[source.topic] += records
        for topic, records in totals.items():
            metrics.CONSUMER_LAG.labels(self.loop.service, topic).set(records)

    def finish(self) -> None:
        """The handler's last outputs; offsets stay where they are, and `published` may move its own."""
        self.stop = Event()
        self.limit_s = LAST_WORDS_LIMIT_S
        outputs = self.retried(self.handler.stopped)
        self.publish(encoded(outputs.messages))
        self.retried(lambda: self.handler.published(outputs))


def encoded(outgoing: Sequence[Outgoing]) -> list[Message]:
    """Events as messages. Raises TooLarge for one that the bus would never take, however often it is sent."""
    messages = [encode(each) for each in outgoing]
    for each, message in zip(outgoing, messages, strict=True):
        if len(message.value) > each.topic.max_value_bytes:
            size = len(message.value)
            most = each.topic.max_value_bytes
            raise TooLarge(
                f"a record for {message.topic} has {size} bytes, at most {most} can be stored"
            )
    return messages
