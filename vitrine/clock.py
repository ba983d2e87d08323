"""Give code its time as an argument: the wall clock, or a clock that the events drive."""

from __future__ import annotations

import time
from dataclasses import dataclass
from threading import Condition, Event
from typing import Final, Protocol

SECOND_NS: Final = 1_000_000_000
MILLISECOND_NS: Final = 1_000_000
# How often a wait on events looks at `stop`. Chosen, not measured.
STOP_CHECK_S: Final = 0.1


@dataclass(frozen=True, slots=True)
class Moment:
    """Hold a moment by two clocks."""

    utc_ns: int
    """What events and records say; somebody may set this clock."""
    steady_ns: int
    """From any beginning on, and set by nobody: what lasts is measured by it."""

    def at_steady(self, steady_ns: int) -> Moment:
        """Return another moment, as both clocks go on."""
        utc_ns = self.utc_ns + steady_ns - self.steady_ns
        return Moment(utc_ns, steady_ns)

    def at_utc(self, utc_ns: int) -> Moment:
        """Return another moment, as both clocks have gone until now."""
        steady_ns = self.steady_ns + utc_ns - self.utc_ns
        return Moment(utc_ns, steady_ns)


class Clock(Protocol):
    """Tell UTC nanoseconds, and wait."""

    def now_ns(self) -> int:
        """Return the time now."""

    def now(self) -> Moment:
        """Return the time now, by both clocks."""

    def age_ns(self, at_ns: int) -> int | None:
        """Return how long ago an event was; None where the clock only follows the events."""

    def observe(self, at_ns: int) -> None:
        """Take note of the time of an event."""

    def wait_until(self, steady_ns: int, stop: Event) -> bool:
        """Wait until `steady_ns`; return False when `stop` came first."""


class SystemClock:
    """Tell the time of the machine."""

    def now_ns(self) -> int:
        """Return UTC nanoseconds."""
        return time.time_ns()

    def now(self) -> Moment:
        """Return the time now, by both clocks."""
        return Moment(self.now_ns(), time.monotonic_ns())

    def age_ns(self, at_ns: int) -> int | None:
        """Return how long ago an event was."""
        return time.time_ns() - at_ns

    def observe(self, at_ns: int) -> None:
        """Ignore the events: the wall clock does not follow them."""

    def wait_until(self, steady_ns: int, stop: Event) -> bool:
        """Wait until `steady_ns`; return False when `stop` came first."""
        left_ns = max(0, steady_ns - time.monotonic_ns())
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

    def now(self) -> Moment:
        """Return the latest event time observed: nobody sets it back."""
        now_ns = self.now_ns()
        return Moment(now_ns, now_ns)

    def age_ns(self, at_ns: int) -> int | None:  # noqa: ARG002 - an age would say nothing about us
        """Return None: the events themselves are the clock."""
        return None

    def wait_until(self, steady_ns: int, stop: Event) -> bool:
        """Wait for an event of then or later; return False when `stop` came first."""
        with self._moved:
            while self._now_ns < steady_ns:
                if stop.is_set():
                    return False
                self._moved.wait(STOP_CHECK_S)
        return not stop.is_set()
