"""Frames that wait for the workers."""

from __future__ import annotations

import math
import time
from collections import Counter, defaultdict, deque
from collections.abc import Mapping
from functools import partial
from threading import Lock

from vitrine.bus import Bus
from vitrine.errors import Unavailable
from vitrine.topics import FRAMES

WORKERS = "landmarks"

# Time between questions to a bus that does not answer. Chosen, not measured.
LOOK_AGAIN_S = 1.0

# In real time: what waits longer is out of date when a stand could answer it, which takes
# nothing that is older than two seconds. Chosen, not measured.
LONGEST_WAIT_S = 1.0

# At this share of a limit the bus is asked after a frame, so that the next one does not wait for
# the answer: three requests take 8 ms, a tenth of the time between two frames.
EARLY = 0.5


class InFlight:
    """Count frames published and not yet committed by the workers, by partition.

    There is room while fewer than `bound` wait, and the oldest has not waited longer than
    `longest_wait_s`: slow workers get less at a time, so that what they find is not out of date.

    The cameras' threads share it. The bus is asked only when what was published since the last
    look may have reached half of a limit, and at most once in `look_every_s`.
    """

    def __init__(
        self,
        bus: Bus,
        bound: int,
        look_every_s: float,
        longest_wait_s: float = math.inf,
    ) -> None:
        self.look_every_s = look_every_s
        self._bus = bus
        self._bound = bound
        self._longest_wait_s = longest_wait_s
        self._lock = Lock()
        self._sent: Counter[int] = Counter()
        self._sent_at_look: Counter[int] = Counter()
        last_times = partial(deque[float], maxlen=bound)
        self._sent_at: defaultdict[int, deque[float]] = defaultdict(last_times)
        self._backlog: Mapping[int, int] | None = None
        self._failure: Unavailable | None = None
        self._due = 0.0

    def has_room(self, partition: int) -> bool:
        """Return True if one more frame may wait in a partition. Raises Unavailable."""
        with self._lock:
            if self._below_limits(partition):
                return True
            if self._may_look():
                self._look()
            if self._failure is not None:
                raise self._failure
            return self._below_limits(partition)

    def sent(self, partition: int) -> None:
        """Count a frame that the bus has stored."""
        with self._lock:
            self._sent[partition] += 1
            self._sent_at[partition].append(time.monotonic())
            if not self._below_limits(partition, EARLY) and self._may_look():
                self._look()

    def _may_look(self) -> bool:
        return time.monotonic() >= self._due

    def _below_limits(self, partition: int, share: float = 1.0) -> bool:
        if self._backlog is None or self._failure is not None:
            return False
        since = self._sent[partition] - self._sent_at_look[partition]
        waiting = self._backlog[partition] + since
        if waiting >= share * self._bound:
            return False
        oldest_s = self._oldest_waited_s(partition, waiting)
        return oldest_s <= share * self._longest_wait_s

    def _oldest_waited_s(self, partition: int, waiting: int) -> float:
        """Return how long the oldest waits of those sent by this process; 0 without any."""
        sent_at = self._sent_at[partition]
        # Others may wait too: from before a restart, or from another process on the same
        # partition. Those make it look longer, and room rarer.
        own = min(waiting, len(sent_at))
        if own == 0:
            return 0.0
        return time.monotonic() - sent_at[-own]

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
