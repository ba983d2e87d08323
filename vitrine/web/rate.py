"""A limit on how often something may happen in a second."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from threading import Lock


class Rate:
    """Count by key, from zero in every second. Thread-safe.

    At the border of two seconds twice as many may pass; nothing is kept for longer.
    """

    def __init__(
        self,
        most: int,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most = most
        self._clock_s = clock_s
        self._second = 0
        self._counts: Counter[str] = Counter()
        self._lock = Lock()

    def full(self, key: str) -> bool:
        """Return True when as many were counted in this second as may."""
        with self._lock:
            self._begin_second()
            return self._counts[key] >= self._most

    def count(self, key: str) -> None:
        """Count one more."""
        with self._lock:
            self._begin_second()
            self._counts[key] += 1

    def _begin_second(self) -> None:
        second = int(self._clock_s())
        if second != self._second:
            self._second = second
            self._counts.clear()
