"""Records that cannot be used."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from typing import Literal

from vitrine.bus import Outgoing, Record
from vitrine.schemas import DeadLetter
from vitrine.topics import BY_NAME, DEAD_LETTERS

_LARGEST_VALUE = 1_000_000


def dead_letter(
    service: str, record: Record, kind: Literal["invalid", "poison"], reason: str
) -> Outgoing:
    """The dead letter of a record; its bytes only where the topic holds no biometrics."""
    topic = BY_NAME[record.topic]
    keep = not topic.biometric and len(record.value) <= _LARGEST_VALUE
    headers = {} if topic.biometric else record.headers
    letter = DeadLetter(
        service=service,
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        key=record.key,
        appended_at_ns=record.appended_at_ns,
        kind=kind,
        reason=reason[:2000] or "no reason given",
        headers={
            name: value.decode(errors="replace")[:500]
            for name, value in headers.items()
        },
        size=len(record.value),
        sha256=sha256(record.value).hexdigest(),
        value=b64encode(record.value).decode() if keep else None,
    )
    return Outgoing(DEAD_LETTERS, record.topic, letter)
