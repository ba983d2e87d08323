"""Typed events to bytes and back. The header `schema` names topic and version, `meta` a frame's metadata."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import ValidationError

from vitrine.bus.interface import Message, Record, TopicPartition
from vitrine.errors import Invalid
from vitrine.schemas import Event, FrameMeta
from vitrine.topics import BY_NAME, FRAMES, Topic

E_co = TypeVar("E_co", bound=Event, covariant=True)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An event on its way out. Only frames have a `body` (JPEG) and choose their partition."""

    topic: Topic
    key: str
    event: Event
    body: bytes = b""
    partition: int | None = None


@dataclass(frozen=True, slots=True)
class Received(Generic[E_co]):
    """A decoded record."""

    event: E_co
    record: Record

    @property
    def source(self) -> TopicPartition:
        """The log that it came from."""
        return self.record.source

    @property
    def body(self) -> bytes:
        """The JPEG of a frame."""
        return self.record.value


def encode(outgoing: Outgoing) -> Message:
    """An event as bytes; raises TypeError when it is not of the topic's schema."""
    topic = outgoing.topic
    if not isinstance(outgoing.event, topic.schema):
        raise TypeError(
            f"{topic.name} takes {topic.schema.__name__}, not {type(outgoing.event).__name__}"
        )
    headers = {"schema": f"{topic.name}/{topic.version}".encode()}
    value = outgoing.event.to_json()
    if topic.schema is FrameMeta:
        headers["meta"], value = value, outgoing.body
    return Message(topic.name, outgoing.key, value, headers, outgoing.partition)


def decode(record: Record) -> Received[Event]:
    """A record as a typed event. Raises Invalid with a reason that holds no values of the record."""
    topic = BY_NAME[record.topic]
    expected = f"{topic.name}/{topic.version}"
    found = record.headers.get("schema", b"").decode(errors="replace")
    if found != expected:
        raise Invalid(f"schema header is {found[:80]!r}, expected {expected!r}")
    content = record.headers.get("meta", b"") if topic is FRAMES else record.value
    try:
        return Received(topic.schema.model_validate_json(content), record)
    except ValidationError as error:
        raise Invalid(_summary(topic, error)) from None


def _summary(topic: Topic, error: ValidationError) -> str:
    problems = error.errors(
        include_input=False, include_url=False, include_context=False
    )
    lines = [
        f"{'.'.join(map(str, problem['loc'])) or 'record'}: {problem['msg']}"
        for problem in problems[:5]
    ]
    more = f" (+{len(problems) - 5} more)" if len(problems) > 5 else ""
    return f"not {topic.schema.__name__}: " + "; ".join(lines) + more
