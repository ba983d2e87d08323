"""Frames that wait for the workers."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from threading import Lock

from vitrine.bus import Bus
from vitrine.errors import Unavailable
from vitrine.topics import FRAMES

WORKERS = "landmarks"

# Time between questions to a bus that does not answer. Chosen, not measured.
LOOK_AGAIN_S = 1.0


class InFlight:
    """Count frames published and not yet committed by the workers, by partition.

    The cameras' threads share it. The bus is asked only when what was published since the last
    look may have reached the bound, and at most once in `look_every_s`.
    """

    def __init__(
        self,
        bus: Bus,
        bound: int,
        look_every_s: float,
    ) -> None:
        self.look_every_s = look_every_s
        self._bus = bus
        self._bound = bound
        self._lock = Lock()
        self._sent: Counter[int] = Counter()
        self._sent_at_look: Counter[int] = Counter()
        self._backlog: Mapping[int, int] | None = None
        self._failure: Unavailable | None = None
        self._due = 0.0

    def has_room(self, partition: int) -> bool:
        """Return True if one more frame may wait in a partition. Raises Unavailable."""
        with self._lock:
            if self._below_bound(partition):
                return True
            if time.monotonic() >= self._due:
                self._look()
            if self._failure is not None:
                raise self._failure
            return self._below_bound(partition)

    def sent(self, partition: int) -> None:
        """Count a frame that the bus has stored."""
        with self._lock:
            self._sent[partition] += 1

    def _below_bound(self, partition: int) -> bool:
        if self._backlog is None or self._failure is not None:
            return False
        since = self._sent[partition] - self._sent_at_look[partition]
        return self._backlog[partition] + since < self._bound

    def _look(self) -> None:
        # Before the question: a frame sent meanwhile is counted twice rather than not at all.
        sent = self._sent.copy()
        try:
            self._backlog = self._bus.backlog(WORKERS, FRAMES)
        except Unavailable as error:
            self._failure = error
            self._due = time.monotonic() + LOOK_AGAIN_S
        else:
            self._failure = None
            self._due = time.monotonic() + self.look_every_s
            self._sent_at_look = sent
