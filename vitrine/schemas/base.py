"""What all events share."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints


class Event(BaseModel):
    """A frozen value that travels on the bus; unknown fields, NaN and infinities are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @property
    def occurred_at_ns(self) -> int:
        """Event time, UTC nanoseconds: the moment that the event speaks of (of a span, its end)."""
        raise NotImplementedError

    def to_json(self, **options: Any) -> bytes:
        """UTF-8 JSON, one line."""
        return self.model_dump_json(**options).encode()


Id = Annotated[
    str,
    StringConstraints(
        min_length=1, max_length=160, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:/-]*$"
    ),
]
Nanoseconds = Annotated[int, Field(ge=0, lt=2**63)]
Share = Annotated[float, Field(ge=0, le=1)]
Percent = Annotated[float, Field(ge=0, le=100)]


def _ordered(interval: tuple[int, int]) -> tuple[int, int]:
    if interval[0] > interval[1]:
        raise ValueError(
            f"an interval ends before it starts: {interval[0]} > {interval[1]}"
        )
    return interval


Interval = Annotated[tuple[Nanoseconds, Nanoseconds], AfterValidator(_ordered)]
