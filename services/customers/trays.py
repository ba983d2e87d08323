"""What the enrolment desk has seen of a customer: in memory only, until they are enrolled."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Final

from vitrine.customers.enrolment import View

# All chosen, not measured. A desk enrols one customer after the other.
TRAY_S: Final = 600.0
MOST_TRAYS: Final = 64
MOST_VIEWS: Final = 12


@dataclass(slots=True)
class _Tray:
    ends_s: float
    views: list[View] = field(default_factory=list)


class Trays:
    """Keep good views by desk, for ten minutes after the last. Thread-safe."""

    def __init__(self, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._clock_s = clock_s
        self._lock = Lock()
        self._trays: dict[str, _Tray] = {}

    def add(self, desk: str, view: View) -> int:
        """Keep a view; return how many there are. Of too many the oldest goes."""
        with self._lock:
            self._forget_old()
            tray = self._trays.setdefault(desk, _Tray(0.0))
            tray.ends_s = self._clock_s() + TRAY_S
            tray.views.append(view)
            del tray.views[:-MOST_VIEWS]
            if len(self._trays) > MOST_TRAYS:
                del self._trays[next(iter(self._trays))]
            return len(tray.views)

    def views(self, desk: str) -> list[View]:
        """Return what is kept."""
        with self._lock:
            self._forget_old()
            tray = self._trays.get(desk)
            return list(tray.views) if tray is not None else []

    def clear(self, desk: str) -> None:
        """Forget what is kept."""
        with self._lock:
            self._trays.pop(desk, None)

    def _forget_old(self) -> None:
        now_s = self._clock_s()
        for desk, tray in list(self._trays.items()):
            if tray.ends_s <= now_s:
                del self._trays[desk]
