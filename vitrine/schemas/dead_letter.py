"""Define the event for a record that could not be used."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from vitrine.schemas.base import Event, Id, Nanoseconds


class DeadLetter(Event):
    """Report where a record stands and why it was refused.

    Its bytes come along only where they hold no biometrics.
    """

    service: Id
    topic: Id
    partition: Annotated[int, Field(ge=0)]
    offset: Annotated[int, Field(ge=0)]
    key: str
    appended_at_ns: Nanoseconds
    kind: Literal["invalid", "poison"]
    """Refused by a check, or stopped the service again and again."""
    reason: Annotated[
        str,
        Field(min_length=1, max_length=2_000),
    ]
    headers: dict[str, str]
    size: Annotated[int, Field(ge=0)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    value: str | None = None
    """Base64; None on topics with biometrics."""

    @property
    def occurred_at_ns(self) -> int:
        return self.appended_at_ns
