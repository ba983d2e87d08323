"""Two ways to end: at once, or after everything that is already on the bus."""

from __future__ import annotations

from threading import Event


class DrainingStop(Event):
    """Ask a service to end once it has handled what is on the bus: for input that ended."""

    def __init__(self) -> None:
        super().__init__()
        self.at_once = Event()
        """Set when neither the rest of the bus nor anything unavailable is to be waited for."""

    def abandon(self) -> None:
        """End at once after all."""
        self.at_once.set()
        self.set()


def impatient(stop: Event) -> Event:
    """Return the event that ends waiting for something unavailable."""
    if isinstance(stop, DrainingStop):
        return stop.at_once
    return stop
