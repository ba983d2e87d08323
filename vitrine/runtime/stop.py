"""Two ways to end: at once, or after everything that is already on the bus."""

from __future__ import annotations

from threading import Event


class DrainingStop(Event):
    """Asks a service to end once it has handled what is on the bus: for input that ended."""

    def __init__(self) -> None:
        super().__init__()
        self.at_once = Event()
        """Do not wait for the rest, nor for what is unavailable."""

    def abandon(self) -> None:
        """End at once after all."""
        self.at_once.set()
        self.set()


def impatient(stop: Event) -> Event:
    """The event that ends waiting for something unavailable."""
    return stop.at_once if isinstance(stop, DrainingStop) else stop
