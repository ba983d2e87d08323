"""Ctrl-C and SIGTERM of a program that has to end in order."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event

NUMBERS = (signal.SIGINT, signal.SIGTERM)
# As shells report a program that SIGINT ended.
STATUS = 130


@contextmanager
def interrupts(stop: Event, last: Callable[[], None] | None = None) -> Iterator[None]:
    """Set `stop` on the first signal in the block; the second ends the process at once.

    `last` is called before that, for what would outlive the process. Nothing else is cleaned up:
    threads may hang, and somebody asked twice.
    """

    def interrupt(*_: object) -> None:
        if not stop.is_set():
            stop.set()
            return
        if last is not None:
            last()
        os._exit(STATUS)

    before = {}
    for number in NUMBERS:
        before[number] = signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
