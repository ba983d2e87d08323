"""The contract between the loop and a service: typed events in, records out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from vitrine.bus import (
    Commit,
    Outgoing,
    Received,
    TopicPartition,
)

Batch: TypeAlias = Sequence[Received[Any]]
Rejection: TypeAlias = tuple[Received[Any], str]


@dataclass(slots=True)
class Outputs:
    """Hold everything that a batch led to."""

    messages: list[Outgoing] = field(default_factory=list)
    rejected: list[Rejection] = field(default_factory=list)
    """Records that the handler refused, with the reason: they become dead letters."""
    resume: Mapping[TopicPartition, Commit] = field(default_factory=dict)
    """Where the next reader has to start, with a note for it.

    For partitions where an open state still needs older records; the others are committed
    to the end of the batch.
    """
    staged: Any = None
    """Anything that the handler needs back in `published`; the loop hands it on unread."""


class Handler:
    """Hold the logic of a service, without any client of the bus.

    State belongs to the assigned partitions. `handle` may raise Unavailable, then it is called
    again with the same batch: change state last.
    """

    def assigned(
        self,
        commits: Mapping[TopicPartition, Commit | None],  # noqa: ARG002 - for those who need it
    ) -> Mapping[TopicPartition, int]:
        """Take new partitions, with what the group committed for each.

        Returns offsets to start at instead.
        """
        return {}

    def revoked(self, partitions: Sequence[TopicPartition]) -> None:
        """Drop the state of partitions that moved elsewhere."""

    def waiting(self, lag: Mapping[TopicPartition, int]) -> None:
        """Note how many records of each partition were not read yet; told every second or so."""

    def handle(self, batch: Batch) -> Outputs:
        """Work on a batch, in order within each partition; an empty one says that time passed."""
        raise NotImplementedError

    def published(self, outputs: Outputs) -> None:
        """Adopt what `outputs`, of `handle` or `stopped`, rest on: they are durable now.

        May raise Unavailable, then it is called again.
        """

    def stopped(self) -> Outputs:
        """Return the last outputs of a graceful stop."""
        return Outputs()
