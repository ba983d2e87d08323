"""Pace: when a picture of a file or synthetic source is due."""

from __future__ import annotations

import time
from threading import Condition, Event
from typing import Final, Protocol

from vitrine.clock import SECOND_NS

# Sources may be this far apart: engagement joins the cameras of a stand by time, and takes
# what comes much later for late. Chosen, not measured.
AHEAD_NS: Final = SECOND_NS // 2

# Smaller delays are made up for by the pictures that follow. Chosen, not measured.
BEHIND_NS: Final = SECOND_NS // 5

# Longer than the slowest picture takes from a file. Chosen, not measured.
PATIENCE_S: Final = 10.0

# A source that waits also looks at `stop` and at the patience. Chosen, not measured.
LOOK_EVERY_S: Final = 0.1


class Pace(Protocol):
    """Keep the sources of one site in step."""

    def begin(self, at_ns: int) -> None:
        """Let the time of the sources begin now, at this capture time."""

    def join(self, camera_id: str, at_ns: int) -> None:
        """Let a source begin at this capture time."""

    def wait(
        self,
        camera_id: str,
        at_ns: int,
        stop: Event,
    ) -> bool:
        """Wait until the picture of this capture time is due; False when `stop` came first."""

    def behind_ns(self, at_ns: int) -> int:
        """Return how much too late the picture of this capture time is, to be shown now."""

    def leave(self, camera_id: str) -> None:
        """Let a source end."""


class Realtime:
    """Show each picture when as much time has passed since the start as lies between them."""

    def __init__(self) -> None:
        self._origin_ns = 0

    def begin(self, at_ns: int) -> None:
        """Let each picture be due at its distance from this one."""
        self._origin_ns = time.monotonic_ns() - at_ns

    def join(self, camera_id: str, at_ns: int) -> None:
        """Do nothing: no source waits for another."""

    def wait(
        self,
        camera_id: str,  # noqa: ARG002 - part of the interface
        at_ns: int,
        stop: Event,
    ) -> bool:
        """Wait until `at_ns` by the clock."""
        due_ns = self._origin_ns + at_ns
        left_ns = max(0, due_ns - time.monotonic_ns())
        stopped = stop.wait(left_ns / SECOND_NS)
        return not stopped

    def behind_ns(self, at_ns: int) -> int:
        """Return the nanoseconds since the picture was due; 0 for a small delay."""
        due_ns = self._origin_ns + at_ns
        late_ns = time.monotonic_ns() - due_ns
        if late_ns < BEHIND_NS:
            return 0
        return late_ns

    def leave(self, camera_id: str) -> None:
        """Do nothing: no source waits for another."""


class FullSpeed:
    """Show pictures at once, but no source more than half a second ahead of the slowest.

    Time is that of the sources. Services that join events by time would find the others late.
    The slowest is not waited for any more when none has moved for `PATIENCE_S`.
    """

    def __init__(self) -> None:
        self._positions: dict[str, int] = {}
        self._moved = Condition()
        self._moved_at = time.monotonic()

    def begin(self, at_ns: int) -> None:
        """Do nothing: time is that of the sources."""

    def join(self, camera_id: str, at_ns: int) -> None:
        """Let the others wait for it from now on."""
        self._move(camera_id, at_ns)

    def wait(
        self,
        camera_id: str,
        at_ns: int,
        stop: Event,
    ) -> bool:
        """Wait for those that are far behind `at_ns`."""
        self._move(camera_id, at_ns)
        with self._moved:
            while not stop.is_set():
                slowest = min(self._positions, key=self._positions.__getitem__)
                if self._positions[slowest] >= at_ns - AHEAD_NS:
                    return True
                still_s = time.monotonic() - self._moved_at
                if still_s > PATIENCE_S:
                    del self._positions[slowest]
                else:
                    self._moved.wait(LOOK_EVERY_S)
        return False

    def behind_ns(
        self,
        at_ns: int,  # noqa: ARG002 - part of the interface
    ) -> int:
        """Return 0: nothing is due at a time of the clock."""
        return 0

    def leave(self, camera_id: str) -> None:
        """Let the others no longer wait for it."""
        with self._moved:
            self._positions.pop(camera_id, None)
            self._moved.notify_all()

    def _move(self, camera_id: str, at_ns: int) -> None:
        with self._moved:
            self._positions[camera_id] = at_ns
            self._moved_at = time.monotonic()
            self._moved.notify_all()
