"""Frames of one camera on their way to the bus, and what is counted there."""

from __future__ import annotations

import logging
from functools import partial
from threading import Event
from typing import Final

from vitrine.bus import Outgoing
from vitrine.clock import SECOND_NS
from vitrine.errors import Unavailable
from vitrine.mall import Camera
from vitrine.runtime.backoff import Stopped, until_available
from vitrine.schemas import Coverage, FrameMeta
from vitrine.services.ingest.coverage import CoverageLedger
from vitrine.services.ingest.frames import (
    blacken,
    fit,
    to_jpeg,
    visible,
)
from vitrine.services.ingest.publisher import Publisher
from vitrine.services.ingest.shared import Shared
from vitrine.services.ingest.shots import Pixels, Source, Truth
from vitrine.services.ingest.upright import upright
from vitrine.telemetry import metrics
from vitrine.topics import COVERAGE, FRAMES
from vitrine.vision.usability import PROBLEMS, Problem, UsabilityJudge

logger = logging.getLogger(__name__)

WORDS: Final[dict[Problem, str]] = {
    "dark": "it is too dark",
    "covered": "something covers it, or blinds it",
    "slate": "it shows a drawn picture, such as 'no signal'",
    "defocused": "it is out of focus",
    "frozen": "its picture stands still",
    "turned-away": "it shows another place than before",
}

DROP_REASONS = ("overload", "bus", "unreadable", "too-large", "no-notice")


class FrameOutput:
    """Publish the frames, the end and the coverage of one camera; for its thread only."""

    def __init__(
        self,
        camera: Camera,
        number: int,
        source: Source,
        shared: Shared,
        stop: Event,
        start_ns: int,
    ) -> None:
        self.coverage = CoverageLedger(
            camera,
            start_ns,
            synthetic=source.synthetic,
            is_open=partial(shared.is_open, camera.stand),
        )
        """May also be read by other threads."""
        self._camera = camera
        self._source = source
        self._shared = shared
        self._stop = stop
        self._partition = number % FRAMES.partitions
        self._publisher = Publisher(shared.bus, shared.health, stop)
        self._waits = _waits(camera, source, finite=shared.finite)
        self._last: FrameMeta | None = None
        self._judge = UsabilityJudge(visible(camera.mask), fixed=source.live)
        self._problem: Problem | None = None
        for name in PROBLEMS:
            metrics.CAMERA_UNUSABLE.labels(camera.id, name).set(0)

    @property
    def has_published(self) -> bool:
        """True once a frame is on the bus."""
        return self._last is not None

    def refusal(self) -> str | None:
        """Return why the bus takes no frame now, a reason of DROP_REASONS; None if it does.

        Under the policy `wait`, waits until it does. Raises Stopped.
        """
        shared = self._shared
        if self._waits:
            until_available(
                self._wait_for_room,
                service="ingest",
                health=shared.health,
                stop=self._stop,
            )
            return None
        try:
            has_room = shared.in_flight.has_room(self._partition)
        except Unavailable as error:
            shared.health.unready("ingest", str(error))
            return "bus"
        if not has_room:
            return "overload"
        return None

    def publish(
        self,
        pixels: Pixels,
        captured_ns: int,
        truth: Truth | None,
    ) -> None:
        """Publish a picture as a frame, upright, masked and scaled, or drop it with a reason."""
        camera = self._camera
        pixels = upright(pixels, camera)
        # Before anything else: nothing behind the mask may reach anything that is kept.
        blacken(pixels, camera.mask)
        pixels = fit(pixels, camera.width)
        jpeg = to_jpeg(pixels, self._shared.settings.quality)
        if len(jpeg) > FRAMES.max_value_bytes:
            self.drop("too-large")
            return
        meta = FrameMeta(
            camera_id=camera.id,
            stand_id=camera.stand,
            captured_at_ns=captured_ns,
            width=pixels.shape[1],
            height=pixels.shape[0],
            live=self._source.live,
            synthetic=self._source.synthetic,
        )
        if not self._send(meta, jpeg):
            self.drop("bus")
            return
        self._last = meta
        self._shared.in_flight.sent(self._partition)
        problem = self._judge.observe(captured_ns, pixels)
        self._show_problem(problem)
        self.coverage.frame(captured_ns, usable=problem is None)
        self._write_truth(meta, truth)
        self._observe_latency(captured_ns)
        if not self._source.live:
            self._publish_coverage()

    def drop(self, reason: str) -> None:
        """Count a picture that is not published; `reason` is one of DROP_REASONS."""
        counter = metrics.FRAMES_DROPPED.labels(self._camera.id, reason)
        counter.inc()
        self.coverage.dropped()

    def leave_out(self, captured_ns: int) -> None:
        """Count a picture that nobody may look at, as people are not told of the camera."""
        counter = metrics.FRAMES_DROPPED.labels(self._camera.id, "no-notice")
        counter.inc()
        self.coverage.untold(captured_ns)

    def end(self, end_ns: int) -> None:
        """Publish that the camera will not come back, after its last frame."""
        assert self._last is not None  # noqa: S101 - asked for only after a frame
        changes = {"captured_at_ns": end_ns, "ended": True}
        ended = self._last.model_copy(update=changes)
        message = Outgoing(
            FRAMES,
            self._camera.id,
            ended,
            partition=self._partition,
        )
        self._publisher.send_last(message)

    def finish_coverage(self, end_ns: int) -> None:
        """Publish the last of the coverage, up to `end_ns`."""
        for record in self.coverage.finish(end_ns):
            message = coverage_message(record)
            self._publisher.send_last(message)

    def close(self) -> None:
        """Release the bus."""
        self._publisher.close()

    def _wait_for_room(self) -> None:
        in_flight = self._shared.in_flight
        while not in_flight.has_room(self._partition):
            if self._stop.wait(in_flight.look_every_s):
                raise Stopped("waiting for the workers")

    def _send(self, meta: FrameMeta, jpeg: bytes) -> bool:
        frame = Outgoing(
            FRAMES,
            meta.camera_id,
            meta,
            jpeg,
            self._partition,
        )
        if self._waits:
            self._publisher.send(frame)
            return True
        return self._publisher.offer(frame)

    def _write_truth(self, meta: FrameMeta, truth: Truth | None) -> None:
        file = self._shared.truth
        if truth is not None and file is not None:
            file.write(meta, truth)

    def _observe_latency(self, captured_ns: int) -> None:
        """Observe the age of a frame, where its capture time is the wall clock's."""
        speed = self._shared.settings.speed
        if not self._source.live and speed != "realtime":
            return
        age_ns = self._shared.wall_ns() - captured_ns
        age_s = max(0.0, age_ns / SECOND_NS)
        latency = metrics.STAGE_LATENCY.labels("ingest")
        latency.observe(age_s)

    def _show_problem(self, problem: Problem | None) -> None:
        """Tell the operator when pictures become unusable, and when that ends."""
        before = self._problem
        if problem == before:
            return
        self._problem = problem
        name = self._camera.id
        if before is not None:
            metrics.CAMERA_UNUSABLE.labels(name, before).set(0)
        if problem is None:
            logger.info("camera %s: its pictures can be used again", name)
        else:
            metrics.CAMERA_UNUSABLE.labels(name, problem).set(1)
            words = WORDS[problem]
            logger.warning("camera %s: %s; its time does not count", name, words)

    def _publish_coverage(self) -> None:
        for record in self.coverage.take():
            message = coverage_message(record)
            self._publisher.send(message)


def coverage_message(record: Coverage) -> Outgoing:
    """Return a coverage record on its way out, counted."""
    time_ns = record.end_ns - record.start_ns
    watched = metrics.CAMERA_TIME.labels(record.camera_id)
    watched.inc(time_ns / SECOND_NS)
    usable = metrics.CAMERA_USABLE.labels(record.camera_id)
    usable.inc(record.usable_ns / SECOND_NS)
    untold = metrics.CAMERA_WITHOUT_NOTICE.labels(record.camera_id)
    untold.inc(record.without_notice_ns / SECOND_NS)
    return Outgoing(COVERAGE, record.stand_id, record)


def _waits(
    camera: Camera,
    source: Source,
    *,
    finite: bool,
) -> bool:
    """Return True where a full bus makes the camera wait, False where it makes it drop.

    By default, files wait: they can, and nothing of them should be lost. Synthetic visitors
    do so only in a run that ends, otherwise they stand for a live camera.
    """
    if camera.overload:
        return camera.overload == "wait"
    if source.live:
        return False
    return finite or not source.synthetic
