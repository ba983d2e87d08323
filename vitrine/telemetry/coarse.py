"""Count what single customers did in steps, so that no value dates one of them."""

from __future__ import annotations

from collections import Counter as Counts
from threading import Lock
from typing import Final

from prometheus_client import Counter

# As many people as a step of released figures is to concern (docs/metrics.md, "Release").
STEP: Final = 10


class CoarseCounter:
    """Let a counter rise by whole steps only; what is left when the process ends is lost."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter
        self._left: Counts[tuple[str, ...]] = Counts()
        self._lock = Lock()

    def add(self, *labels: str) -> None:
        """Count one event."""
        with self._lock:
            self._left[labels] += 1
            if self._left[labels] < STEP:
                return
            del self._left[labels]
        self._counter.labels(*labels).inc(STEP)
