"""Turn typed events into bytes and back.

The header `schema` names topic and version, the header `meta` holds a frame's metadata.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Generic, TypeVar

from pydantic import ValidationError

from vitrine.bus.interface import Message, Record, TopicPartition
from vitrine.errors import Invalid
from vitrine.schemas import Event, FrameMeta
from vitrine.topics import BY_NAME, FRAMES, Topic

E_co = TypeVar(
    "E_co",
    bound=Event,
    covariant=True,
)

# So many problems of a record are named: a dead letter's reason holds 2,000 characters.
LISTED_PROBLEMS = 5
# So many characters of a wrong header are shown: whoever wrote the record chose its length.
SHOWN_HEADER = 80


@dataclass(frozen=True, slots=True)
class Outgoing:
    """Hold an event on its way out. Only frames have a `body` (JPEG)."""

    topic: Topic
    key: str
    event: Event
    body: bytes = b""
    partition: int | None = None


@dataclass(frozen=True, slots=True)
class Received(Generic[E_co]):
    """Hold a decoded record."""

    event: E_co
    record: Record

    @property
    def source(self) -> TopicPartition:
        """Return the partition that it came from."""
        return self.record.source

    @property
    def body(self) -> bytes:
        """Return the JPEG of a frame."""
        return self.record.value


def encode(outgoing: Outgoing) -> Message:
    """Return an event as bytes. Raises TypeError when it is not of the topic's schema."""
    topic = outgoing.topic
    if not isinstance(outgoing.event, topic.schema):
        found = type(outgoing.event).__name__
        raise TypeError(f"{topic.name} takes {topic.schema.__name__}, not {found}")
    headers = {"schema": _schema_header(topic).encode()}
    value = outgoing.event.to_json()
    if topic.schema is FrameMeta:
        headers["meta"] = value
        value = outgoing.body
    return Message(
        topic=topic.name,
        key=outgoing.key,
        value=value,
        headers=headers,
        partition=outgoing.partition,
    )


def decode(record: Record) -> Received[Event]:
    """Return a record as a typed event.

    Raises Invalid with a reason that holds no values of the record.
    """
    topic = BY_NAME[record.topic]
    header = record.headers.get("schema", b"")
    if header not in _read_headers(record.topic):
        expected = _schema_header(topic)
        shown = header.decode(errors="replace")[:SHOWN_HEADER]
        raise Invalid(f"schema header is {shown!r}, expected {expected!r}")
    content = record.value
    if topic is FRAMES:
        content = record.headers.get("meta", b"")
    try:
        event = topic.schema.model_validate_json(content)
    except ValidationError as error:
        raise Invalid(_summary(topic, error)) from None
    return Received(event, record)


def _schema_header(topic: Topic) -> str:
    return f"{topic.name}/{topic.version}"


@cache
def _read_headers(name: str) -> tuple[bytes, ...]:
    """Return the headers of the versions that a topic's schema reads.

    By its name: to hash a whole topic for each record takes a tenth of decoding.
    """
    topic = BY_NAME[name]
    oldest = topic.reads_from or topic.version
    versions = range(oldest, topic.version + 1)
    return tuple(f"{name}/{version}".encode() for version in versions)


def _summary(topic: Topic, error: ValidationError) -> str:
    """Return the first problems as one line, without any value of the record."""
    problems = error.errors(
        include_input=False,
        include_url=False,
        include_context=False,
    )
    lines = []
    for problem in problems[:LISTED_PROBLEMS]:
        place = ".".join(str(part) for part in problem["loc"])
        lines.append(f"{place or 'record'}: {problem['msg']}")
    listed = "; ".join(lines)
    left = len(problems) - LISTED_PROBLEMS
    more = f" (+{left} more)" if left > 0 else ""
    return f"not {topic.schema.__name__}: {listed}{more}"
