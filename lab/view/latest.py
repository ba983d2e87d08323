"""Hand the newest of something from one thread to another."""

from __future__ import annotations

from threading import Condition
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Latest(Generic[Item]):
    """Hold the newest item until somebody takes it; older ones are dropped."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._item: Item | None = None

    def put(self, item: Item) -> None:
        """Replace what was not taken yet."""
        with self._changed:
            self._item = item
            self._changed.notify_all()

    def take(self, timeout_s: float = 0) -> Item | None:
        """Return the newest item, once; None when there is none in time."""
        with self._changed:
            self._changed.wait_for(lambda: self._item is not None, timeout_s)
            item = self._item
            self._item = None
            return item
