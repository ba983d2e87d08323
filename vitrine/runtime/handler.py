"""What a service is to the loop: typed events in, records out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from vitrine.bus import Commit, Outgoing, Received, TopicPartition


@dataclass(slots=True)
class Outputs:
    """What a batch led to.

    `resume` holds, for partitions where an open state still needs older records, where the next reader
    has to start, with a note for it; the other partitions are committed to the end of the batch.
    """

    messages: list[Outgoing] = field(default_factory=list)
    rejected: list[tuple[Received[Any], str]] = field(default_factory=list)
    """Records that a library refused, with the reason: they become dead letters."""
    resume: Mapping[TopicPartition, Commit] = field(default_factory=dict)
    staged: Any = None
    """Whatever the handler wants back in `published`; the loop hands it on unread."""


class Handler:
    """The logic of a service. It holds no client of the bus; state belongs to the assigned partitions.

    `handle` may raise Unavailable, then it is called again with the same batch: change state last.
    """

    def assigned(
        self,
        commits: Mapping[TopicPartition, Commit | None],  # noqa: ARG002 - for those who need it
    ) -> Mapping[TopicPartition, int]:
        """New partitions and what the group committed for them; returns offsets to start at instead."""
        return {}

    def revoked(self, partitions: Sequence[TopicPartition]) -> None:
        """Partitions that moved elsewhere: drop their state."""

    def handle(self, batch: Sequence[Received[Any]]) -> Outputs:
        """Work on a batch, in order within each partition; an empty batch says that time passed."""
        raise NotImplementedError

    def published(self, outputs: Outputs) -> None:
        """Adopt what `outputs`, of `handle` or `stopped`, rest on: they are durable now.

        May raise Unavailable, then it is called again.
        """

    def stopped(self) -> Outputs:
        """Last outputs of a graceful stop."""
        return Outputs()
