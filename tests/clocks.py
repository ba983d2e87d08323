"""A clock of the machine that a test sets while a service runs."""

from __future__ import annotations

from vitrine.clock import SECOND_NS, SystemClock


class SetClock(SystemClock):
    """Tell the time of the machine, moved by what the test set it to."""

    def __init__(self) -> None:
        self._moved_ns = 0

    def set_by(self, seconds: float) -> None:
        """Set the clock, ahead or back."""
        self._moved_ns += round(seconds * SECOND_NS)

    def now_ns(self) -> int:
        return super().now_ns() + self._moved_ns

    def age_ns(self, at_ns: int) -> int | None:
        return self.now_ns() - at_ns
