"""Read what is new on the bus in memory, as a member of no group."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from threading import Condition

from vitrine.bus.interface import Record, TopicPartition
from vitrine.bus.memory.state import Member, State
from vitrine.topics import Topic


class MemoryTail:
    """Read all partitions of some topics; no record is kept for it."""

    def __init__(self, state: State, topics: Mapping[Topic, int]) -> None:
        """Begin so many records before the end of each partition of a topic."""
        self._state = state
        self._polls = 0
        self._news = Condition(state.lock)
        self._positions: dict[TopicPartition, int] = {}
        with state.lock:
            for topic, last in topics.items():
                self._begin(topic, last)
            self._sources = sorted(self._positions)
            self._member = Member(tuple(topics), self._positions, self._news)
            state.tails.append(self._member)

    def _begin(self, topic: Topic, last: int) -> None:
        count = self._state.require(topic.name).partitions
        for number in range(count):
            source = TopicPartition(topic.name, number)
            log = self._state.logs[source]
            self._positions[source] = max(log.start, log.end - last)

    def poll(self, timeout_s: float, max_records: int) -> Sequence[Record]:
        """Return the next records, each partition in order; empty after `timeout_s`."""
        deadline = time.monotonic() + timeout_s
        with self._news:
            while True:
                records = self._state.read_in_turn(
                    self._positions,
                    self._sources,
                    self._polls,
                    max_records,
                )
                left_s = deadline - time.monotonic()
                if records or left_s <= 0:
                    self._polls += 1
                    return records
                self._news.wait(left_s)

    def skip(self) -> None:
        """Go on with what is published from now on."""
        with self._state.lock:
            for source, log in self._state.logs.items():
                if source in self._positions:
                    self._positions[source] = log.end

    def lag(self) -> Mapping[TopicPartition, int]:
        """Return the number of records after the position."""
        with self._state.lock:
            lags = {}
            for source, position in self._positions.items():
                lags[source] = self._state.logs[source].end - position
            return lags

    def close(self) -> None:
        """Stop being told of news."""
        with self._state.lock:
            if self._member in self._state.tails:
                self._state.tails.remove(self._member)
