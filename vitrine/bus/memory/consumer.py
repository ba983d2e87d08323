"""Read from the bus in memory as a member of a group."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from threading import Condition

from vitrine.bus.interface import Commit, Partitions, Record, TopicPartition
from vitrine.bus.memory.state import Member, State
from vitrine.topics import Topic


class MemoryConsumer:
    """Read as one member; partitions are dealt out in turn, equal numbers of each topic together.

    Callbacks run without the lock: they may use the bus.
    """

    def __init__(
        self,
        state: State,
        group: str,
        topics: Sequence[Topic],
        on_assigned: Partitions | None,
        on_revoked: Partitions | None,
        from_end: bool,
    ) -> None:
        self._state = state
        self._from_end = from_end
        self._on_assigned = on_assigned
        self._on_revoked = on_revoked
        self._positions: dict[TopicPartition, int] = {}
        """Offset of the next record to read, for each partition that the member holds."""
        self._sources: list[TopicPartition] = []
        """The partitions that the member holds, in order."""
        self._polls = 0
        self._settled = -1
        """The generation in which this member holds its whole share; -1 before the first poll."""
        self._news = Condition(state.lock)
        self._member = Member(tuple(topics), self._positions, self._news)
        self._group = state.join(group, self._member)

    @property
    def joined(self) -> bool:
        """Tell whether the member has its share: from its first poll on."""
        return self._settled >= 0

    def poll(self, timeout_s: float, max_records: int) -> Sequence[Record]:
        """Return the next records, each partition in order; empty after `timeout_s`."""
        deadline = time.monotonic() + timeout_s
        while True:
            self._follow_assignment()
            with self._news:
                records = self._take(max_records)
                left_s = deadline - time.monotonic()
                if records or left_s <= 0:
                    return records
                self._news.wait(left_s)

    def _follow_assignment(self) -> None:
        """Let go of partitions that others are to hold, and take those that are free for us."""
        with self._state.lock:
            generation = self._state.generation
            if self._settled == generation:
                return
            share = self._state.share(self._group, self._member)
            held = self._positions.keys()
            gone = sorted(held - share)
            # A partition moves only after its owner has let go of it.
            new = sorted(share - held - self._group.held_by_others(self._member))
        if gone and self._on_revoked:
            self._on_revoked(gone)
        with self._state.lock:
            self._let_go(gone)
            self._take_over(new)
            self._sources = sorted(self._positions)
            self._settled = generation
            if gone:
                self._state.reshare()
        if new and self._on_assigned:
            self._on_assigned(new)

    def _let_go(self, sources: Sequence[TopicPartition]) -> None:
        for source in sources:
            del self._positions[source]

    def _take_over(self, sources: Sequence[TopicPartition]) -> None:
        """Read on where the group has got to; without a commit, at the start or end of the log."""
        for source in sources:
            log = self._state.logs[source]
            default = log.end if self._from_end else log.start
            position = self._group.committed_offset(source, default)
            self._positions[source] = position

    def _take(self, max_records: int) -> list[Record]:
        """Return what there is; each poll begins with the next partition, so that none starves."""
        taken = self._state.read_in_turn(
            self._positions,
            self._sources,
            self._polls,
            max_records,
        )
        self._polls += 1
        return taken

    def commit(self, commits: Mapping[TopicPartition, Commit]) -> None:
        """Store where the group goes on; partitions no longer owned are ignored."""
        with self._state.lock:
            for source, commit in commits.items():
                if source in self._positions:
                    self._group.commits[source] = commit

    def committed(self, source: TopicPartition) -> Commit | None:
        """Return what the group last committed for a partition, or None."""
        with self._state.lock:
            return self._group.commits.get(source)

    def seek(self, source: TopicPartition, offset: int) -> None:
        """Read an assigned partition from `offset` on.

        From the oldest record that is kept, if `offset` is before it or the log never got so far.

        Raises KeyError for a partition that is not assigned.
        """
        with self._state.lock:
            if source not in self._positions:
                raise KeyError(f"{source} is not assigned to this consumer")
            log = self._state.logs[source]
            if not log.start <= offset <= log.end:
                offset = log.start
            self._positions[source] = offset

    def lag(self) -> Mapping[TopicPartition, int]:
        """Return the number of records after this consumer's position, for each partition."""
        lags: dict[TopicPartition, int] = {}
        with self._state.lock:
            for source, position in self._positions.items():
                end = self._state.logs[source].end
                lags[source] = max(0, end - position)
        return lags

    def close(self) -> None:
        """Leave the group; calls `on_revoked` for what was assigned."""
        with self._state.lock:
            held = sorted(self._positions)
            present = self._group.has(self._member)
        if present and held and self._on_revoked:
            self._on_revoked(held)
        with self._state.lock:
            self._group.leave(self._member)
            self._positions.clear()
            self._sources = []
            self._state.reshare()
