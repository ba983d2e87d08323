"""One camera, from its source to the bus."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING

from vitrine.bus import Bus, Outgoing
from vitrine.errors import Unavailable
from vitrine.mall import Camera
from vitrine.runtime.backoff import Backoff, Stopped, until_available
from vitrine.schemas import FrameMeta
from vitrine.services.ingest.coverage import CoverageLedger
from vitrine.services.ingest.frames import blacken, fit, shows_something, to_jpeg
from vitrine.services.ingest.in_flight import InFlight
from vitrine.services.ingest.pace import Pace
from vitrine.services.ingest.pictures import Pictures
from vitrine.services.ingest.publisher import Publisher
from vitrine.services.ingest.settings import IngestSettings
from vitrine.services.ingest.sources import Shot, Source, Unreadable
from vitrine.services.ingest.times import FILE_JITTER, LIVE_JITTER, CaptureTimes, Rate
from vitrine.services.ingest.truth import TruthFile
from vitrine.telemetry import metrics
from vitrine.telemetry.health import Health
from vitrine.topics import COVERAGE, FRAMES

if TYPE_CHECKING:
    from vitrine.schemas import Coverage
    from vitrine.services.ingest.sources import Pixels
    from vitrine.synthetic import FrameTruth

logger = logging.getLogger(__name__)

DROP_REASONS = ("overload", "bus", "unreadable", "too-large")
FIRST_DELAY_S = 0.5
LONGEST_DELAY_S = 30.0


@dataclass(frozen=True, slots=True)
class Shared:
    """What the cameras of one service have in common."""

    settings: IngestSettings
    bus: Bus
    health: Health
    in_flight: InFlight
    pace: Pace
    pictures: Pictures
    truth: TruthFile | None
    finite: bool
    """The run ends with its sources: a camera that never gives a picture is an error."""
    startup_limit_s: float = 60.0
    """How long to wait for the bus at start."""
    first_picture_limit_s: float = 15.0
    """How long a live camera may take to its first picture in a finite run."""
    wall_ns: Callable[[], int] = time.time_ns


class CameraRun:
    """The work of one camera's thread. It touches nothing of the other cameras."""

    def __init__(
        self, camera: Camera, number: int, source: Source, shared: Shared, start_ns: int
    ) -> None:
        self.camera = camera
        self.number = number
        self.source = source
        self.stop = Event()
        self.retired = False
        """With `stop`: the camera will not come back, so say that it ended."""
        self.coverage = CoverageLedger(camera, start_ns, synthetic=source.synthetic)
        self._shared = shared
        self._start_ns = start_ns
        self._times = CaptureTimes(camera.id)
        self._partition = number % FRAMES.partitions
        self._publisher = Publisher(shared.bus, shared.health, self.stop)
        by_default = not source.live and (shared.finite or not source.synthetic)
        self._waits = camera.overload == "wait" if camera.overload else by_default
        self._last: FrameMeta | None = None
        self._up = False
        self._unreadable = 0
        self._end_ns = start_ns - 1

    @property
    def latest_ns(self) -> int:
        """The latest capture time, the one of `ended` too; before the first, when it starts."""
        return max(self._times.last_ns, self._end_ns)

    def run(self) -> None:
        """Publish pictures until the source ends or `stop`. Raises Unreadable when it failed for good."""
        self._set_up(False)
        self._count_from_zero()
        try:
            if self.source.live:
                self._stay_connected()
            else:
                self._play()
        except Stopped:
            logger.debug("camera %s stopped while the bus was away", self.camera.id)
        finally:
            self._set_up(False)
            self._shared.pace.leave(self.camera.id)
            self._shared.pictures.forget(self.camera.id)
            with closing(self._publisher):
                self._say_goodbye()

    def _stay_connected(self) -> None:
        """Open the source again and again, at growing intervals while it gives nothing."""
        begun = time.monotonic()
        backoff = Backoff(FIRST_DELAY_S, LONGEST_DELAY_S)
        problem = Unreadable("gave no picture")
        while not self.stop.is_set():
            try:
                self._play()
            except Unreadable as error:
                problem = error
                if self._is_hopeless(time.monotonic() - begun):
                    break
                logger.warning("camera %s: %s", self.camera.id, error)
            if self._up:
                backoff.reset()
            self._set_up(False)
            if not backoff.wait(self.stop):
                metrics.CAMERA_RECONNECTS.labels(self.camera.id).inc()
        if self._is_hopeless(float("inf")):
            raise problem

    def _is_hopeless(self, seconds: float) -> bool:
        shared = self._shared
        return (
            shared.finite
            and self._last is None
            and seconds >= shared.first_picture_limit_s
        )

    def _play(self) -> None:
        """From one opening of the source to its end."""
        rate = Rate(self.camera.fps, LIVE_JITTER if self.source.live else FILE_JITTER)
        limit_s = self._shared.settings.seconds
        with closing(self.source.shots()) as shots:
            for shot in shots:
                over = (
                    not self.source.live
                    and limit_s is not None
                    and shot.at_ns >= limit_s * 1e9
                )
                if over or self.stop.is_set():
                    return
                self._set_up(True)
                if rate.accepts(shot.at_ns):
                    self._take(shot)
        if self._last is None and self._unreadable:
            raise Unreadable(
                f"none of its {self._unreadable} pictures could be decoded"
            )

    def _take(self, shot: Shot) -> None:
        """Publish one picture, or drop it with a reason."""
        if self.source.live:
            captured_ns = self._times.stamp(self._shared.wall_ns(), shot.at_ns)
        else:
            at_ns = self._start_ns + shot.at_ns
            captured_ns = self._times.stamp(at_ns, at_ns)
            if not self._shared.pace.wait(self.camera.id, captured_ns, self.stop):
                return
        metrics.CAMERA_FRAMES.labels(self.camera.id).inc()
        refusal = self._refusal()
        if refusal is not None:
            self._drop(refusal)
            return
        try:
            pixels, truth = shot.read()
        except Unreadable as error:
            self._unreadable += 1
            self._drop("unreadable")
            logger.warning("camera %s: skipped: %s", self.camera.id, error)
            return
        self._publish(pixels, captured_ns, truth)

    def _refusal(self) -> str | None:
        """Why the bus takes no frame now; under the policy `wait`, wait until it does."""
        if self._waits:
            shared = self._shared
            until_available(
                self._wait_for_room,
                service="ingest",
                health=shared.health,
                stop=self.stop,
            )
            return None
        try:
            return (
                None if self._shared.in_flight.has_room(self._partition) else "overload"
            )
        except Unavailable as error:
            self._shared.health.unready("ingest", str(error))
            return "bus"

    def _wait_for_room(self) -> None:
        in_flight = self._shared.in_flight
        while not in_flight.has_room(self._partition):
            if self.stop.wait(in_flight.look_every_s):
                raise Stopped("waiting for the workers")

    def _publish(
        self, pixels: Pixels, captured_ns: int, truth: FrameTruth | None
    ) -> None:
        camera = self.camera
        blacken(pixels, camera.mask)
        pixels = fit(pixels, camera.width)
        jpeg = to_jpeg(pixels, self._shared.settings.quality)
        if len(jpeg) > FRAMES.max_value_bytes:
            self._drop("too-large")
            return
        meta = FrameMeta(
            camera_id=camera.id,
            stand_id=camera.stand,
            captured_at_ns=captured_ns,
            width=pixels.shape[1],
            height=pixels.shape[0],
            live=self.source.live,
            synthetic=self.source.synthetic,
        )
        self._shared.pictures.show(camera.id, jpeg)
        frame = Outgoing(FRAMES, camera.id, meta, jpeg, self._partition)
        if self._waits:
            self._publisher.send(frame)
        elif not self._publisher.offer(frame):
            self._drop("bus")
            return
        self._note(meta, truth, usable=shows_something(pixels, camera.mask))

    def _note(self, meta: FrameMeta, truth: FrameTruth | None, *, usable: bool) -> None:
        """A frame is on the bus."""
        self._last = meta
        self._shared.in_flight.sent(self._partition)
        self.coverage.frame(meta.captured_at_ns, usable=usable)
        if truth is not None and self._shared.truth is not None:
            self._shared.truth.write(meta, truth)
        if self.source.live or self._shared.settings.speed == "realtime":
            seconds = (self._shared.wall_ns() - meta.captured_at_ns) / 1e9
            metrics.STAGE_LATENCY.labels("ingest").observe(max(0.0, seconds))
        if self.source.live:
            return
        for record in self.coverage.take():
            self._publisher.send(coverage_message(record))

    def _drop(self, reason: str) -> None:
        metrics.FRAMES_DROPPED.labels(self.camera.id, reason).inc()
        self.coverage.dropped()

    def _say_goodbye(self) -> None:
        """The end of the source, unless the camera comes back, and the last of its coverage."""
        end_ns = max(self._end_ns, self._times.last_ns + round(1e9 / self.camera.fps))
        if self._last is not None and (self.retired or not self.stop.is_set()):
            ended = self._last.model_copy(
                update={"captured_at_ns": end_ns, "ended": True}
            )
            self._publisher.send_last(
                Outgoing(FRAMES, self.camera.id, ended, partition=self._partition)
            )
            self._end_ns = end_ns
        if self.source.live:
            end_ns = self._shared.wall_ns()
        for record in self.coverage.finish(end_ns):
            self._publisher.send_last(coverage_message(record))

    def _count_from_zero(self) -> None:
        """What never happened is seen as zero, and the first time as a rise."""
        name = self.camera.id
        for reason in DROP_REASONS:
            metrics.FRAMES_DROPPED.labels(name, reason)
        for counter in (
            metrics.CAMERA_FRAMES,
            metrics.CLOCK_JUMPS,
            metrics.CAMERA_RECONNECTS,
        ):
            counter.labels(name)

    def _set_up(self, up: bool) -> None:
        if up != self._up:
            logger.info("camera %s is %s", self.camera.id, "up" if up else "down")
        self._up = up
        metrics.CAMERA_UP.labels(self.camera.id).set(up)


def coverage_message(record: Coverage) -> Outgoing:
    """A coverage record on its way out, counted."""
    metrics.CAMERA_TIME.labels(record.camera_id).inc(
        (record.end_ns - record.start_ns) / 1e9
    )
    metrics.CAMERA_USABLE.labels(record.camera_id).inc(record.usable_ns / 1e9)
    return Outgoing(COVERAGE, record.stand_id, record)
