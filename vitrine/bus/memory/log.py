"""Keep one partition in memory."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from vitrine.bus.interface import Record


@dataclass(slots=True)
class Log:
    """Hold the records that one partition still keeps, oldest first, and where they begin."""

    records: deque[Record] = field(default_factory=deque)
    start: int = 0
    """Offset of the oldest record that is kept."""
    size_bytes: int = 0
    """Bytes of the values that are kept."""

    @property
    def end(self) -> int:
        """Return the offset that the next record gets."""
        return self.start + len(self.records)

    def append(self, record: Record) -> None:
        """Add the newest record; its offset has to be `end`."""
        self.records.append(record)
        self.size_bytes += len(record.value)

    def read(self, position: int, limit: int) -> list[Record]:
        """Return at most `limit` records from `position` on, or from the oldest that is kept."""
        first = max(position - self.start, 0)
        last = min(first + limit, len(self.records))
        # By index: `islice` would walk over all records before `first` at every poll.
        return [self.records[index] for index in range(first, last)]

    def trim(self, before: int) -> None:
        """Drop the records with offsets below `before`."""
        while self.records and self.start < before:
            dropped = self.records.popleft()
            self.size_bytes -= len(dropped.value)
            self.start += 1
