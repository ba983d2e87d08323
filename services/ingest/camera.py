"""One camera, from its source to the bus."""

from __future__ import annotations

import logging
import time
from contextlib import closing
from threading import Event
from typing import TypeAlias

from vitrine.clock import SECOND_NS
from vitrine.mall import Camera
from vitrine.runtime.backoff import Backoff, Stopped
from vitrine.services.ingest.frame_output import (
    DROP_REASONS,
    FrameOutput,
)
from vitrine.services.ingest.shared import Shared
from vitrine.services.ingest.shots import (
    CAUSES,
    Ended,
    Picture,
    Shot,
    Source,
    Unreadable,
)
from vitrine.services.ingest.times import (
    FILE_JITTER,
    LIVE_JITTER,
    CaptureTimes,
    Rate,
)
from vitrine.telemetry import metrics

logger = logging.getLogger(__name__)

# A camera that restarts takes half a minute or more, and cheap ones lose more time when
# they are asked often. Chosen, not measured.
FIRST_DELAY_S = 0.5
LONGEST_DELAY_S = 30.0

# A live camera of which no picture could be decoded for so long is opened anew. Chosen, not
# measured: as long as one that sends nothing is waited for.
GARBAGE_S = 10.0

Decoded: TypeAlias = Picture | Unreadable
"""A picture, or why there is none."""

UNTOLD = "no page of the stand shows the notice, so nothing is analysed"


class CameraRun:
    """Do the work of one camera's thread. It touches nothing of the other cameras."""

    def __init__(
        self,
        camera: Camera,
        number: int,
        source: Source,
        shared: Shared,
        start_ns: int,
    ) -> None:
        self.camera = camera
        self.source = source
        self.stop = Event()
        self.retired = False
        """With `stop`: the camera will not come back, so publish that it ended."""
        self.output = FrameOutput(
            camera,
            number,
            source,
            shared,
            self.stop,
            start_ns,
        )
        self._shared = shared
        self._start_ns = start_ns
        self._end_ns = start_ns - 1
        self._times = CaptureTimes(camera.id)
        self._up = False
        self._looped_ns = 0
        self._unreadable = 0
        self._flows = False
        self._good_at = 0.0
        self._closed = False
        self._untold = False

    @property
    def latest_ns(self) -> int:
        """The latest capture time, that of `ended` included; before the first, below the start."""
        return max(self._times.last_ns, self._end_ns)

    def run(self) -> None:
        """Publish pictures until the source ends or `stop`.

        Raises Unreadable when the source failed for good.
        """
        self._set_up(False)
        self._count_from_zero()
        try:
            if self.source.live:
                self._stay_connected()
            else:
                self._play_through()
        except Unreadable as error:
            self._count(error)
            raise
        except Stopped:
            logger.debug("camera %s stopped while the bus was away", self.camera.id)
        finally:
            self._set_up(False)
            self._shared.pace.leave(self.camera.id)
            with closing(self.output):
                self._finish()

    def _stay_connected(self) -> None:
        """Open the source again and again, at growing intervals while it gives nothing.

        One that ends without an error was a recording: it is not played twice.
        """
        begun = time.monotonic()
        backoff = Backoff(FIRST_DELAY_S, LONGEST_DELAY_S)
        problem = Unreadable("gave no picture")
        while not self.stop.is_set():
            try:
                self._play()
                if not self.camera.loop:
                    return
            except Ended:
                raise
            except Unreadable as error:
                problem = error
                self._count(error)
                waited_s = time.monotonic() - begun
                if waited_s >= self._shared.settings.first_picture_s:
                    self._raise_if_hopeless(problem)
                logger.warning("camera %s: %s", self.camera.id, error)
            if self._up:
                backoff.reset()
            self._set_up(False)
            if backoff.wait(self.stop):
                break
            counter = metrics.CAMERA_RECONNECTS.labels(self.camera.id)
            counter.inc()
        self._raise_if_hopeless(problem)

    def _raise_if_hopeless(self, problem: Unreadable) -> None:
        """Raise `problem` in a run that ends, if no picture of the camera was ever used."""
        if not self._shared.finite or self.output.has_published:
            return
        if self._untold:
            raise Unreadable(
                f"{UNTOLD}; open it, or put up a sign and set `notice: sign`"
            )
        raise problem

    def _play_through(self) -> None:
        """Take the pictures of a recording, again and again where that is asked for."""
        begun_ns = self._start_ns
        while True:
            whole = self._play()
            if not (self.camera.loop and whole):
                return
            period_ns = round(SECOND_NS / self.camera.fps)
            self._start_ns = self._times.last_ns + period_ns
            self._looped_ns = self._start_ns - begun_ns

    def _play(self) -> bool:
        """Take the pictures from one opening of the source to its end; False if stopped."""
        jitter = FILE_JITTER
        if self.source.live:
            jitter = LIVE_JITTER
        rate = Rate(self.camera.fps, jitter)
        self._good_at = time.monotonic()
        with closing(self.source.shots()) as shots:
            for shot in shots:
                if self.stop.is_set() or self._is_over(shot):
                    return False
                self._set_up(True)
                if rate.accepts(shot.at_ns):
                    self._take(shot)
        if self._unreadable and not self.output.has_published:
            raise Unreadable(
                f"none of its {self._unreadable} pictures could be decoded",
                "damaged",
            )
        return True

    def _is_over(self, shot: Shot) -> bool:
        """Return True for a picture after the seconds that a file is to be played."""
        seconds = self._shared.settings.seconds
        if self.source.live or seconds is None:
            return False
        return self._looped_ns + shot.at_ns >= seconds * SECOND_NS

    def _take(self, shot: Shot) -> None:
        """Publish one picture, or drop it with a reason."""
        captured_ns, picture = self._await(shot)
        self._flows = False
        if captured_ns is None or self._is_closed(captured_ns):
            return
        counter = metrics.CAMERA_FRAMES.labels(self.camera.id)
        counter.inc()
        if self._is_untold(captured_ns):
            self.output.leave_out(captured_ns)
            return
        refusal = self.output.refusal()
        if refusal is not None:
            self.output.drop(refusal)
            return
        if picture is None:
            picture = _decoded(shot)
        if isinstance(picture, Unreadable):
            self._skip(picture)
            return
        self._good_at = time.monotonic()
        self._flows = True
        pixels, truth = picture
        self.output.publish(pixels, captured_ns, truth)

    def _await(self, shot: Shot) -> tuple[int | None, Decoded | None]:
        """Return the capture time of a picture when that has come; None when stopped before.

        A picture of a recording is there before its time, so it may come decoded: it should be
        no later than one of a camera. Where the last one was not used, this may not be either.
        """
        if self.source.live:
            if self._wait_for(shot):
                return None, None
            return self._capture_time_ns(shot), None
        captured_ns = self._capture_time_ns(shot)
        picture = None
        if self._flows:
            picture = _decoded(shot)
        pace = self._shared.pace
        due = pace.wait(self.camera.id, captured_ns, self.stop)
        if not due:
            return None, None
        return captured_ns, picture

    def _is_closed(self, captured_ns: int) -> bool:
        """Return True outside the stand's opening hours; people are gone where they end."""
        closed = not self._shared.is_open(self.camera.stand, captured_ns)
        if closed:
            self._pause(captured_ns, "the stand is closed", begins=not self._closed)
        self._closed = closed
        return closed

    def _is_untold(self, captured_ns: int) -> bool:
        """Return True where people are not told of the camera; nobody is looked at then."""
        if not self.source.needs_notice:
            return False
        untold = not self._shared.told(self.camera.stand)
        if untold:
            self._pause(captured_ns, UNTOLD, begins=not self._untold)
        elif self._untold:
            logger.info("camera %s: the notice is shown", self.camera.id)
        self._untold = untold
        return untold

    def _pause(
        self,
        captured_ns: int,
        reason: str,
        *,
        begins: bool,
    ) -> None:
        """Take no pictures; people who were there are gone where that begins."""
        # Nothing is decoded, so that nothing can be unreadable.
        self._good_at = time.monotonic()
        if not begins:
            return
        logger.info("camera %s: %s", self.camera.id, reason)
        if self.output.has_published:
            self.output.end(captured_ns)

    def _wait_for(self, shot: Shot) -> bool:
        """Wait for a picture of a time to come; return True when asked to stop meanwhile."""
        ahead_ns = shot.at_ns - time.monotonic_ns()
        return ahead_ns > 0 and self.stop.wait(ahead_ns / SECOND_NS)

    def _skip(self, error: Unreadable) -> None:
        """Count a picture that cannot be read.

        Raises Unreadable when a live camera has sent nothing else for a while.
        """
        self._unreadable += 1
        self.output.drop("unreadable")
        # The first, second, fourth, eighth and so on: a damaged stream has thousands.
        if self._unreadable & (self._unreadable - 1) == 0:
            logger.warning(
                "camera %s: picture skipped, the %d. in all: %s",
                self.camera.id,
                self._unreadable,
                error,
            )
        without_s = time.monotonic() - self._good_at
        if self.source.live and without_s > GARBAGE_S:
            raise Unreadable("sends nothing that can be decoded", "damaged")

    def _count(self, error: Unreadable) -> None:
        counter = metrics.CAMERA_FAILURES.labels(self.camera.id, error.cause)
        counter.inc()

    def _capture_time_ns(self, shot: Shot) -> int:
        """Return the capture time of a picture.

        A live one has that of the wall clock, watched by the clock of its arrival; one of a file
        its own time after the start, and after what it was delayed.
        """
        if self.source.live:
            wall_ns = self._shared.wall_ns()
            return self._times.stamp(wall_ns, shot.at_ns)
        at_ns = self._start_ns + shot.at_ns
        if self._shared.settings.start_ns is None:
            # Its time is that of the clock, but it may have been slow to open, or have waited
            # for the workers. What follows is shown, and stamped, as much later: a stand answers
            # nobody with what is of the past.
            behind_ns = self._shared.pace.behind_ns(at_ns)
            self._start_ns += behind_ns
            at_ns += behind_ns
        return self._times.stamp(at_ns, at_ns)

    def _finish(self) -> None:
        """Publish the end, unless the camera comes back, and the last of its coverage."""
        period_ns = round(SECOND_NS / self.camera.fps)
        end_ns = max(self._end_ns, self._times.last_ns + period_ns)
        comes_back = self.stop.is_set() and not self.retired
        if self.output.has_published and not comes_back:
            self.output.end(end_ns)
            self._end_ns = end_ns
        if self.source.live:
            # Until now it was watched, also while it gave nothing.
            end_ns = self._shared.wall_ns()
        self.output.finish_coverage(end_ns)

    def _count_from_zero(self) -> None:
        """Show each series before anything happened: the first event is then seen as a rise."""
        name = self.camera.id
        metrics.CAMERA_FRAMES.labels(name)
        metrics.CLOCK_JUMPS.labels(name)
        metrics.CAMERA_RECONNECTS.labels(name)
        metrics.CAMERA_WITHOUT_NOTICE.labels(name)
        for cause in CAUSES:
            metrics.CAMERA_FAILURES.labels(name, cause)
        for reason in DROP_REASONS:
            metrics.FRAMES_DROPPED.labels(name, reason)

    def _set_up(self, up: bool) -> None:
        """Note that the camera gives pictures, or that it does not."""
        if up != self._up:
            state = "up" if up else "down"
            logger.info("camera %s is %s", self.camera.id, state)
        self._up = up
        gauge = metrics.CAMERA_UP.labels(self.camera.id)
        gauge.set(up)


def _decoded(shot: Shot) -> Decoded:
    try:
        return shot.read()
    except Unreadable as error:
        return error
