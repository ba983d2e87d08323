"""Fewer of Python's searches for circles of objects, which events never form."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

# Measured (benchmarks.analytics, 12 stands): with Python's own 700 the searches took a third of
# the CPU time of a batch, with 2,000 a seventh, and no less with 50,000 than with these.
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
