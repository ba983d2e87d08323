"""Measure frames a second."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Final

# Long enough for a steady figure of slow cameras. Chosen, not measured.
SPAN_S: Final = 3.0
# More than a camera gives in that time; a bound for replays at full speed.
MOST: Final = 400


@dataclass(slots=True)
class Rate:
    """Count what happened in the last seconds."""

    _times_s: deque[float] = field(default_factory=lambda: deque(maxlen=MOST))

    def count(self, now_s: float) -> float:
        """Count one, and return how many there are a second; 0 for the first."""
        times = self._times_s
        times.append(now_s)
        while times[0] < now_s - SPAN_S:
            times.popleft()
        passed_s = now_s - times[0]
        if passed_s <= 0:
            return 0.0
        intervals = len(times) - 1
        return intervals / passed_s
