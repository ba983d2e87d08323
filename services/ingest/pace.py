"""When a picture of a file or synthetic source is due."""

from __future__ import annotations

import time
from threading import Condition, Event
from typing import Protocol

AHEAD_NS = 500_000_000
PATIENCE_S = 10.0


class Pace(Protocol):
    """Keeps the sources of one site in step."""

    def join(self, camera_id: str, at_ns: int) -> None:
        """A source begins at this capture time."""

    def wait(self, camera_id: str, at_ns: int, stop: Event) -> bool:
        """Wait until the picture of this capture time is due; False when `stop` came first."""

    def leave(self, camera_id: str) -> None:
        """A source ended."""


class Realtime:
    """Each picture when as much time has passed since the start as lies between them."""

    def __init__(self) -> None:
        self._origin_ns: int | None = None

    def join(self, camera_id: str, at_ns: int) -> None:  # noqa: ARG002 - part of the interface
        """The first to join fixes what time it is now."""
        if self._origin_ns is None:
            self._origin_ns = time.monotonic_ns() - at_ns

    def wait(self, camera_id: str, at_ns: int, stop: Event) -> bool:  # noqa: ARG002 - part of the interface
        """Wait until `at_ns` by the clock."""
        origin_ns = self._origin_ns or 0
        return not stop.wait(max(0, origin_ns + at_ns - time.monotonic_ns()) / 1e9)

    def leave(self, camera_id: str) -> None:
        """Nothing."""


class FullSpeed:
    """At once, but no source more than half a second of its time ahead of the slowest.

    Who joins their events by time would find the others late. The slowest is not waited for any more when
    none has moved for `patience_s`.
    """

    def __init__(self, patience_s: float = PATIENCE_S) -> None:
        self._patience_s = patience_s
        self._positions: dict[str, int] = {}
        self._moved = Condition()
        self._moved_at = time.monotonic()

    def join(self, camera_id: str, at_ns: int) -> None:
        """The others wait for it from now on."""
        self._move(camera_id, at_ns)

    def wait(self, camera_id: str, at_ns: int, stop: Event) -> bool:
        """Wait for those that are far behind `at_ns`."""
        self._move(camera_id, at_ns)
        with self._moved:
            while not stop.is_set():
                slowest = min(self._positions, key=self._positions.__getitem__)
                if self._positions[slowest] >= at_ns - AHEAD_NS:
                    return True
                if time.monotonic() - self._moved_at > self._patience_s:
                    del self._positions[slowest]
                else:
                    self._moved.wait(0.1)
        return False

    def leave(self, camera_id: str) -> None:
        """The others no longer wait for it."""
        with self._moved:
            self._positions.pop(camera_id, None)
            self._moved.notify_all()

    def _move(self, camera_id: str, at_ns: int) -> None:
        with self._moved:
            self._positions[camera_id] = at_ns
            self._moved_at = time.monotonic()
            self._moved.notify_all()
