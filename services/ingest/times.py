"""Time of a camera: which pictures are taken, and what capture time each gets."""

from __future__ import annotations

import logging

from vitrine.telemetry import metrics

logger = logging.getLogger(__name__)

LIVE_JITTER = 0.5
FILE_JITTER = 0.05
"""Arrival times are irregular, timestamps only rounded."""

JUMP_NS = 10_000_000_000
"""A clock that is off by more from one picture to the next has jumped."""


class Rate:
    """Takes at most `fps` pictures a second: the first of each step, steps counted from the first picture.

    A picture may come early by the share `jitter` of a step, 0 to 0.5; a gap starts the steps anew.
    """

    def __init__(self, fps: float, jitter: float) -> None:
        self._step_ns = round(1e9 / fps)
        self._early_ns = round(jitter * self._step_ns)
        self._due_ns: int | None = None

    def accepts(self, at_ns: int) -> bool:
        """Whether to take the picture of this time."""
        step = self._step_ns
        if self._due_ns is None or abs(at_ns - self._due_ns) > 1.5 * step:
            self._due_ns = at_ns
        if at_ns < self._due_ns - self._early_ns:
            return False
        self._due_ns = (
            self._due_ns if at_ns <= self._due_ns + step // 2 else at_ns
        ) + step
        return True


class StreamTimes:
    """Times of a video's pictures from its first on, strictly increasing.

    Raw streams have no timestamps, spliced ones go backwards: there the frame rate says how time goes on.
    """

    def __init__(self, camera_id: str, rate: float) -> None:
        self._camera_id = camera_id
        self._period_ms = 1000 / rate
        self._position_ms: float | None = None
        self._at_ms = 0.0

    def next_ns(self, position_ms: float) -> int:
        """The time of the next picture, whose own timestamp is `position_ms`."""
        if self._position_ms is not None:
            step = position_ms - self._position_ms
            self._at_ms += step if step > 0 else self._period_ms
            if step < 0:
                _report(self._camera_id, step / 1e3)
        self._position_ms = position_ms
        return round(self._at_ms * 1e6)


class CaptureTimes:
    """Capture times of one camera, strictly increasing whatever its clock does."""

    def __init__(self, camera_id: str, last_ns: int = -1) -> None:
        self.last_ns = last_ns
        """The latest capture time given; -1 before the first."""
        self._camera_id = camera_id
        self._offset_ns: int | None = None
        self._backwards = False

    def stamp(self, clock_ns: int, steady_ns: int) -> int:
        """The capture time of a picture that the clock puts at `clock_ns`.

        `steady_ns` comes from a clock that nobody sets; against it a jump shows.
        """
        offset = clock_ns - steady_ns
        backwards = clock_ns <= self.last_ns
        if self._offset_ns is not None and abs(offset - self._offset_ns) > JUMP_NS:
            _report(self._camera_id, (offset - self._offset_ns) / 1e9)
        elif backwards and not self._backwards:
            _report(self._camera_id, (clock_ns - self.last_ns) / 1e9)
        self._offset_ns = offset
        self._backwards = backwards
        self.last_ns = max(clock_ns, self.last_ns + 1)
        return self.last_ns


def _report(camera_id: str, seconds: float) -> None:
    metrics.CLOCK_JUMPS.labels(camera_id).inc()
    logger.warning("camera %s: its clock jumped by %+.3f s", camera_id, seconds)
