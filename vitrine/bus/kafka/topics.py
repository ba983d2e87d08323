"""Compare declared topics with a cluster's, and bring the cluster in line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kafka import errors as kafka_errors
from kafka.admin import ConfigResource

from vitrine.bus.interface import TopicMismatch
from vitrine.topics import Topic

# We send nothing compressed. A batch of another sender that is small on the wire and huge in
# memory would fill every reader's: the broker unpacks it, and refuses what is then too large.
COMPRESSION = "compression.type"
UNCOMPRESSED = "uncompressed"


@dataclass(frozen=True, slots=True)
class FoundTopic:
    """Hold a topic as it is on the cluster."""

    partitions: int
    settings: Mapping[str, str]


def settings_of(topic: Topic) -> dict[str, str]:
    """Return the broker's settings for a topic."""
    settings = {
        COMPRESSION: UNCOMPRESSED,
        "max.message.bytes": str(topic.max_message_bytes),
        # Not the writer's time: a wrong clock elsewhere must not delay deletion.
        "message.timestamp.type": "LogAppendTime",
        "retention.ms": str(topic.retention_ms),
        "cleanup.policy": "compact,delete" if topic.compacted else "delete",
    }
    if topic.segment_ms is not None:
        settings["segment.ms"] = str(topic.segment_ms)
    if topic.biometric:
        # The default leaves a deleted segment on the disk for a minute (docs/privacy.md).
        settings["file.delete.delay.ms"] = "1000"
    return settings


def settings_to_alter(topic: Topic, found: FoundTopic) -> dict[str, str]:
    """Return the declared values of the settings that differ."""
    wanted = {}
    for name, value in settings_of(topic).items():
        if found.settings[name] == value:
            continue
        wanted[name] = value
    return wanted


def differences(topic: Topic, found: FoundTopic | None) -> list[str]:
    """Return a line for each way in which the cluster differs from the declaration."""
    if found is None:
        return [f"{topic.name}: missing"]
    lines = []
    for name, value in settings_to_alter(topic, found).items():
        current = found.settings[name]
        lines.append(f"{topic.name}: {name} is {current}, declared {value}")
    if found.partitions != topic.partitions:
        lines.append(
            f"{topic.name}: {found.partitions} partitions, declared {topic.partitions}"
        )
    return lines


def require(admin: Any, names: Sequence[str]) -> None:
    """Raise TopicMismatch for the first topic that the cluster does not have."""
    counts = partition_counts(admin, names)
    for name in names:
        if name not in counts:
            raise missing(name)


def require_for_reading(admin: Any, names: Sequence[str]) -> None:
    """Raise TopicMismatch for the first topic that is not there, or may hold compressed records."""
    found = describe(admin, names)
    for name in names:
        topic = found.get(name)
        if topic is None:
            raise missing(name)
        if topic.settings[COMPRESSION] != UNCOMPRESSED:
            raise TopicMismatch(
                f"topic {name!r} takes compressed records, which may be larger than the memory; "
                "bring it in line with `vitrine topics apply`"
            )


def missing(name: str) -> TopicMismatch:
    """Return the error for a topic that the cluster does not have."""
    return TopicMismatch(
        f"topic {name!r} does not exist; create it with `vitrine topics apply`"
    )


def partition_counts(admin: Any, names: Sequence[str]) -> dict[str, int]:
    """Return the number of partitions of each topic; without topics that do not exist."""
    counts = {}
    for found in admin.describe_topics(list(names)):
        name = found["name"]
        error = kafka_errors.for_code(found["error_code"])
        if error is kafka_errors.NoError:
            counts[name] = len(found["partitions"])
        elif error is not kafka_errors.UnknownTopicOrPartitionError:
            raise error(name)
    return counts


def describe(admin: Any, names: Sequence[str]) -> dict[str, FoundTopic]:
    """Return the topics as they are on the cluster; without those that do not exist."""
    counts = partition_counts(admin, names)
    if not counts:
        return {}
    resources = [ConfigResource("TOPIC", name) for name in counts]
    answer = admin.describe_configs(resources, config_filter="all")
    topics = {}
    for name, count in counts.items():
        settings = {}
        for setting, details in answer["topic"][name].items():
            settings[setting] = details["value"]
        if not settings:
            # The client keeps the refusal of one topic to itself.
            raise kafka_errors.TopicAuthorizationFailedError(f"settings of {name}")
        topics[name] = FoundTopic(count, settings)
    return topics


def create(admin: Any, topic: Topic) -> list[str]:
    """Create a topic; return a line that says so, or none if another process was faster."""
    declaration = {
        "num_partitions": topic.partitions,
        "configs": settings_of(topic),
    }
    try:
        admin.create_topics({topic.name: declaration}, wait_for_metadata=True)
    except kafka_errors.TopicAlreadyExistsError:
        return []
    return [f"{topic.name}: created with {topic.partitions} partitions"]


def alter(
    admin: Any,
    topic: Topic,
    there: FoundTopic,
) -> list[str]:
    """Add partitions and alter settings where they differ; return a line for each change."""
    changes = []
    if there.partitions < topic.partitions:
        admin.create_partitions({topic.name: topic.partitions})
        changes.append(
            f"{topic.name}: {there.partitions} → {topic.partitions} partitions"
        )
    wanted = settings_to_alter(topic, there)
    if wanted:
        alter_settings(admin, topic, wanted)
    for name, value in wanted.items():
        changes.append(f"{topic.name}: {name} {there.settings[name]} → {value}")
    return changes


def alter_settings(
    admin: Any,
    topic: Topic,
    wanted: Mapping[str, str],
) -> None:
    """Set what `wanted` names and leave the rest. Raises TopicMismatch if the broker refuses."""
    resource = ConfigResource("TOPIC", topic.name, wanted)
    answer = admin.alter_configs([resource])
    outcome = answer["topic"][topic.name]
    if outcome != "OK":
        raise TopicMismatch(f"{topic.name}: the broker refuses {wanted}: {outcome}")
