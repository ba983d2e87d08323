"""Give code its time as an argument: the wall clock, or a clock that the events drive."""

from __future__ import annotations

import time
from threading import Condition, Event
from typing import Final, Protocol

SECOND_NS: Final = 1_000_000_000
# How often a wait on events looks at `stop`. Chosen, not measured.
STOP_CHECK_S: Final = 0.1


class Clock(Protocol):
    """Tell UTC nanoseconds, and wait for them."""

    def now_ns(self) -> int:
        """Return the time now."""

    def age_ns(self, at_ns: int) -> int | None:
        """Return how long ago an event was; None where the clock only follows the events."""

    def observe(self, at_ns: int) -> None:
        """Take note of the time of an event."""

    def wait_until(self, at_ns: int, stop: Event) -> bool:
        """Wait until `at_ns`; return False when `stop` came first."""


class SystemClock:
    """Tell the time of the machine."""

    def now_ns(self) -> int:
        """Return UTC nanoseconds."""
        return time.time_ns()

    def age_ns(self, at_ns: int) -> int | None:
        """Return how long ago an event was."""
        return time.time_ns() - at_ns

    def observe(self, at_ns: int) -> None:
        """Ignore the events: the wall clock does not follow them."""

    def wait_until(self, at_ns: int, stop: Event) -> bool:
        """Wait until `at_ns`; return False when `stop` came first."""
        left_ns = max(0, at_ns - time.time_ns())
        stopped = stop.wait(left_ns / SECOND_NS)
        return not stopped


class EventClock:
    """Stand at the latest event time observed.

    Recorded input then runs at full speed, and decisions are those of real time.
    """

    def __init__(self) -> None:
        self._now_ns = 0
        self._moved = Condition()

    def observe(self, at_ns: int) -> None:
        """Advance to `at_ns`; never backwards."""
        with self._moved:
            if at_ns > self._now_ns:
                self._now_ns = at_ns
                self._moved.notify_all()

    def now_ns(self) -> int:
        """Return the latest event time observed; 0 before the first."""
        with self._moved:
            return self._now_ns

    def age_ns(self, at_ns: int) -> int | None:  # noqa: ARG002 - an age would say nothing about us
        """Return None: the events themselves are the clock."""
        return None

    def wait_until(self, at_ns: int, stop: Event) -> bool:
        """Wait for an event of `at_ns` or later; return False when `stop` came first."""
        with self._moved:
            while self._now_ns < at_ns:
                if stop.is_set():
                    return False
                self._moved.wait(STOP_CHECK_S)
        return not stop.is_set()
