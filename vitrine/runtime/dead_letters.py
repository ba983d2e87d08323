"""Dead letters: records that cannot be used."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from typing import Literal, TypeAlias

from vitrine.bus import Outgoing, Record
from vitrine.schemas import DeadLetter
from vitrine.topics import BY_NAME, DEAD_LETTERS

Kind: TypeAlias = Literal["invalid", "poison"]

# A megabyte becomes 1.4 MB as base64; a dead letter has to fit its own topic.
_LARGEST_VALUE_BYTES = 1_000_000
_LONGEST_REASON = 2_000
_LONGEST_HEADER = 500


def dead_letter(
    service: str,
    record: Record,
    kind: Kind,
    reason: str,
) -> Outgoing:
    """Return the dead letter of a record, with its bytes only where the topic has no biometrics."""
    topic = BY_NAME[record.topic]
    size = len(record.value)
    headers = {}
    value = None
    if not topic.biometric:
        for name, content in record.headers.items():
            headers[name] = content.decode(errors="replace")[:_LONGEST_HEADER]
        if size <= _LARGEST_VALUE_BYTES:
            value = b64encode(record.value).decode()
    letter = DeadLetter(
        service=service,
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        key=record.key,
        appended_at_ns=record.appended_at_ns,
        kind=kind,
        reason=reason[:_LONGEST_REASON] or "no reason given",
        headers=headers,
        size=size,
        sha256=sha256(record.value).hexdigest(),
        value=value,
    )
    return Outgoing(DEAD_LETTERS, record.topic, letter)
