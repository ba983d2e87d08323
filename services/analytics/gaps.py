"""Notice where the log deleted records that were not read."""

from __future__ import annotations

from collections.abc import Iterable

from vitrine.bus import Record, TopicPartition
from vitrine.campaigns.intervals import Span


class Gaps:
    """Follow each topic and partition: its offsets, and the event time up to which it was read."""

    def __init__(self) -> None:
        self._next: dict[TopicPartition, int] = {}
        self._read_ns: dict[TopicPartition, int] = {}

    def expects(self, source: TopicPartition, offset: int, until_ns: int) -> None:
        """Note where reading goes on, and the time of what was read before."""
        self._next[source] = offset
        self._read_ns[source] = until_ns

    def forget(self, sources: Iterable[TopicPartition]) -> None:
        """Forget what another worker reads now."""
        for source in sources:
            self._next.pop(source, None)
            self._read_ns.pop(source, None)

    def read(self, record: Record, at_ns: int) -> Span | None:
        """Note a record, of an event at `at_ns`; return the time of those missing before it."""
        source = record.source
        missed = record.offset - self._next.get(source, record.offset)
        before_ns = self._read_ns.get(source, 0)
        self._next[source] = record.offset + 1
        self._read_ns[source] = max(before_ns, at_ns)
        if missed <= 0 or not 0 < before_ns < at_ns:
            return None
        return before_ns, at_ns
