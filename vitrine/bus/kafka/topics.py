"""How a declared topic looks on a cluster, where the cluster differs, and how it is brought in line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kafka import errors as kafka_errors
from kafka.admin import ConfigResource

from vitrine.bus.interface import TopicMismatch
from vitrine.topics import Topic


@dataclass(frozen=True, slots=True)
class FoundTopic:
    """A topic as it is on the cluster."""

    partitions: int
    settings: Mapping[str, str]


def settings_of(topic: Topic) -> dict[str, str]:
    """The broker's settings of a topic. Time of append: a wrong clock elsewhere must not delay deletion."""
    settings = {
        "max.message.bytes": str(topic.max_message_bytes),
        "message.timestamp.type": "LogAppendTime",
        "retention.ms": str(topic.retention_ms),
    }
    if topic.segment_ms is not None:
        settings["segment.ms"] = str(topic.segment_ms)
    if topic.biometric:
        settings["file.delete.delay.ms"] = "1000"
    return settings


def settings_to_alter(topic: Topic, found: FoundTopic) -> dict[str, str]:
    """The declared values of the settings that differ."""
    return {
        name: value
        for name, value in settings_of(topic).items()
        if found.settings[name] != value
    }


def differences(topic: Topic, found: FoundTopic | None) -> list[str]:
    """A line for each way in which the cluster differs from the declaration."""
    if found is None:
        return [f"{topic.name}: missing"]
    lines = [
        f"{topic.name}: {name} is {found.settings[name]}, declared {value}"
        for name, value in settings_to_alter(topic, found).items()
    ]
    if found.partitions != topic.partitions:
        lines.append(
            f"{topic.name}: {found.partitions} partitions, declared {topic.partitions}"
        )
    return lines


def require(admin: Any, names: Sequence[str]) -> None:
    """Raises TopicMismatch for the first topic that the cluster does not have."""
    counts = partition_counts(admin, names)
    for name in names:
        if name not in counts:
            raise missing(name)


def missing(name: str) -> TopicMismatch:
    """The error for a topic that the cluster does not have."""
    return TopicMismatch(
        f"topic {name!r} does not exist; create it with `vitrine topics apply`"
    )


def partition_counts(admin: Any, names: Sequence[str]) -> dict[str, int]:
    """How many partitions each topic has; without those that do not exist."""
    counts = {}
    for found in admin.describe_topics(list(names)):
        error = kafka_errors.for_code(found["error_code"])
        if error is kafka_errors.NoError:
            counts[found["name"]] = len(found["partitions"])
        elif error is not kafka_errors.UnknownTopicOrPartitionError:
            raise error(found["name"])
    return counts


def describe(admin: Any, names: Sequence[str]) -> dict[str, FoundTopic]:
    """The topics as they are; without those that do not exist."""
    counts = partition_counts(admin, names)
    if not counts:
        return {}
    resources = [ConfigResource("TOPIC", name) for name in counts]
    found = admin.describe_configs(resources, config_filter="all")["topic"]
    return {
        name: FoundTopic(
            count, {setting: value["value"] for setting, value in found[name].items()}
        )
        for name, count in counts.items()
    }


def create(admin: Any, topic: Topic) -> list[str]:
    """Create a topic; returns the lines to tell."""
    declaration = {"num_partitions": topic.partitions, "configs": settings_of(topic)}
    try:
        admin.create_topics({topic.name: declaration}, wait_for_metadata=True)
    except kafka_errors.TopicAlreadyExistsError:  # somebody else applies them too
        return []
    return [f"{topic.name}: created with {topic.partitions} partitions"]


def alter(admin: Any, topic: Topic, there: FoundTopic) -> list[str]:
    """Add partitions and alter settings where they differ; returns the lines to tell."""
    changes = []
    if there.partitions < topic.partitions:
        admin.create_partitions({topic.name: topic.partitions})
        changes.append(
            f"{topic.name}: {there.partitions} → {topic.partitions} partitions"
        )
    wanted = settings_to_alter(topic, there)
    if wanted:
        answer = admin.alter_configs([ConfigResource("TOPIC", topic.name, wanted)])[
            "topic"
        ][topic.name]
        if answer != "OK":
            raise TopicMismatch(f"{topic.name}: the broker refuses {wanted}: {answer}")
    return changes + [
        f"{topic.name}: {name} {there.settings[name]} → {value}"
        for name, value in wanted.items()
    ]
