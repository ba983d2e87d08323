"""Time of a camera: which pictures are taken, and the capture time that each gets."""

from __future__ import annotations

import logging

from vitrine.clock import SECOND_NS
from vitrine.telemetry import metrics

logger = logging.getLogger(__name__)

# Shares of a step. Arrival times are irregular, timestamps only rounded. Chosen, not measured.
LIVE_JITTER = 0.5
FILE_JITTER = 0.05

# A picture that is late by more than half a step is a gap.
LATE_STEPS = 1.5

# A clock that is off by more from one picture to the next has jumped; one that is only
# corrected is not reported. Chosen, not measured.
JUMP_NS = 10 * SECOND_NS


class Rate:
    """Take at most `fps` pictures a second: the first of each step.

    Steps are counted from the first picture. A picture may come early by the share `jitter` of
    a step, 0 to 0.5; a gap starts the steps anew.
    """

    def __init__(self, fps: float, jitter: float) -> None:
        self._step_ns = round(SECOND_NS / fps)
        self._early_ns = round(jitter * self._step_ns)
        self._due_ns: int | None = None

    def accepts(self, at_ns: int) -> bool:
        """Return True if the picture of this time is to be taken."""
        step_ns = self._step_ns
        due_ns = self._due_ns
        if due_ns is None or abs(at_ns - due_ns) > LATE_STEPS * step_ns:
            due_ns = at_ns
        if at_ns < due_ns - self._early_ns:
            self._due_ns = due_ns
            return False
        if at_ns > due_ns + step_ns // 2:
            due_ns = at_ns
        self._due_ns = due_ns + step_ns
        return True


class StreamTimes:
    """Tell the times of a recording's pictures from its first on, strictly increasing.

    Raw streams have no times, joined ones go back or leap: there time goes on by the frame
    rate.
    """

    def __init__(self, camera_id: str, rate: float) -> None:
        self._camera_id = camera_id
        self._period_s = 1 / rate
        self._position_s: float | None = None
        self._at_s: float | None = None

    def next_ns(self, position_s: float | None) -> int:
        """Return the time of the next picture, whose own time is `position_s`, if it has one."""
        if self._at_s is None:
            self._at_s = 0.0
        else:
            self._at_s += self._step_s(position_s)
        self._position_s = position_s
        return round(self._at_s * SECOND_NS)

    def _step_s(self, position_s: float | None) -> float:
        """Return how long after the last picture this one comes."""
        if position_s is None or self._position_s is None:
            return self._period_s
        step_s = position_s - self._position_s
        leapt = step_s - self._period_s > JUMP_NS / SECOND_NS
        if leapt or step_s < 0:
            _report(self._camera_id, step_s)
        if leapt or step_s <= 0:
            return self._period_s
        return step_s


class CaptureTimes:
    """Give the capture times of one camera, strictly increasing whatever its clock does."""

    def __init__(self, camera_id: str) -> None:
        self.last_ns = -1
        """The latest capture time given; -1 before the first."""
        self._camera_id = camera_id
        self._offset_ns: int | None = None
        self._backwards = False

    def stamp(self, clock_ns: int, steady_ns: int) -> int:
        """Return the capture time of a picture that the clock puts at `clock_ns`.

        `steady_ns` comes from a clock that nobody sets; against it a jump shows.
        """
        offset_ns = clock_ns - steady_ns
        jump_ns = 0
        if self._offset_ns is not None:
            jump_ns = offset_ns - self._offset_ns
        backwards = clock_ns <= self.last_ns
        if abs(jump_ns) > JUMP_NS:
            _report(self._camera_id, jump_ns / SECOND_NS)
        elif backwards and not self._backwards:
            # Reported once: it goes on until the clock has caught up.
            back_ns = clock_ns - self.last_ns
            _report(self._camera_id, back_ns / SECOND_NS)
        self._offset_ns = offset_ns
        self._backwards = backwards
        self.last_ns = max(clock_ns, self.last_ns + 1)
        return self.last_ns


def _report(camera_id: str, seconds: float) -> None:
    metrics.CLOCK_JUMPS.labels(camera_id).inc()
    logger.warning("camera %s: its clock jumped by %+.3f s", camera_id, seconds)
