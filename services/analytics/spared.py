"""Fewer of Python's searches for circles of objects, which events never form."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

# Measured (benchmarks.analytics, 50 stands, two hours): 2 to 3 % of the CPU time, 7 to 9 % with
# 10,000, as each search meets what the batch at work has made. No circle was there after them.
NEW_OBJECTS: Final = 200_000


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
