"""For how much of the time a camera gave usable pictures."""

from __future__ import annotations

from threading import Lock

from vitrine.mall import Camera
from vitrine.schemas import Coverage

SPAN_NS = 10_000_000_000
REACH_NS = 1_000_000_000
"""A picture speaks for the time until the next one, at most this."""
LONGEST_GAP_NS = 3_600_000_000_000
"""Time that leaps further was set, it did not pass."""


class CoverageLedger:
    """Coverage of one camera in records that are cut at multiples of 10 s. Threads may share it."""

    def __init__(self, camera: Camera, start_ns: int, *, synthetic: bool) -> None:
        self._camera = camera
        self._synthetic = synthetic
        self._lock = Lock()
        self._closed: list[Coverage] = []
        self._seen_ns = -REACH_NS
        self._begin(start_ns)

    def frame(self, at_ns: int, *, usable: bool) -> None:
        """A picture of this time was published."""
        with self._lock:
            self._advance(at_ns)
            self._seen_ns = at_ns if usable else -REACH_NS
            self._frames += 1

    def dropped(self, count: int = 1) -> None:
        """Pictures were not published."""
        with self._lock:
            self._dropped += count

    def take(self, until_ns: int | None = None) -> list[Coverage]:
        """The records closed since the last call; time has come to `until_ns`."""
        with self._lock:
            if until_ns is not None:
                self._advance(until_ns)
            closed = self._closed
            self._closed = []
            return closed

    def finish(self, at_ns: int) -> list[Coverage]:
        """The last records; the camera ended at `at_ns`."""
        with self._lock:
            self._advance(at_ns)
            self._close(self._now_ns)
            closed = self._closed
            self._closed = []
            return closed

    def _begin(self, start_ns: int) -> None:
        self._start_ns = self._now_ns = start_ns
        self._usable_ns = self._frames = self._dropped = 0

    def _advance(self, to_ns: int) -> None:
        if to_ns - self._now_ns > LONGEST_GAP_NS:
            self._close(self._now_ns)
            self._begin(to_ns)
        while (cut := (self._start_ns // SPAN_NS + 1) * SPAN_NS) <= to_ns:
            self._account(cut)
            self._close(cut)
        self._account(to_ns)

    def _account(self, to_ns: int) -> None:
        """Usable is the part of [now, to) that the last usable picture speaks for."""
        self._usable_ns += max(
            0, min(to_ns, self._seen_ns + REACH_NS) - max(self._now_ns, self._seen_ns)
        )
        self._now_ns = max(self._now_ns, to_ns)

    def _close(self, end_ns: int) -> None:
        if end_ns > self._start_ns:
            record = Coverage(
                camera_id=self._camera.id,
                stand_id=self._camera.stand,
                start_ns=self._start_ns,
                end_ns=end_ns,
                usable_ns=self._usable_ns,
                frames=self._frames,
                dropped=self._dropped,
                synthetic=self._synthetic,
            )
            self._closed.append(record)
            self._begin(end_ns)
