"""How a declared topic looks on a Kafka cluster, and where the cluster differs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

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
    return settings


def settings_to_alter(topic: Topic, found: FoundTopic) -> dict[str, str]:
    """The declared values of the settings that differ."""
    return {name: value for name, value in settings_of(topic).items() if found.settings[name] != value}


def differences(topic: Topic, found: FoundTopic | None) -> list[str]:
    """A line for each way in which the cluster differs from the declaration."""
    if found is None:
        return [f"{topic.name}: missing"]
    lines = [
        f"{topic.name}: {name} is {found.settings[name]}, declared {value}"
        for name, value in settings_to_alter(topic, found).items()
    ]
    if found.partitions != topic.partitions:
        lines.append(f"{topic.name}: {found.partitions} partitions, declared {topic.partitions}")
    return lines
