"""Fewer of Python's searches for circles of objects, which events never form."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

# Measured (events of benchmarks.analytics, 12 stands, an hour): CPU time of the searches was 32 µs
# an event with Python's own 700, 14 with 2,000, 10 with this, 11 with 50,000.
NEW_OBJECTS: Final = 10_000


@contextmanager
def spared_collections() -> Iterator[None]:
    """Search only once many new objects are there, and not among those that are there now."""
    before = gc.get_threshold()
    gc.collect()
    # Modules, mostly: there are more of them than events in memory.
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
