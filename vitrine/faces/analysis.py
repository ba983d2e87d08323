"""From pictures to faces: one step takes the next frame of each camera and batches their networks."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vitrine.faces.places import Place
from vitrine.faces.tracks import CameraTracks, Track
from vitrine.schemas import Face, FrameMeta, SealedEmbedding
from vitrine.sealing import Sealer, track_reference
from vitrine.vision import expression
from vitrine.vision.crop import (
    Crop,
    Image,
    crop_of_points,
    cut,
    network_input,
    to_frame,
)
from vitrine.vision.detectors import (
    Detections,
    Detector,
    FaceScore,
    Trust,
    detect_scaled,
    face_cuts,
)
from vitrine.vision.embedding import Embedder, align
from vitrine.vision.expression_classes import (
    NEUTRAL,
    ExpressionClassifier,
    expression_cut,
)
from vitrine.vision.networks import Network
from vitrine.vision.pose import head_pose
from vitrine.vision.quality import QualityScore, quality_cut, visible

BATCH: Final = 32
EMBED_EVERY_NS: Final = 400_000_000
"""Time between two embeddings of a track."""
MOST_EMBEDDINGS: Final = 30
JUDGE_EVERY_NS: Final = 90_000_000
"""Time between two judgements of a track's expression: each frame at 10 a second, every third at 30."""
GOOD_VIEW: Final = 0.5
"""Quality that a view needs for an embedding; see models/quality_56.card.md."""
SMALLEST: Final = 0.03
"""Crop side, as a share of the frame's longer side, below which a face has no pose: 19 of 640 pixels."""
COLLAPSED: Final = 0.5
"""Share of the crop that the landmarks' own crop must at least have."""
NO_FACE: Final = -1.0
FARTHEST_PIXEL: Final = 20_000


@dataclass(slots=True)
class Frame:
    """A decoded frame on its way through the models."""

    meta: FrameMeta
    image: Image
    tracks: CameraTracks
    recognise: bool
    ahead: Future[Detections] | None = None
    """The detector is at work on it already."""


@dataclass(slots=True)
class _Look:
    """One face in one frame: the network's crop and what came out of it."""

    frame: Frame
    track: Track
    cut: Image
    quality: float = 0.0


@dataclass(frozen=True, slots=True)
class Recognition:
    """What makes embeddings, and what seals them."""

    embedder: Embedder
    sealer: Sealer


class Analyser:
    """The models. All state is in the tracks, so a frame's faces do not depend on what shares its batch."""

    def __init__(
        self,
        detector: Detector,
        landmarks: Network,
        face_score: FaceScore,
        quality: QualityScore,
        recognition: Recognition | None,
        helper: Executor | None = None,
        expressions: ExpressionClassifier | None = None,
    ) -> None:
        """With `helper`, frames that wait behind others are given to the detector ahead of their turn."""
        self._detector = detector
        self._landmarks = landmarks
        self._face_score = face_score
        self._quality = quality
        self._recognition = recognition
        self._helper = helper
        self._expressions = expressions

    @property
    def trust(self) -> Trust:
        """What the detector's scores are worth."""
        return self._detector.trust

    def look_ahead(self, frame: Frame, place: int) -> None:
        """Start the detector on a frame of a camera, `place` frames from now, if its number is due."""
        wait = place - frame.tracks.due_in()
        if (
            self._helper is not None
            and wait >= 0
            and wait % frame.tracks.detect_every == 0
        ):
            frame.ahead = self._helper.submit(
                detect_scaled, self._detector, frame.image
            )

    def step(self, frames: Sequence[Frame]) -> list[tuple[Face, ...]]:
        """The faces of each frame; no two frames of one camera."""
        looks = [look for frame in frames for look in self._look(frame)]
        for start in range(0, len(looks), BATCH):
            self._observe(looks[start : start + BATCH])
        by_track = {look.track.id: look for look in looks}
        views = [
            [
                (look, _face(look))
                for look in (by_track[t.id] for t in frame.tracks.finish())
            ]
            for frame in frames
        ]
        together = [view for some in views for view in some]
        self._judge(together)
        sealed = self._embed(together)
        return [
            tuple(_with(look, face, sealed.get(face.track_id)) for look, face in some)
            for some in views
        ]

    def _look(self, frame: Frame) -> list[_Look]:
        detections = self._detections(frame) if frame.tracks.due() else None
        tracks = frame.tracks.begin(frame.meta.captured_at_ns, detections)
        return [_Look(frame, track, cut(frame.image, track.crop)) for track in tracks]

    def _detections(self, frame: Frame) -> Detections:
        return (
            frame.ahead.result()
            if frame.ahead
            else detect_scaled(self._detector, frame.image)
        )

    def _observe(self, looks: Sequence[_Look]) -> None:
        outputs = self._landmarks.run(network_input([look.cut for look in looks]))[0]
        points = to_frame(outputs, [look.track.crop for look in looks])
        crops = [crop_of_points(found) for found in points]
        cuts = [_face_cut(look, crop) for look, crop in zip(looks, crops, strict=True)]
        scores = self._face_score.score(np.concatenate(cuts)).tolist()
        qualities = self._quality.score(
            [quality_cut(look.cut) for look in looks]
        ).tolist()
        for look, found, crop, score, quality in zip(
            looks, points, crops, scores, qualities, strict=True
        ):
            look.quality = quality
            there = score if _plausible(look, crop) else NO_FACE
            look.track.observe(found, crop, there, look.frame.meta.captured_at_ns)

    def _judge(self, views: Sequence[tuple[_Look, Face]]) -> None:
        """Brings what each track shows up to date, where it is time. Which expression it is stays here."""
        if self._expressions is None:
            return
        due = [(look, face) for look, face in views if _due(look)]
        for start in range(0, len(due), BATCH):
            some = due[start : start + BATCH]
            cuts = [
                expression_cut(look.frame.image, np.array(face.points))
                for look, face in some
            ]
            shares = self._expressions.classify(cuts)
            for (look, _), neutral in zip(
                some, shares[:, NEUTRAL].tolist(), strict=True
            ):
                look.track.judged_ns = look.frame.meta.captured_at_ns
                look.track.shown = round(min(max(1 - neutral, 0.0), 1.0), 3)

    def _embed(self, views: Sequence[tuple[_Look, Face]]) -> dict[str, SealedEmbedding]:
        """By track, for the good views whose turn it is."""
        if self._recognition is None:
            return {}
        chosen = [
            look
            for look, face in views
            if look.frame.recognise and _wanted(look, face.quality)
        ]
        sealed: dict[str, SealedEmbedding] = {}
        for start in range(0, len(chosen), BATCH):
            some = chosen[start : start + BATCH]
            vectors = self._recognition.embedder.embed(
                [align(k.frame.image, k.track.points) for k in some]
            )
            for look, vector in zip(some, vectors, strict=True):
                sealed[look.track.id] = self._seal(look, vector)
        return sealed

    def _seal(self, look: _Look, vector: NDArray[np.float32]) -> SealedEmbedding:
        assert self._recognition is not None  # noqa: S101
        about = track_reference(look.frame.meta.camera_id, look.track.id)
        return self._recognition.sealer.seal(
            vector, self._recognition.embedder.model, about
        )


def _face_cut(look: _Look, crop: Crop) -> NDArray[np.float32]:
    box = look.track.box_at(Place.of_crop(crop), look.frame.meta.captured_at_ns)
    return face_cuts(look.frame.image, box[None])


def _plausible(look: _Look, crop: Crop) -> bool:
    """Whether landmarks with this crop around them are large enough to mean something, and not collapsed."""
    meta = look.frame.meta
    side = Place.of_crop(crop).side
    smallest = SMALLEST * max(meta.width, meta.height)
    return side > max(smallest, COLLAPSED * Place.of_crop(look.track.crop).side)


def _wanted(look: _Look, quality: float) -> bool:
    """Whether a view is one to embed; it counts as embedded then."""
    track = look.track
    at_ns = look.frame.meta.captured_at_ns
    too_soon = track.embeddings and at_ns - track.embedded_ns < EMBED_EVERY_NS
    if too_soon or quality < GOOD_VIEW or track.embeddings >= MOST_EMBEDDINGS:
        return False
    track.embedded_ns = at_ns
    track.embeddings = track.embeddings + 1
    return True


def _due(look: _Look) -> bool:
    since = look.frame.meta.captured_at_ns - look.track.judged_ns
    return look.track.shown is None or since >= JUDGE_EVERY_NS


def _with(look: _Look, face: Face, embedding: SealedEmbedding | None) -> Face:
    shown = face.expression.model_copy(update={"shown": look.track.shown})
    return face.model_copy(update={"expression": shown, "embedding": embedding})


def _face(look: _Look) -> Face:
    """What is published of a track: smoothed points and what follows from them."""
    meta = look.frame.meta
    track = look.track
    points = track.smooth()
    pose = head_pose(points, meta.width, meta.height)
    return Face(
        track_id=track.id,
        box=_pixels(track.box),
        score=round(min(max(track.score, 0.0), 1.0), 4),
        points=_pixels(points),
        yaw=round(pose.yaw, 2),
        pitch=round(pose.pitch, 2),
        roll=round(pose.roll, 2),
        quality=round(look.quality * visible(points, meta.width, meta.height), 4),
        expression=expression.measure(points, pose),
    )


def _pixels(values: NDArray[np.floating]) -> object:
    return np.clip(values, -FARTHEST_PIXEL, FARTHEST_PIXEL).round(2).tolist()
