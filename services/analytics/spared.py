"""Fewer of Python's searches for circles of objects, which events never form."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

# Measured (events of benchmarks.analytics, 12 stands, an hour): CPU time of the searches was 32 µs
# an event with Python's own 700, 14 with 2,000, 10 with this, 11 with 50,000.
NEW_OBJECTS: Final = 10_000
# Measured (50 stands): with Python's own 10 half of that time is for objects that were searched
# once already. They are events, which live for minutes.
SEARCHES_OF_NEW: Final = 100
"""Searches among new objects for one among those that outlived one."""


@contextmanager
def spared_collections() -> Iterator[None]:
    """Search only once many new objects are there, and not among those that are there now."""
    before = gc.get_threshold()
    gc.collect()
    # Modules, mostly: there are more of them than events in memory.
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, SEARCHES_OF_NEW, before[2])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
