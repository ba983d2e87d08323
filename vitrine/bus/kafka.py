"""The bus over Kafka: manual commits, idempotent producer. The only file that knows the client library."""

from __future__ import annotations

import logging
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Literal

from kafka import (
    ConsumerRebalanceListener,
    KafkaAdminClient,
    KafkaConsumer,
    KafkaProducer,
    OffsetAndMetadata,
    OffsetSpec,
)
from kafka import TopicPartition as KafkaPartition
from kafka import errors as kafka_errors
from kafka.admin import ConfigResource
from kafka.coordinator.assignors.range import RangePartitionAssignor
from kafka.errors import KafkaError
from kafka.net.compat import KafkaNetClient

from vitrine.bus.interface import (
    Commit,
    Message,
    Partitions,
    PublishFailed,
    Record,
    TopicMismatch,
    TopicPartition,
    partition_for,
)
from vitrine.bus.kafka_topics import FoundTopic, differences, settings_of, settings_to_alter
from vitrine.errors import ConfigurationError, Unavailable
from vitrine.topics import TOPICS, Topic

logger = logging.getLogger(__name__)

ANSWER_LIMIT_MS = 5_000
"""How long a broker may take to answer before it counts as unavailable."""
CONNECT_LIMIT_MS = 4_000
CLOSE_LIMIT_MS = 2_000
SESSION_MS, HEARTBEAT_MS = 8_000, 2_000
"""A killed member's partitions move after the session and one heartbeat of the others: 10 s."""
LARGEST_PAUSE_MS = 120_000
"""A member that does not poll for so long (a hanging handler) loses its partitions."""
JOIN_WAIT_MS = 1_000
"""How much longer a poll takes while the group changes."""
JOIN_LIMIT_S = 15.0
QUIET_S = 5.0
"""After so long without records, a poll asks the broker whether it is still there."""
LARGEST_QUEUE_BYTES = 64_000_000

_BUGS = (
    kafka_errors.IllegalArgumentError,
    kafka_errors.IllegalStateError,
    kafka_errors.KafkaConfigurationError,
    kafka_errors.OffsetMetadataTooLargeError,
)
_REFUSALS = (
    kafka_errors.AuthorizationError,
    kafka_errors.IllegalSaslStateError,
    kafka_errors.SaslAuthenticationFailedError,
    kafka_errors.UnsupportedSaslMechanismError,
)
_MOVED_ON = (
    kafka_errors.CommitFailedError,
    kafka_errors.IllegalGenerationError,
    kafka_errors.RebalanceInProgressError,
    kafka_errors.UnknownMemberIdError,
)


@dataclass(frozen=True, slots=True)
class KafkaSecurity:
    """How to log in (SASL with SCRAM-SHA-512) and whom to trust; the default is neither."""

    protocol: Literal["PLAINTEXT", "SASL_PLAINTEXT", "SASL_SSL", "SSL"] = "PLAINTEXT"
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    cafile: str | None = None

    def options(self) -> dict[str, Any]:
        """The client library's names for it."""
        options: dict[str, Any] = {"security_protocol": self.protocol, "ssl_cafile": self.cafile}
        if self.protocol.startswith("SASL"):
            options["sasl_mechanism"] = "SCRAM-SHA-512"
            options["sasl_plain_username"], options["sasl_plain_password"] = self.username, self.password
        return options


class KafkaBus:
    """A Kafka cluster, by comma-separated host:port. Connects on first use; threads may share it."""

    def __init__(self, servers: str, *, security: KafkaSecurity | None = None) -> None:
        self.servers = servers
        self._addresses = [_address(server) for server in servers.split(",")]
        self._options = {
            "bootstrap_servers": [server.strip() for server in servers.split(",")],
            "bootstrap_timeout_ms": CONNECT_LIMIT_MS,
            "reconnect_backoff_max_ms": 1_000,
            **(security or KafkaSecurity()).options(),
        }
        self._admin_client: Any = None
        self._lock = Lock()

    def producer(self) -> _Producer:
        """A new producer. Raises Unavailable."""
        return _Producer(self)

    def consumer(
        self,
        group: str,
        topics: Sequence[Topic],
        *,
        on_assigned: Partitions | None = None,
        on_revoked: Partitions | None = None,
        from_end: bool = False,
    ) -> _Consumer:
        """A new member of `group`. Raises Unavailable, and TopicMismatch for a topic that is not there."""
        self.require(topics)
        return _Consumer(self, group, topics, on_assigned, on_revoked, from_end)

    def backlog(self, group: str, topic: Topic) -> Mapping[int, int]:
        """Records of each partition that `group` has not committed. Raises Unavailable."""
        sources = [KafkaPartition(topic.name, number) for number in range(topic.partitions)]
        with self._admin() as admin:
            try:
                ends = admin.list_partition_offsets(dict.fromkeys(sources, OffsetSpec.LATEST))
                commits = admin.list_group_offsets({group: sources})[group]
                begun = {source: commits[source].offset for source in sources}
                new = [source for source, offset in begun.items() if offset < 0]
                if new:
                    starts = admin.list_partition_offsets(dict.fromkeys(new, OffsetSpec.EARLIEST))
                    begun |= {source: starts[source].offset for source in new}
            except kafka_errors.UnknownTopicOrPartitionError:
                raise _missing(topic.name) from None
        return {source.partition: max(0, ends[source].offset - begun[source]) for source in sources}

    def apply_topics(self, topics: Iterable[Topic]) -> Sequence[str]:
        """Create missing topics, add partitions, alter settings; nothing is ever removed."""
        wanted, changes = list(topics), list[str]()
        with self._admin() as admin:
            found = _describe(admin, [topic.name for topic in wanted])
            for topic in wanted:
                there = found.get(topic.name)
                changes += _create(admin, topic) if there is None else _alter(admin, topic, there)
        return changes

    def check_topics(self, topics: Iterable[Topic]) -> Sequence[str]:
        """A line for each topic that is missing, and each setting or partition count that differs."""
        wanted = list(topics)
        with self._admin() as admin:
            found = _describe(admin, [topic.name for topic in wanted])
        return [line for topic in wanted for line in differences(topic, found.get(topic.name))]

    def close(self) -> None:
        """Close the connection that the bus itself holds."""
        with self._lock:
            self._drop_admin()

    def require(self, topics: Sequence[Topic] | Sequence[str]) -> None:
        """Raises TopicMismatch for the first topic that the cluster does not have."""
        names = [topic if isinstance(topic, str) else topic.name for topic in topics]
        with self._admin() as admin:
            counts = _partition_counts(admin, names)
        for name in names:
            if name not in counts:
                raise _missing(name)

    def open(self, client: Callable[..., Any], **options: Any) -> Any:
        """A client of the library that leaves nothing behind when it cannot connect."""
        self._reach()
        connections: list[Any] = []

        def connect(**configuration: Any) -> Any:
            connections.append(KafkaNetClient(**configuration))
            return connections[-1]

        with self.errors():
            try:
                return client(kafka_client=connect, **self._options, **options)
            except BaseException:
                for connection in connections:
                    connection.close()
                raise

    def _reach(self) -> None:
        """The client tries for seconds, and does not say why; a refused connection is known at once."""
        reasons = []
        for address in self._addresses:
            try:
                socket.create_connection(address, timeout=CONNECT_LIMIT_MS / 1000).close()
            except OSError as error:
                reasons.append(str(error))
            else:
                return
        raise Unavailable(self._away(", ".join(reasons)))

    def _away(self, reason: str) -> str:
        return f"Kafka at {self.servers} does not answer ({reason}); start it or set VITRINE_KAFKA_SERVERS"

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Inside, a refused login raises ConfigurationError, what else the cluster fails at Unavailable."""
        try:
            yield
        except _BUGS:
            raise
        except _REFUSALS as error:
            raise ConfigurationError(
                f"Kafka at {self.servers} refuses this client: {error}; "
                "see VITRINE_KAFKA_PROTOCOL, VITRINE_KAFKA_USERNAME, VITRINE_KAFKA_PASSWORD"
            ) from error
        except KafkaError as error:
            raise Unavailable(self._away(type(error).__name__)) from error

    @contextmanager
    def _admin(self) -> Iterator[Any]:
        """The bus's own client; after an error the next use connects anew."""
        with self._lock, self.errors():
            if self._admin_client is None:
                self._admin_client = self.open(KafkaAdminClient, request_timeout_ms=ANSWER_LIMIT_MS)
            try:
                yield self._admin_client
            except KafkaError:
                self._drop_admin()
                raise

    def _drop_admin(self) -> None:
        client, self._admin_client = self._admin_client, None
        if client is not None:
            client.close()


class _Producer:
    """Sends in the background; `flush` tells whether everything arrived."""

    def __init__(self, bus: KafkaBus) -> None:
        self._bus = bus
        self._known: set[str] = set()
        self._sent: list[tuple[str, Any]] = []
        self._refused: list[tuple[str, str]] = []
        self._queued_bytes = 0
        self._client: Any = self._connect()

    def _connect(self) -> Any:
        return self._bus.open(
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
            self._bus.require([message.topic])
            self._known.add(message.topic)
        if self._client is None:
            self._client = self._connect()
        with self._bus.errors():
            self._queue(message)

    def _queue(self, message: Message) -> None:
        count = len(self._client.partitions_for(message.topic))
        number = partition_for(message.key, count) if message.partition is None else message.partition
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
        except kafka_errors.MessageSizeTooLargeError as error:
            self._refused.append((message.topic, str(error)))
            return
        self._sent.append((message.topic, future))
        self._queued_bytes += len(message.value)

    def flush(self, timeout_s: float = 30.0) -> None:
        """Wait until everything sent is stored. Raises PublishFailed with the count for each topic."""
        deadline = time.monotonic() + timeout_s
        sent, lost = self._sent, self._refused
        self._sent, self._refused, self._queued_bytes = [], [], 0
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
            topics = ", ".join(f"{count} of {topic}" for topic, count in sorted(counts.items()))
            raise PublishFailed(f"Kafka at {self._bus.servers} did not store {topics}: {lost[0][1]}")

    def close(self) -> None:
        """Close at once; what was not flushed may be lost."""
        self._abandon()

    def _abandon(self) -> None:
        """Drop the client with what it still queues: a retry sends it again, and must not find it twice."""
        client, self._client = self._client, None
        if client is not None:
            client._sender.force_close()  # close() alone waits for a broker that may be away
            with suppress(KafkaError):
                client.close(timeout=1)


class _Moves(ConsumerRebalanceListener):  # type: ignore[misc]
    """Notes in the library's thread what moved, for the consumer to tell in its own."""

    def __init__(self) -> None:
        self.noted: list[tuple[bool, list[TopicPartition]]] = []

    def on_partitions_assigned(self, assigned: Iterable[Any]) -> None:
        self.noted.append((True, sorted(TopicPartition(*source) for source in assigned)))

    def on_partitions_revoked(self, revoked: Iterable[Any]) -> None:
        self.noted.append((False, sorted(TopicPartition(*source) for source in revoked)))


class _Consumer:
    """A member of a group. Whenever the group changes, it gives up all partitions and gets its share anew."""

    def __init__(
        self,
        bus: KafkaBus,
        group: str,
        topics: Sequence[Topic],
        on_assigned: Partitions | None,
        on_revoked: Partitions | None,
        from_end: bool,
    ) -> None:
        self._bus, self._group = bus, group
        self._on_assigned, self._on_revoked = on_assigned, on_revoked
        self._assigned: set[TopicPartition] = set()
        self._joined = False
        self._heard_at = time.monotonic()
        self._moves = _Moves()
        self._client = bus.open(
            KafkaConsumer,
            group_id=group,
            enable_auto_commit=False,
            auto_offset_reset="latest" if from_end else "earliest",
            partition_assignment_strategy=(RangePartitionAssignor,),
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
        self._client.subscribe([topic.name for topic in topics], listener=self._moves)
        with bus.errors():
            for topic in topics:  # else the first join may find no partitions to share out
                self._client.partitions_for_topic(topic.name)

    def poll(self, timeout_s: float, max_records: int) -> Sequence[Record]:
        """Next records, each partition in order. Raises Unavailable."""
        found = self._poll(round(timeout_s * 1000), max_records)
        if not found and not self._joined:
            # The client forgets a join that completes between two polls and joins again: leave few gaps.
            found = self._poll(JOIN_WAIT_MS, max_records)
        if found:
            self._heard_at = time.monotonic()
        else:
            self._check_broker()
        return [_record(record) for records in found.values() for record in records]

    def _poll(self, timeout_ms: int, max_records: int) -> dict[Any, list[Any]]:
        with self._bus.errors():
            found: dict[Any, list[Any]] = self._client.poll(timeout_ms=timeout_ms, max_records=max_records)
        self._tell_moves()
        return found

    def _tell_moves(self) -> None:
        """The library changes partitions before it fetches, so moves come before the records of a poll."""
        while self._moves.noted:
            self._heard_at = time.monotonic()
            assigned, sources = self._moves.noted.pop(0)
            self._joined = assigned
            self._assigned = set(sources) if assigned else set()
            callback = self._on_assigned if assigned else self._on_revoked
            if sources and callback:
                callback(sources)

    def _check_broker(self) -> None:
        """The library waits in silence for a broker that went away; ask it now and then."""
        quiet_s = time.monotonic() - self._heard_at
        if not self._joined and quiet_s > JOIN_LIMIT_S:
            raise Unavailable(
                f"Kafka at {self._bus.servers} has not let {self._group} join for {quiet_s:.0f} s"
            )
        if self._assigned and quiet_s > QUIET_S:
            with self._bus.errors():
                self._client.end_offsets([_there(min(self._assigned))], ANSWER_LIMIT_MS)
            self._heard_at = time.monotonic()

    def commit(self, commits: Mapping[TopicPartition, Commit]) -> None:
        """Store where the group goes on; partitions that moved away are ignored. Raises Unavailable."""
        owned = {
            _there(source): OffsetAndMetadata(commit.offset, commit.note, -1)
            for source, commit in commits.items()
            if source in self._assigned
        }
        if not owned:
            return
        with self._bus.errors():
            try:
                self._client.commit(owned, timeout_ms=ANSWER_LIMIT_MS)
            except _MOVED_ON:
                logger.info("%s: the group changes, %d commits are dropped", self._group, len(owned))

    def committed(self, source: TopicPartition) -> Commit | None:
        """What the group last committed. Raises Unavailable."""
        with self._bus.errors():
            found = self._client.committed(_there(source), metadata=True, timeout_ms=ANSWER_LIMIT_MS)
        return None if found is None else Commit(found.offset, found.metadata or "")

    def seek(self, source: TopicPartition, offset: int) -> None:
        """Read an assigned partition from `offset` on."""
        if source not in self._assigned:
            raise KeyError(f"{source} is not assigned to this consumer")
        self._client.seek(_there(source), offset)

    def lag(self) -> Mapping[TopicPartition, int]:
        """Records after this consumer's position. Raises Unavailable."""
        sources = {source: _there(source) for source in self._assigned}
        if not sources:
            return {}
        with self._bus.errors():
            ends = self._client.end_offsets(list(sources.values()), ANSWER_LIMIT_MS)
            places = {s: self._client.position(s, timeout_ms=ANSWER_LIMIT_MS) for s in sources.values()}
        return {s: max(0, ends[there] - (places[there] or 0)) for s, there in sources.items()}

    def close(self) -> None:
        """Leave the group; calls `on_revoked` for what was assigned."""
        gone, self._assigned = sorted(self._assigned), set()
        try:
            if gone and self._on_revoked:
                self._on_revoked(gone)
        finally:
            with suppress(KafkaError):  # a broker that is away learns it from the missing heartbeats
                self._client.close(autocommit=False, timeout_ms=CLOSE_LIMIT_MS)


def _partition_counts(admin: Any, names: Sequence[str]) -> dict[str, int]:
    counts = {}
    for found in admin.describe_topics(list(names)):
        error = kafka_errors.for_code(found["error_code"])
        if error is kafka_errors.NoError:
            counts[found["name"]] = len(found["partitions"])
        elif error is not kafka_errors.UnknownTopicOrPartitionError:
            raise error(found["name"])
    return counts


def _describe(admin: Any, names: Sequence[str]) -> dict[str, FoundTopic]:
    counts = _partition_counts(admin, names)
    if not counts:
        return {}
    resources = [ConfigResource("TOPIC", name) for name in counts]
    found = admin.describe_configs(resources, config_filter="all")["topic"]
    return {
        name: FoundTopic(count, {setting: value["value"] for setting, value in found[name].items()})
        for name, count in counts.items()
    }


def _create(admin: Any, topic: Topic) -> list[str]:
    declaration = {"num_partitions": topic.partitions, "configs": settings_of(topic)}
    try:
        admin.create_topics({topic.name: declaration}, wait_for_metadata=True)
    except kafka_errors.TopicAlreadyExistsError:  # somebody else applies them too
        return []
    return [f"{topic.name}: created with {topic.partitions} partitions"]


def _alter(admin: Any, topic: Topic, there: FoundTopic) -> list[str]:
    changes = []
    if there.partitions < topic.partitions:
        admin.create_partitions({topic.name: topic.partitions})
        changes.append(f"{topic.name}: {there.partitions} → {topic.partitions} partitions")
    wanted = settings_to_alter(topic, there)
    if wanted:
        answer = admin.alter_configs([ConfigResource("TOPIC", topic.name, wanted)])["topic"][topic.name]
        if answer != "OK":
            raise TopicMismatch(f"{topic.name}: the broker refuses {wanted}: {answer}")
    return changes + [
        f"{topic.name}: {name} {there.settings[name]} → {value}" for name, value in wanted.items()
    ]


def _address(server: str) -> tuple[str, int]:
    host, _, port = server.strip().rpartition(":")
    if not host or not port.isdecimal():
        raise ConfigurationError(f"{server!r} is no Kafka server; VITRINE_KAFKA_SERVERS takes host:port,…")
    return host.strip("[]"), int(port)


def _missing(name: str) -> TopicMismatch:
    return TopicMismatch(f"topic {name!r} does not exist; create it with `vitrine topics apply`")


def _there(source: TopicPartition) -> Any:
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
