"""Frames in, faces out."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final

from vitrine.bus import Outgoing, Received, TopicPartition
from vitrine.clock import Clock
from vitrine.errors import Invalid
from vitrine.faces.analysis import Analyser, Frame
from vitrine.faces.decoding import decode
from vitrine.faces.tracks import CameraTracks
from vitrine.mall import Mall
from vitrine.mall.folder import MallSource
from vitrine.runtime import Handler, Outputs
from vitrine.schemas import Face, FrameFaces, FrameMeta
from vitrine.telemetry import metrics
from vitrine.topics import FACES

LATE_NS: Final = 500_000_000
GONE_NS: Final = 300_000_000_000
"""A camera whose clock was set back begins anew when the log went on for so long without a good frame."""
MOST_CAMERAS: Final = 256
"""Beyond that, the camera that was silent for longest is forgotten."""


@dataclass(slots=True)
class _Camera:
    tracks: CameraTracks
    source: TopicPartition
    captured_ns: int = 0
    """Of its newest frame."""
    appended_ns: int = 0
    """When the log took that frame."""


class LandmarksHandler(Handler):
    """Looks at each camera's frames in order and at different cameras' frames together.

    Nothing is replayed: tracks begin anew when partitions move, and engagement bridges them.
    """

    def __init__(
        self, analyser: Analyser, mall: MallSource, clock: Clock, detect_every: int
    ) -> None:
        self._analyser = analyser
        self._mall = mall
        self._clock = clock
        self._detect_every = detect_every
        self._cameras: dict[str, _Camera] = {}

    def revoked(self, partitions: Sequence[TopicPartition]) -> None:
        """Forget the cameras of partitions that moved elsewhere."""
        lost = set(partitions)
        self._cameras = {
            name: c for name, c in self._cameras.items() if c.source not in lost
        }

    def handle(self, batch: Sequence[Received[FrameMeta]]) -> Outputs:
        """One `faces` record for each frame analysed and each source that ended."""
        outputs = Outputs()
        mall = self._mall.current()
        by_camera: Mapping[str, list[Frame | FrameMeta]] = defaultdict(list)
        waiting = Counter(record.event.camera_id for record in batch)
        for record in batch:
            camera_id = record.event.camera_id
            for arrival in self._arrivals(record, mall, outputs):
                if isinstance(arrival, Frame) and waiting[camera_id] > 1:
                    self._analyser.look_ahead(arrival, len(by_camera[camera_id]))
                by_camera[camera_id].append(arrival)
        for step in zip_longest(*by_camera.values()):
            self._step([arrival for arrival in step if arrival is not None], outputs)
        return outputs

    def _arrivals(
        self, record: Received[FrameMeta], mall: Mall, outputs: Outputs
    ) -> Iterator[Frame | FrameMeta]:
        """A decoded frame, the end of a source, or nothing."""
        meta = record.event
        if meta.ended:
            self._cameras.pop(meta.camera_id, None)
            yield meta
        elif self._late(meta):
            metrics.FRAMES_DROPPED.labels(meta.camera_id, "late").inc()
        elif self._repeated(meta):
            metrics.FRAMES_DROPPED.labels(meta.camera_id, "repeated").inc()
        else:
            try:
                yield self._frame(record, mall)
            except Invalid as error:
                outputs.rejected.append((record, str(error)))

    def _step(self, arrivals: Sequence[Frame | FrameMeta], outputs: Outputs) -> None:
        """At most one arrival of each camera."""
        outputs.messages += [
            _outgoing(a, ()) for a in arrivals if isinstance(a, FrameMeta)
        ]
        frames = [a for a in arrivals if isinstance(a, Frame)]
        for frame, faces in zip(frames, self._analyser.step(frames), strict=True):
            outputs.messages.append(_outgoing(frame.meta, faces))
            self._count(frame.meta, len(faces))

    def _late(self, meta: FrameMeta) -> bool:
        return meta.live and self._clock.now_ns() - meta.captured_at_ns > LATE_NS

    def _repeated(self, meta: FrameMeta) -> bool:
        """Whether ingest sent its last frame again, because the bus died before it could confirm it."""
        camera = self._cameras.get(meta.camera_id)
        return camera is not None and meta.captured_at_ns == camera.captured_ns

    def _frame(self, record: Received[FrameMeta], mall: Mall) -> Frame:
        """The decoded frame with its camera's tracks. Raises Invalid; the camera's state is changed last."""
        meta = record.event
        appended_ns = record.record.appended_at_ns
        camera = self._cameras.get(meta.camera_id)
        if camera and meta.captured_at_ns <= camera.captured_ns:
            if appended_ns - camera.appended_ns <= GONE_NS:
                raise Invalid("not captured after the camera's frame before")
            del self._cameras[meta.camera_id]
        image = decode(meta, record.body)
        camera = self._cameras.pop(meta.camera_id, None) or _Camera(
            CameraTracks(meta.camera_id, self._detect_every, self._analyser.trust),
            record.source,
        )
        camera.captured_ns = meta.captured_at_ns
        camera.appended_ns = appended_ns
        self._cameras[meta.camera_id] = camera  # the latest last
        metrics.FRAMES_DROPPED.labels(
            meta.camera_id, "late"
        )  # seen as zero until the first
        if len(self._cameras) > MOST_CAMERAS:
            del self._cameras[next(iter(self._cameras))]
        stand = mall.stand(meta.stand_id)
        return Frame(
            meta,
            image,
            camera.tracks,
            stand is not None and stand.recognition == "enrolled",
        )

    def _count(self, meta: FrameMeta, faces: int) -> None:
        metrics.FRAMES_ANALYSED.labels(meta.camera_id).inc()
        metrics.FACES_SEEN.labels(meta.camera_id).inc(faces)
        seconds = (self._clock.now_ns() - meta.captured_at_ns) / 1e9
        if seconds >= 0:
            metrics.STAGE_LATENCY.labels("landmarks").observe(seconds)


def _outgoing(meta: FrameMeta, faces: tuple[Face, ...]) -> Outgoing:
    event = FrameFaces(
        camera_id=meta.camera_id,
        stand_id=meta.stand_id,
        captured_at_ns=meta.captured_at_ns,
        width=meta.width,
        height=meta.height,
        faces=faces,
        synthetic=meta.synthetic,
        ended=meta.ended,
    )
    return Outgoing(FACES, meta.stand_id, event)
