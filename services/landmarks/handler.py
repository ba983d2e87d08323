"""Frames in, faces out."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final

from vitrine.bus import (
    Outgoing,
    Received,
    TopicPartition,
)
from vitrine.clock import Clock
from vitrine.errors import Invalid
from vitrine.faces.analysis import Analyser, Frame
from vitrine.faces.decoding import decode
from vitrine.faces.describing import DescribedFace
from vitrine.mall import Mall
from vitrine.mall.folder import MallSource
from vitrine.runtime import Handler, Outputs
from vitrine.schemas import FrameMeta
from vitrine.sealing import Sealer
from vitrine.services.landmarks.cameras import Cameras
from vitrine.services.landmarks.events import frame_faces
from vitrine.telemetry import metrics
from vitrine.topics import FACES

# A live frame older than this is skipped: a reaction to it would come too late. Chosen, not
# measured.
LATE_NS: Final = 500_000_000


@dataclass(frozen=True, slots=True)
class _Arrival:
    """Hold a frame to analyse, or the end of a source."""

    meta: FrameMeta
    frame: Frame | None
    """None at the end of a source."""


class LandmarksHandler(Handler):
    """Look at each camera's frames in order, and at different cameras' frames together.

    Nothing is replayed: tracks begin anew when partitions move, and engagement bridges them.
    """

    def __init__(
        self,
        analyser: Analyser,
        mall: MallSource,
        clock: Clock,
        detect_every: int,
        sealer: Sealer | None = None,
        groups_sealer: Sealer | None = None,
    ) -> None:
        """Without `sealer`, no embeddings are made; without `groups_sealer`, no groups are told."""
        self._analyser = analyser
        self._mall = mall
        self._clock = clock
        self._sealer = sealer
        self._groups_sealer = groups_sealer
        self._cameras = Cameras(detect_every, analyser.trust)

    def revoked(self, partitions: Sequence[TopicPartition]) -> None:
        """Forget the cameras of partitions that moved elsewhere."""
        self._cameras.forget_partitions(set(partitions))

    def handle(self, batch: Sequence[Received[FrameMeta]]) -> Outputs:
        """Return one `faces` record for each frame analysed and each source that ended."""
        outputs = Outputs()
        queues = self._queues(batch, outputs)
        for arrivals in zip_longest(*queues):
            step = [arrival for arrival in arrivals if arrival is not None]
            outputs.messages += self._step(step)
        return outputs

    def _queues(
        self, batch: Sequence[Received[FrameMeta]], outputs: Outputs
    ) -> list[list[_Arrival]]:
        """Return what arrived of each camera, in order; bad frames are rejected in `outputs`."""
        mall = self._mall.current()
        waiting = Counter(record.event.camera_id for record in batch)
        queues: dict[str, list[_Arrival]] = defaultdict(list)
        for record in batch:
            camera_id = record.event.camera_id
            try:
                arrival = self._arrival(record, mall)
            except Invalid as error:
                outputs.rejected.append((record, str(error)))
                continue
            if arrival is None:
                continue
            queue = queues[camera_id]
            if arrival.frame is not None and waiting[camera_id] > 1:
                self._analyser.look_ahead(arrival.frame)
            queue.append(arrival)
        return list(queues.values())

    def _arrival(self, record: Received[FrameMeta], mall: Mall) -> _Arrival | None:
        """Return what a record brings, or None for a frame to skip.

        Raises Invalid for a bad one.
        """
        meta = record.event
        if meta.ended:
            self._cameras.forget(meta.camera_id)
            return _Arrival(meta, None)
        if self._late(meta):
            metrics.FRAMES_DROPPED.labels(meta.camera_id, "late").inc()
            return None
        if self._cameras.repeated(meta):
            metrics.FRAMES_DROPPED.labels(meta.camera_id, "repeated").inc()
            return None
        return _Arrival(meta, self._frame(record, mall))

    def _late(self, meta: FrameMeta) -> bool:
        return meta.live and self._clock.now_ns() - meta.captured_at_ns > LATE_NS

    def _frame(self, record: Received[FrameMeta], mall: Mall) -> Frame:
        """Return the decoded frame with its camera's tracks.

        Raises Invalid; the camera moves on last.
        """
        meta = record.event
        self._cameras.check_order(record)
        image = decode(record.body, meta.width, meta.height)
        tracks = self._cameras.advance(record)
        # The series exists from the first good frame on, so that it is seen as zero until a frame
        # is late.
        metrics.FRAMES_DROPPED.labels(meta.camera_id, "late")
        stand = mall.stand(meta.stand_id)
        recognises = stand is not None and stand.recognition != "none"
        recognise = recognises and self._sealer is not None
        asks = stand is not None and stand.reactions == "expression"
        reactions = asks and self._groups_sealer is not None
        return Frame(
            image,
            meta.captured_at_ns,
            tracks,
            recognise,
            reactions,
            clothes=stand is not None and stand.clothes,
        )

    def _step(self, arrivals: Sequence[_Arrival]) -> list[Outgoing]:
        """Return the records of at most one arrival of each camera."""
        messages = []
        metas = []
        frames = []
        for arrival in arrivals:
            if arrival.frame is None:
                messages.append(self._outgoing(arrival.meta, []))
            else:
                metas.append(arrival.meta)
                frames.append(arrival.frame)
        analysed = self._analyser.step(frames)
        for meta, faces in zip(metas, analysed, strict=True):
            messages.append(self._outgoing(meta, faces))
            self._count(meta, faces)
        return messages

    def _outgoing(self, meta: FrameMeta, faces: Sequence[DescribedFace]) -> Outgoing:
        event = frame_faces(meta, faces, self._sealer, self._groups_sealer)
        return Outgoing(FACES, meta.stand_id, event)

    def _count(self, meta: FrameMeta, faces: Sequence[DescribedFace]) -> None:
        metrics.FRAMES_ANALYSED.labels(meta.camera_id).inc()
        metrics.FACES_SEEN.labels(meta.camera_id).inc(len(faces))
        parts = Counter(part for face in faces for part in _parts(face))
        for (part, computed), count in parts.items():
            metrics.FACE_PARTS.labels(meta.camera_id, part, computed).inc(count)
        seconds = (self._clock.now_ns() - meta.captured_at_ns) / 1e9
        if seconds >= 0:
            metrics.STAGE_LATENCY.labels("landmarks").observe(seconds)


def _parts(face: DescribedFace) -> list[tuple[str, str]]:
    """Return when the parts of a face were computed: labels `part` and `computed`."""
    expression = "none"
    if face.judged:
        expression = "now"
    elif face.expression_shown is not None:
        expression = "earlier"
    # An embedding is reported with the frame that it was made of, and never again.
    embedding = "none" if face.embedding is None else "now"
    return [("points", "now"), ("expression", expression), ("embedding", embedding)]
