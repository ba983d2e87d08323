"""Coverage: for how much of the time a camera gave usable pictures, or was not to be used."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Final

from vitrine.clock import SECOND_NS
from vitrine.mall import Camera
from vitrine.schemas import Coverage

# A span fits every window of campaign figures, the shortest of which has ten seconds.
SPAN_NS: Final = 10 * SECOND_NS

# A picture counts for the time until the next one, at most this: the slowest cameras give
# one a second. Chosen, not measured.
REACH_NS: Final = SECOND_NS

# Time that leaps further was set, it did not pass. Chosen, not measured.
LONGEST_GAP_NS: Final = 3_600 * SECOND_NS


def always(_at_ns: int) -> bool:
    """Return true: the hours of a stand that has none."""
    return True


class CoverageLedger:
    """Keep the coverage of one camera in records that are cut at multiples of 10 s.

    Threads may share it.
    """

    def __init__(
        self,
        camera: Camera,
        start_ns: int,
        *,
        synthetic: bool,
        is_open: Callable[[int], bool] = always,
    ) -> None:
        """Time at which `is_open` says no is in no record: nothing is missing then."""
        self._is_open = is_open
        self._camera = camera
        self._synthetic = synthetic
        self._lock = Lock()
        self._closed: list[Coverage] = []
        self._seen_ns = -REACH_NS
        self._untold_at_ns = -REACH_NS
        self._begin(start_ns)

    def frame(self, at_ns: int, *, usable: bool) -> None:
        """Count a picture of this time that was published."""
        with self._lock:
            self._advance(at_ns)
            self._frames += 1
            self._seen_ns = -REACH_NS
            self._untold_at_ns = -REACH_NS
            if usable:
                self._seen_ns = at_ns

    def dropped(self) -> None:
        """Count a picture that was not published."""
        with self._lock:
            self._dropped += 1

    def untold(self, at_ns: int) -> None:
        """Count a picture of this time that was not used, as people were not told."""
        with self._lock:
            self._advance(at_ns)
            self._dropped += 1
            self._seen_ns = -REACH_NS
            self._untold_at_ns = at_ns

    def take(self, until_ns: int | None = None) -> list[Coverage]:
        """Return the records closed since the last call; time has come to `until_ns`."""
        with self._lock:
            if until_ns is not None:
                self._advance(until_ns)
            return self._take_closed()

    def finish(self, at_ns: int) -> list[Coverage]:
        """Return the last records; the camera ended at `at_ns`."""
        with self._lock:
            self._advance(at_ns)
            self._close(self._now_ns)
            return self._take_closed()

    def _take_closed(self) -> list[Coverage]:
        closed = self._closed
        self._closed = []
        return closed

    def _begin(self, start_ns: int) -> None:
        self._start_ns = start_ns
        self._now_ns = start_ns
        self._usable_ns = 0
        self._untold_ns = 0
        self._frames = 0
        self._dropped = 0

    def _advance(self, to_ns: int) -> None:
        """Let time come to `to_ns`, and close the spans that end before."""
        if to_ns - self._now_ns > LONGEST_GAP_NS:
            self._close(self._now_ns)
            self._begin(to_ns)
        cut_ns = self._next_cut_ns()
        while cut_ns <= to_ns:
            self._account(cut_ns)
            self._close(cut_ns)
            cut_ns = self._next_cut_ns()
        self._account(to_ns)

    def _next_cut_ns(self) -> int:
        span = self._start_ns // SPAN_NS
        return (span + 1) * SPAN_NS

    def _account(self, to_ns: int) -> None:
        """Add the part of [now, to) that the last picture counts for."""
        self._usable_ns += self._reached_ns(self._seen_ns, to_ns)
        self._untold_ns += self._reached_ns(self._untold_at_ns, to_ns)
        self._now_ns = max(self._now_ns, to_ns)

    def _reached_ns(self, picture_ns: int, to_ns: int) -> int:
        """Return the part of [now, to) that a picture counts for."""
        from_ns = max(self._now_ns, picture_ns)
        until_ns = min(to_ns, picture_ns + REACH_NS)
        return max(0, until_ns - from_ns)

    def _close(self, end_ns: int) -> None:
        if end_ns <= self._start_ns:
            return
        if not self._is_open(self._start_ns):
            # Opening hours change at whole minutes: a span lies within them, or outside.
            self._begin(end_ns)
            return
        record = Coverage(
            camera_id=self._camera.id,
            stand_id=self._camera.stand,
            start_ns=self._start_ns,
            end_ns=end_ns,
            usable_ns=self._usable_ns,
            frames=self._frames,
            dropped=self._dropped,
            without_notice_ns=self._untold_ns,
            synthetic=self._synthetic,
        )
        self._closed.append(record)
        self._begin(end_ns)
