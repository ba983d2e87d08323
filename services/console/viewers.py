"""Know who watches: without viewers nothing is read, decoded or kept."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Event, Lock
from typing import Final

from vitrine.telemetry import metrics

logger = logging.getLogger(__name__)

# A browser asks several times a second, and at least every two seconds (`web.WAIT_S`).
# One that has not asked for so long is gone. Chosen, not measured.
GONE_S: Final = 6.0


class TooMany(Exception):
    """As many browsers watch as may."""


class Viewers:
    """Count the browsers that watch. Thread-safe."""

    def __init__(self, most: int, clock_s: Callable[[], float]) -> None:
        """Admit `most` at the same time; tell the time by `clock_s`, in seconds."""
        self._most = most
        self._clock_s = clock_s
        self._asked_s: dict[str, float] = {}
        """When each browser asked last."""
        self._lock = Lock()
        self._somebody = Event()
        metrics.CONSOLE_VIEWERS.set(0)

    def asks(self, viewer: str) -> bool:
        """Note that a browser asked; return True when it was not there before.

        Raises TooMany for one more than may watch.
        """
        with self._lock:
            self._drop_gone()
            is_new = viewer not in self._asked_s
            if is_new and len(self._asked_s) >= self._most:
                raise TooMany
            self._asked_s[viewer] = self._clock_s()
            self._somebody.set()
            if is_new:
                metrics.CONSOLE_OPENINGS.inc()
                self._tell("opened")
            return is_new

    def present(self) -> bool:
        """Return True while somebody watches."""
        with self._lock:
            self._drop_gone()
            return bool(self._asked_s)

    def wait(self, timeout_s: float) -> bool:
        """Wait until somebody watches; return False when nobody came in time."""
        came = self._somebody.wait(timeout_s)
        return came and self.present()

    def _drop_gone(self) -> None:
        since_s = self._clock_s() - GONE_S
        gone = []
        for viewer, asked_s in self._asked_s.items():
            if asked_s < since_s:
                gone.append(viewer)
        for viewer in gone:
            del self._asked_s[viewer]
        if gone:
            self._tell("closed")
        if not self._asked_s:
            self._somebody.clear()

    def _tell(self, what: str) -> None:
        count = len(self._asked_s)
        metrics.CONSOLE_VIEWERS.set(count)
        logger.info(
            "the live view was %s; browsers that watch: %d",
            what,
            count,
        )
