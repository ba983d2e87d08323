"""Compare what a run left with what it should have left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from vitrine.bus import Received, TopicPartition
from vitrine.runtime import Handler
from vitrine.schemas import FrameFaces

# Chosen, not measured: any size gives the same outputs.
BATCH = 50
Line = dict[str, Any]
"""An event as JSON has it."""


class ById:
    """Keep events by id; the same id with other content is a problem."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.found: dict[str, Line] = {}
        self.problems: list[str] = []

    def add(self, key: str, event: Line) -> None:
        """Keep an event, or compare it with the one that has the same id."""
        before = self.found.setdefault(key, event)
        if before != event:
            self.problems.append(
                f"{self.kind} {key} is there with different contents:"
                f" {before} and {event}"
            )


def differences(
    kind: str,
    found: Mapping[Any, Any],
    wanted: Mapping[Any, Any],
) -> Iterator[str]:
    """Yield a line for each key whose values differ."""
    for key in sorted(found.keys() | wanted.keys()):
        one = found.get(key)
        other = wanted.get(key)
        if one != other:
            yield f"{kind} {key} is {one}, not {other}"


def latest(events: Sequence[Line]) -> dict[str, Line]:
    """Return the last event of each track."""
    return {event["track_id"]: event for event in events}


def one_pass(
    handler: Handler,
    faces: Sequence[Received[FrameFaces]],
    topic: str,
) -> list[Line]:
    """Return what a handler puts on `topic` when it takes the faces without interruption."""
    messages = []
    # Order holds within a partition only, as it does for the service.
    for _, records in groupby(
        sorted(faces, key=place),
        key=source,
    ):
        partition = list(records)
        for start in range(0, len(partition), BATCH):
            stop = start + BATCH
            outputs = handler.handle(partition[start:stop])
            messages += outputs.messages
    # What it publishes when it is stopped counts too.
    last = handler.stopped()
    messages += last.messages
    found = []
    for message in messages:
        if message.topic.name == topic:
            line = message.event.model_dump(mode="json")
            found.append(line)
    return found


def place(received: Received[Any]) -> tuple[int, int]:
    """Return partition and offset."""
    return received.record.partition, received.record.offset


def source(received: Received[Any]) -> TopicPartition:
    """Return the log that a record stands in."""
    return received.source
