"""The service: starts, watches and ends the cameras, as the configuration says at each moment."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack
from threading import Event

from vitrine.bus import Outgoing
from vitrine.clock import SECOND_NS
from vitrine.errors import ConfigurationError
from vitrine.mall import Camera
from vitrine.mall.folder import MallSource
from vitrine.runtime.backoff import Stopped
from vitrine.services.ingest.camera import CameraRun
from vitrine.services.ingest.camera_thread import CameraThread
from vitrine.services.ingest.frame_output import coverage_message
from vitrine.services.ingest.notices import NoticeWatch
from vitrine.services.ingest.publisher import Publisher
from vitrine.services.ingest.shared import Shared
from vitrine.services.ingest.shots import Source, failed_source
from vitrine.telemetry import metrics

# Chosen, not measured: a finite run ends within 50 ms of its last camera, and a changed
# configuration takes effect within a second.
TICK_S = 0.05
RELOAD_EVERY_S = 1.0

# Frames of a live camera that are on their way still count in the span they belong to:
# decoding and publishing take far less.
COVERAGE_LAG_NS = 2 * SECOND_NS

# Coverage records that wait while the bus is away: of ten cameras, more than a day.
MOST_COVERAGE = 100_000


class Ingest:
    """Run all cameras of the mall, each in its own thread."""

    def __init__(
        self,
        mall: MallSource,
        shared: Shared,
        open_source: Callable[[Camera], Source],
        notices: NoticeWatch | None = None,
    ) -> None:
        """Follow the proofs of `notices` while it runs, where there are any."""
        self._mall = mall
        self._shared = shared
        self._open_source = open_source
        self._notices = notices
        self._threads: dict[str, CameraThread] = {}
        self._numbers: dict[str, int] = {}
        self._latest_ns: dict[str, int] = {}
        self._coverage: deque[Outgoing] = deque(maxlen=MOST_COVERAGE)
        self._start_ns = 0

    def run(self, stop: Event) -> None:
        """Work until `stop`, or, in a finite run, until every source ended.

        Raises Unavailable when the bus is not there at start, and ConfigurationError when a
        source of a finite run could not be read, after the others are done.
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
            if self._notices is not None:
                stack.enter_context(self._notices.running(stop))
            stack.callback(self._end_all)
            self._supervise(publisher, stop)
        self._report_failures()

    def _supervise(self, publisher: Publisher, stop: Event) -> None:
        settings = self._shared.settings
        started = time.monotonic()
        self._start_ns = self._shared.wall_ns()
        if settings.start_ns is not None:
            self._start_ns = settings.start_ns
        # Before the sources are made, which may take seconds.
        self._shared.pace.begin(self._start_ns)
        ends = self._shared.finite or settings.seconds is not None
        self._reload(self._start_ns)
        reload_at = started + RELOAD_EVERY_S
        while not stop.wait(TICK_S):
            now = time.monotonic()
            elapsed_s = now - started
            if settings.seconds is not None and elapsed_s >= settings.seconds:
                self._end_live()
            elif now >= reload_at:
                reload_at = now + RELOAD_EVERY_S
                begin_ns = self._now_ns(elapsed_s)
                self._reload(begin_ns)
                self._publish_live_coverage(publisher)
            self._raise_faults()
            if ends and self._all_over():
                return

    def _all_over(self) -> bool:
        return all(thread.over for thread in self._threads.values())

    # Cameras that come and go

    def _reload(self, begin_ns: int) -> None:
        """Bring the cameras in line with the configuration.

        A changed camera is removed and added again.
        """
        mall = self._mall.current()
        wanted = {camera.id: camera for camera in mall.cameras}
        for camera_id, thread in list(self._threads.items()):
            if wanted.get(camera_id) == thread.run.camera:
                continue
            thread.stop(retire=True)
            if thread.over:
                self._forget(thread, gone=camera_id not in wanted)
        new = []
        for camera in wanted.values():
            if camera.id not in self._threads:
                self._prepare(camera, begin_ns)
                new.append(camera.id)
        # All have joined the pace by now, so that none runs ahead of one that starts later.
        for camera_id in new:
            self._threads[camera_id].start()

    def _prepare(self, camera: Camera, begin_ns: int) -> None:
        """Make a thread for a new camera."""
        source = self._source_of(camera)
        if source.live:
            start_ns = self._shared.wall_ns()
        else:
            latest_ns = self._latest_ns.get(camera.id, -1)
            start_ns = max(begin_ns, latest_ns + 1)
            self._shared.pace.join(camera.id, start_ns)
        run = CameraRun(
            camera,
            self._number_of(camera.id),
            source,
            self._shared,
            start_ns,
        )
        self._threads[camera.id] = CameraThread(run)

    def _source_of(self, camera: Camera) -> Source:
        """Return the camera's source; one that cannot be prepared fails for this camera alone."""
        try:
            return self._open_source(camera)
        except Exception as error:  # noqa: BLE001 - the others go on
            # Its text may hold the address, and that a password.
            kind = type(error).__name__
            return failed_source(f"{camera.uri} cannot be prepared ({kind})")

    def _number_of(self, camera_id: str) -> int:
        """Return the camera's number; a new one gets the first that no other has."""
        if camera_id not in self._numbers:
            taken = set(self._numbers.values())
            number = 0
            while number in taken:
                number += 1
            self._numbers[camera_id] = number
        return self._numbers[camera_id]

    def _forget(self, thread: CameraThread, *, gone: bool) -> None:
        thread.join()
        camera_id = thread.run.camera.id
        self._latest_ns[camera_id] = thread.run.latest_ns
        del self._threads[camera_id]
        if gone:
            del self._numbers[camera_id]
            metrics.CAMERA_UP.remove(camera_id)

    def _now_ns(self, elapsed_s: float) -> int:
        """Return where the time of files stands, for one that is added now."""
        if self._shared.settings.speed == "realtime":
            return self._start_ns + round(elapsed_s * SECOND_NS)
        latest_ns = [self._start_ns]
        for thread in self._threads.values():
            run = thread.run
            if not run.source.live:
                latest_ns.append(run.latest_ns)
        return max(latest_ns)

    def _publish_live_coverage(self, publisher: Publisher) -> None:
        """Publish the coverage of live cameras, also while they are down or hang.

        The others publish their own: their time goes on with their pictures only.
        """
        until_ns = self._shared.wall_ns() - COVERAGE_LAG_NS
        for thread in self._threads.values():
            if not thread.run.source.live or thread.over:
                continue
            coverage = thread.run.output.coverage
            for record in coverage.take(until_ns):
                message = coverage_message(record)
                self._coverage.append(message)
        while self._coverage:
            if not publisher.offer(self._coverage[0]):
                return
            self._coverage.popleft()

    # The end

    def _end_live(self) -> None:
        for thread in self._threads.values():
            if thread.run.source.live:
                thread.stop(retire=True)

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
        """Raise what went wrong, after everything has ended."""
        self._raise_faults()
        failures = [thread.failure for thread in self._threads.values()]
        problems = [failure for failure in failures if failure is not None]
        fatal = self._shared.finite
        truth = self._shared.truth
        if truth is not None and truth.error is not None:
            fatal = True
            problems.append(
                f"the truth in {truth.path} is incomplete: {truth.error}; "
                "free some space and repeat"
            )
        if problems and fatal:
            raise ConfigurationError("\n".join(problems))
