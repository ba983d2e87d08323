"""Ctrl-C and SIGTERM of a program that has to end in order."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event

NUMBERS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def interrupts(stop: Event) -> Iterator[None]:
    """Set `stop` on the first signal in the block; the second raises KeyboardInterrupt."""

    def interrupt(*_: object) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = {}
    for number in NUMBERS:
        before[number] = signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
