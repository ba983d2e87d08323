"""What several cameras see, in the order of its capture.

Pictures of one camera come in order. Those of two come as the networks, the log and the
processors have it, so that what is decided by them would be another thing in each run.
"""

from __future__ import annotations

from collections.abc import Iterable
from operator import itemgetter
from typing import Final, Generic, TypeVar

from vitrine.clock import SECOND_NS

Item = TypeVar("Item")

# Live pictures are a second old at most when they are looked at, and `ingest` lets no recording
# run further ahead of another one than half a second (docs/architecture.md).
BEHIND_NS: Final = SECOND_NS
"""A camera that is further behind than this is not waited for."""


class InOrder(Generic[Item]):
    """Keep items until no camera can bring an earlier one."""

    def __init__(self) -> None:
        self._reached: dict[str, int] = {}
        """Capture time of the latest picture, by camera."""
        self._waiting: list[tuple[int, str, Item]] = []
        """Capture time, camera and item, in the order in which they came."""

    def expect(self, cameras: Iterable[str], at_ns: int) -> None:
        """Wait for cameras that have shown nothing yet, as if they had reached `at_ns`."""
        for camera in cameras:
            self._reached.setdefault(camera, at_ns)

    def add(self, camera: str, at_ns: int, item: Item) -> None:
        """Keep an item of a camera, captured at `at_ns`."""
        self._waiting.append((at_ns, camera, item))

    def reach(self, camera: str, at_ns: int) -> None:
        """Note that everything that a camera saw until `at_ns` was added."""
        before = self._reached.get(camera, at_ns)
        self._reached[camera] = max(before, at_ns)

    def end(self, camera: str) -> None:
        """Wait no longer for a camera."""
        self._reached.pop(camera, None)

    def ready(self) -> list[Item]:
        """Take out what waits no longer, by its time; at one time, by the name of the camera."""
        until_ns = self._reached_by_all()
        ready = []
        waiting = []
        for entry in self._waiting:
            at_ns, _, _ = entry
            if until_ns is None or at_ns <= until_ns:
                ready.append(entry)
            else:
                waiting.append(entry)
        self._waiting = waiting
        # Items of one picture stay in their order: the sort is stable.
        ready.sort(key=itemgetter(0, 1))
        return [item for _, _, item in ready]

    def clear(self) -> None:
        """Forget all items."""
        self._waiting.clear()

    def _reached_by_all(self) -> int | None:
        """Return the time that all cameras have reached; None where none is waited for."""
        if not self._reached:
            return None
        latest_ns = max(self._reached.values())
        near = [
            each for each in self._reached.values() if latest_ns - each <= BEHIND_NS
        ]
        return min(near)
