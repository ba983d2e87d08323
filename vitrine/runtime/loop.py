"""The one loop of all services: outputs durable first, then offsets."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from threading import Event
from typing import Any, TypeVar

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
)
from vitrine.errors import (
    ConfigurationError,
    Invalid,
    Unavailable,
)
from vitrine.runtime.assignment import (
    Assignment,
    Commits,
    Records,
)
from vitrine.runtime.backoff import Stopped, until_available
from vitrine.runtime.dead_letters import Kind, dead_letter
from vitrine.runtime.handler import Batch, Handler, Outputs
from vitrine.runtime.observer import Observer
from vitrine.runtime.poison import read_note
from vitrine.runtime.publishing import encode_all, send_all
from vitrine.runtime.stop import impatient
from vitrine.telemetry.health import Health
from vitrine.topics import Topic

logger = logging.getLogger(__name__)
T = TypeVar("T")

# Below what a container runtime waits before it kills (Docker: 10 s, after `stop`,
# unless deploy/ says more). Chosen, not measured.
LAST_OUTPUTS_LIMIT_S = 10.0


@dataclass(slots=True)
class ServiceLoop:
    """Run a handler on the records of its topics until it is asked to stop.

    The consumer group has the service's name. A batch goes through five numbered steps; a
    crash between any two of them repeats the batch, and the ids in it make the repetition
    harmless. A record that stops the process three times becomes a dead letter.
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
        """Work until `stop`.

        Raises what the handler raises, and Unavailable when the bus is not there at start
        within `startup_limit_s`.
        """
        run = _Run(self, stop)
        run.observer.starting()
        try:
            run.open()
            with closing(run.producer), closing(run.consumer):
                run.turn()
                # From now on it waits as long as it takes: a restart would not help.
                run.limit_s = None
                while run.goes_on():
                    run.turn()
                run.finish()
        except Stopped as error:
            logger.warning("stopped while something was unavailable: %s", error)


class _Run:
    """Keep the clients and the partitions of one run of a loop."""

    def __init__(self, loop: ServiceLoop, stop: Event) -> None:
        self.loop = loop
        self.service = loop.service
        self.stop = stop
        self.handler = loop.handler
        self.health = loop.health
        self.producer: Producer
        self.consumer: Consumer
        self.partitions = Assignment()
        self.observer = Observer(
            loop.service,
            loop.topics,
            loop.health,
        )
        self.limit_s: float | None = loop.startup_limit_s

    def open(self) -> None:
        """Connect, with patience up to the start-up limit."""
        self.observer.count_from_zero()
        self.producer = self.retried(self.loop.bus.producer)
        self.consumer = self.retried(self.join)

    def join(self) -> Consumer:
        """Return a new member of the group."""
        return self.loop.bus.consumer(
            self.service,
            self.loop.topics,
            on_assigned=self.partitions.assign,
            on_revoked=self.revoked,
            from_end=self.loop.from_end,
        )

    def retried(self, action: Callable[[], T]) -> T:
        """Call `action` until what it needs is available."""
        return until_available(
            action,
            service=self.service,
            health=self.health,
            stop=impatient(self.stop),
            limit_s=self.limit_s,
        )

    def goes_on(self) -> bool:
        """Return True while there is something to do: until `stop`, or until all is handled."""
        if not self.stop.is_set():
            return True
        if impatient(self.stop).is_set():
            return False
        return self.behind()

    def behind(self) -> bool:
        """Return True while the bus holds records that were not handled.

        As far as a member of the group can know: one that owns no partition waits for the
        group to share them out, for as long as a start may take.
        """
        if not self.partitions.owned:
            return self.partitions.unchanged_s < self.loop.startup_limit_s
        if self.partitions.held:
            return True
        lag = self.retried(self.consumer.lag)
        return any(lag.values())

    def turn(self) -> None:
        """Work on one batch, or call the handler with an empty one."""
        records: Records = self.partitions.held
        if not records:
            records = self.retried(self.poll)
        batch = self.partitions.admit(records)
        self.process(batch)
        if self.observer.lag_is_due:
            lag = self.retried(self.consumer.lag)
            self.observer.lag(lag)
            self.handler.waiting(lag)

    def finish(self) -> None:
        """Publish the handler's last outputs; offsets stay where they are.

        `published` may still move offsets that the handler keeps itself.
        """
        # It was asked to stop already: only the limit ends waiting here.
        self.stop = Event()
        self.limit_s = LAST_OUTPUTS_LIMIT_S
        outputs = self.retried(self.handler.stopped)
        messages = encode_all(outputs.messages)
        self.publish(messages)
        self.retried(lambda: self.handler.published(outputs))

    # Records

    def poll(self) -> list[Record]:
        """Return the next records; hand new partitions to the handler before."""
        limit = self.loop.max_records
        records = self.consumer.poll(self.loop.idle_s, limit)
        self.observer.group(joined=self.consumer.joined)
        if not self.partitions.pending:
            return list(records)
        # Not in the callback of the poll: the handler asks its own store, which may be away.
        starts = self.retried(self.adopt)
        for source, offset in starts.items():
            self.consumer.seek(source, offset)
        return [record for record in records if record.source not in starts]

    def adopt(self) -> Mapping[TopicPartition, int]:
        """Hand new partitions to the handler; return where it starts instead."""
        commits: dict[TopicPartition, Commit | None] = {}
        own: dict[TopicPartition, Commit | None] = {}
        for source in sorted(self.partitions.pending):
            commit = self.consumer.committed(source)
            commits[source] = commit
            own[source] = None
            if commit is not None:
                note = read_note(commit)
                own[source] = Commit(commit.offset, note.handler)
        starts = self.handler.assigned(own)
        for source, known in own.items():
            committed = 0 if known is None else known.offset
            self.observer.expects(source, starts.get(source, committed))
        self.partitions.adopt(commits)
        return starts

    def revoked(self, partitions: Sequence[TopicPartition]) -> None:
        """Drop what belongs to partitions that moved elsewhere."""
        known = self.partitions.revoke(partitions)
        self.handler.revoked(known)

    def process(self, records: Records) -> None:
        """Take a batch through the five steps."""
        # 1. decode
        received, letters = self.decode(records)
        # 2. handle to the end
        outputs, messages = self.call(received, records)
        for rejected, reason in outputs.rejected:
            letter = self.letter(rejected.record, "invalid", reason)
            letters.append(letter)
        # 3. publish, and check that nothing is missing
        self.publish(messages + encode_all(letters))
        # 4. the handler's own store
        self.retried(lambda: self.handler.published(outputs))
        # 5. offsets
        commits = self.partitions.progress(records, outputs.resume)
        self.commit(commits)

    def decode(self, records: Records) -> tuple[Batch, list[Outgoing]]:
        """Return the events of the records, and dead letters of those that have none."""
        received: list[Received[Any]] = []
        letters: list[Outgoing] = []
        for record in records:
            self.observer.read(record)
            if self.partitions.condemns(record):
                reason = "stopped the service three times"
                letter = self.letter(record, "poison", reason)
                letters.append(letter)
                continue
            try:
                event = decode(record)
            except Invalid as error:
                letter = self.letter(record, "invalid", str(error))
                letters.append(letter)
            else:
                received.append(event)
        return received, letters

    def letter(
        self,
        record: Record,
        kind: Kind,
        reason: str,
    ) -> Outgoing:
        """Return the dead letter of a record, counted and logged."""
        self.observer.refused(record, reason)
        return dead_letter(
            self.service,
            record,
            kind,
            reason,
        )

    def call(self, received: Batch, records: Records) -> tuple[Outputs, list[Message]]:
        """Return the handler's outputs for a batch, also as messages.

        Notes which records the batch had when anything but the surroundings stops it: before,
        where they are in doubt, else after.
        """
        attempted = self.partitions.attempt(records)
        self.commit(attempted)
        try:
            with self.observer.handling(received):
                outputs = self.retried(lambda: self.handler.handle(received))
            return outputs, encode_all(outputs.messages)
        except (Stopped, Unavailable, ConfigurationError):
            # None of the records is to blame. Where the bus is away the accusation stays.
            withdrawn = self.partitions.withdraw(attempted)
            with suppress(Unavailable):
                self.consumer.commit(withdrawn)
            raise
        except Exception:
            new = [record for record in records if record.source not in attempted]
            accusations = self.partitions.accuse(new)
            self.commit(accusations)
            raise

    def publish(self, messages: Sequence[Message]) -> None:
        """Publish durably, and count."""
        if not messages:
            return
        self.retried(lambda: send_all(self.producer, messages))
        self.observer.published(messages)

    def commit(self, commits: Commits) -> None:
        """Store where the group goes on reading."""
        if not commits:
            return
        self.retried(lambda: self.consumer.commit(commits))
        self.partitions.committed(commits)
