"""Starts, watches and ends the cameras, as the configuration says at each moment."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack
from itertools import count
from threading import Event, Thread

from vitrine.bus import Outgoing
from vitrine.errors import ConfigurationError
from vitrine.mall import Camera
from vitrine.mall.folder import MallSource
from vitrine.runtime.backoff import Stopped
from vitrine.services.ingest.camera import CameraRun, Shared, coverage_message
from vitrine.services.ingest.publisher import Publisher
from vitrine.services.ingest.sources import Source, Unreadable, source_of
from vitrine.telemetry import metrics

logger = logging.getLogger(__name__)

TICK_S = 0.05
RELOAD_EVERY_S = 1.0
HANG_LIMIT_S = 5.0
"""A source that has not noticed by then that it should stop hangs; its thread is left behind."""
COVERAGE_LAG_NS = 2_000_000_000
"""Frames of a live camera that are on their way still count in the span they belong to."""


class CameraThread:
    """A camera at work, and how it ended."""

    def __init__(self, run: CameraRun) -> None:
        self.run = run
        self.failure: str | None = None
        """Why the source cannot be read, if that is how it ended."""
        self.error: Exception | None = None
        """A fault of this program, if that is how it ended."""
        self._left_behind_at: float | None = None
        self._thread = Thread(
            target=self._work, name=f"ingest {run.camera.id}", daemon=True
        )

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self, *, retire: bool) -> None:
        """Ask it to stop; with `retire`, because the camera will not come back."""
        if not self.run.stop.is_set():
            self._left_behind_at = time.monotonic() + HANG_LIMIT_S
            self.run.retired = retire
            self.run.stop.set()

    @property
    def over(self) -> bool:
        """It ended, or hangs although it was asked to stop."""
        hangs = (
            self._left_behind_at is not None
            and time.monotonic() >= self._left_behind_at
        )
        return hangs or not self._thread.is_alive()

    def join(self) -> None:
        """Wait for its end; call `stop` first."""
        limit = (self._left_behind_at or time.monotonic()) - time.monotonic()
        self._thread.join(max(0.0, limit))
        if self._thread.is_alive():
            logger.warning("camera %s hangs and is left behind", self.run.camera.id)

    def _work(self) -> None:
        try:
            self.run.run()
        except Unreadable as error:
            self.failure = f"camera {self.run.camera.id}: {error}"
            logger.error("%s", self.failure)  # noqa: TRY400 - the message says it all
        except Exception as error:  # noqa: BLE001 - raised again by the supervisor
            self.error = error


class Ingest:
    """The service: all cameras of the mall, each in its own thread."""

    def __init__(
        self,
        mall: MallSource,
        shared: Shared,
        open_source: Callable[[Camera], Source] = source_of,
    ) -> None:
        self._mall = mall
        self._shared = shared
        self._open_source = open_source
        self._threads: dict[str, CameraThread] = {}
        self._numbers: dict[str, int] = {}
        self._latest_ns: dict[str, int] = {}
        self._coverage: deque[Outgoing] = deque(maxlen=100_000)
        self._start_ns = 0

    def run(self, stop: Event) -> None:
        """Work until `stop`, or, in a finite run, until every source ended.

        Raises Unavailable when the bus is not there at start, and ConfigurationError when a source of a
        finite run could not be read, after the others are done.
        """
        shared = self._shared
        publisher = Publisher(shared.bus, shared.health, stop)
        try:
            publisher.connect(shared.startup_limit_s)
        except Stopped:
            return
        with ExitStack() as stack:
            stack.callback(publisher.close)
            if shared.truth is not None:
                stack.callback(shared.truth.close)
                shared.truth.open()
            stack.callback(self._end_all)
            self._supervise(publisher, stop)
        self._report_failures()

    def _supervise(self, publisher: Publisher, stop: Event) -> None:
        settings = self._shared.settings
        started = time.monotonic()
        self._start_ns = (
            self._shared.wall_ns() if settings.start_ns is None else settings.start_ns
        )
        ends = self._shared.finite or settings.seconds is not None
        self._reload(self._start_ns)
        reload_at = started + RELOAD_EVERY_S
        while not stop.wait(TICK_S):
            now = time.monotonic()
            if settings.seconds is not None and now - started >= settings.seconds:
                self._end_live()
            elif now >= reload_at:
                reload_at = now + RELOAD_EVERY_S
                self._reload(self._now_ns(now - started))
                self._publish_live_coverage(publisher)
            self._raise_faults()
            if ends and all(thread.over for thread in self._threads.values()):
                return

    def _reload(self, begin_ns: int) -> None:
        """Bring the cameras in line with the configuration; a changed camera is removed and added again."""
        wanted = {camera.id: camera for camera in self._mall.current().cameras}
        for camera_id, thread in list(self._threads.items()):
            if wanted.get(camera_id) != thread.run.camera:
                thread.stop(retire=True)
                if thread.over:
                    self._forget(thread, gone=camera_id not in wanted)
        new = [camera for camera in wanted.values() if camera.id not in self._threads]
        for camera in new:
            self._prepare(camera, begin_ns)
        for camera in new:
            self._threads[camera.id].start()

    def _prepare(self, camera: Camera, begin_ns: int) -> None:
        """A thread for a new camera, with the first number that no other camera has."""
        if camera.id not in self._numbers:
            self._numbers[camera.id] = next(
                n for n in count() if n not in self._numbers.values()
            )
        source = self._open_source(camera)
        start_ns = max(begin_ns, self._latest_ns.get(camera.id, -1) + 1)
        if source.live:
            start_ns = self._shared.wall_ns()
        else:
            self._shared.pace.join(camera.id, start_ns)
        run = CameraRun(
            camera, self._numbers[camera.id], source, self._shared, start_ns
        )
        self._threads[camera.id] = CameraThread(run)

    def _forget(self, thread: CameraThread, *, gone: bool) -> None:
        thread.join()
        camera_id = thread.run.camera.id
        self._latest_ns[camera_id] = thread.run.latest_ns
        del self._threads[camera_id]
        if gone:
            del self._numbers[camera_id]
            metrics.CAMERA_UP.remove(camera_id)

    def _now_ns(self, elapsed_s: float) -> int:
        """Where the time of files stands, for one that is added now."""
        if self._shared.settings.speed == "realtime":
            return self._start_ns + round(elapsed_s * 1e9)
        latest = (
            thread.run.latest_ns
            for thread in self._threads.values()
            if not thread.run.source.live
        )
        return max(latest, default=self._start_ns)

    def _end_live(self) -> None:
        for thread in self._threads.values():
            if thread.run.source.live:
                thread.stop(retire=True)

    def _publish_live_coverage(self, publisher: Publisher) -> None:
        """Of live cameras also while they are down or hang; the others speak of their own time themselves."""
        until_ns = self._shared.wall_ns() - COVERAGE_LAG_NS
        for thread in self._threads.values():
            if thread.run.source.live and not thread.over:
                self._coverage += map(
                    coverage_message, thread.run.coverage.take(until_ns)
                )
        while self._coverage and publisher.offer(self._coverage[0]):
            self._coverage.popleft()

    def _end_all(self) -> None:
        for thread in self._threads.values():
            thread.stop(retire=self._shared.finite)
        for thread in self._threads.values():
            thread.join()

    def _raise_faults(self) -> None:
        for thread in self._threads.values():
            if thread.error is not None:
                raise thread.error

    def _report_failures(self) -> None:
        self._raise_faults()
        problems = [
            thread.failure for thread in self._threads.values() if thread.failure
        ]
        truth = self._shared.truth
        if truth is not None and truth.error is not None:
            problems.append(
                f"the truth in {truth.path} is incomplete: {truth.error}; free some space and repeat"
            )
            raise ConfigurationError("\n".join(problems))
        if problems and self._shared.finite:
            raise ConfigurationError("\n".join(problems))
