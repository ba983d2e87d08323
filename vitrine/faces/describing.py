"""From followed faces to what is known of them: pose, expression, quality, embedding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vitrine.faces.batches import batches
from vitrine.faces.models import FaceModels
from vitrine.faces.track import Track
from vitrine.faces.tracks import FollowedFace
from vitrine.faces.views import View
from vitrine.vision.crop import Image
from vitrine.vision.embedding import (
    Embedder,
    Embedding,
    align,
)
from vitrine.vision.expression import ExpressionGeometry, measures
from vitrine.vision.expression_classes import (
    NEUTRAL,
    ExpressionClassifier,
    expression_cut,
)
from vitrine.vision.expression_groups import grouped
from vitrine.vision.pose import HeadPose, head_poses
from vitrine.vision.quality import visible_shares

# No coordinate lies beyond; the schema refuses larger ones.
FARTHEST_PIXEL: Final = 20_000
POINT_DECIMALS: Final = 2
QUALITY_DECIMALS: Final = 4
SHOWN_DECIMALS: Final = 3


@dataclass(frozen=True, slots=True)
class FaceInFrame:
    """Hold a followed face and the frame that shows it."""

    image: Image
    recognise: bool
    """Embeddings may be made of it."""
    reactions: bool
    """Groups of its expression may be told."""
    face: FollowedFace


@dataclass(frozen=True, slots=True)
class DescribedFace:
    """Hold all that is known of one face in one frame; coordinates in pixels of the frame."""

    track_id: str
    box: NDArray[np.float64]
    """(4,): x, y, width, height, in steps of 0.01 pixels."""
    score: float
    """Of the latest detection."""
    points: NDArray[np.float64]
    """(68, 2) in iBUG order, smoothed, in steps of 0.01 pixels."""
    pose: HeadPose
    quality: float
    """0…1, four decimals."""
    geometry: ExpressionGeometry
    expression_shown: float | None
    """Chance that any expression is shown, 0…1, three decimals; None where none was judged."""
    embedding: Embedding | None
    """None where none was made of this view."""
    groups: NDArray[np.float32] | None
    """(4,) probabilities of GROUPS; None where this view was not judged, or may not be told."""
    judged: bool = False
    """The expression is that of this view, and not of an earlier one of the track."""


@dataclass(frozen=True, slots=True)
class _Measured:
    """Hold what follows from the points alone."""

    image: Image
    recognise: bool
    reactions: bool
    track: Track
    view: View
    box: NDArray[np.float64]
    points: NDArray[np.float64]
    pose: HeadPose
    quality: float
    geometry: ExpressionGeometry


def describe(faces: Sequence[FaceInFrame], models: FaceModels) -> list[DescribedFace]:
    """Return a description for each face, in order."""
    if not faces:
        return []
    measured = _measured(faces)
    groups: dict[str, NDArray[np.float32]] = {}
    if models.expressions is not None:
        groups = _judge(measured, models.expressions)
    embeddings: dict[str, Embedding] = {}
    if models.embedder is not None:
        embeddings = _embed(measured, models.embedder)
    descriptions = []
    for face in measured:
        track = face.track
        description = DescribedFace(
            track_id=track.id,
            box=face.box,
            score=track.detected.score,
            points=face.points,
            pose=face.pose,
            quality=face.quality,
            geometry=face.geometry,
            expression_shown=track.appearance.expression_shown,
            embedding=embeddings.get(track.id),
            groups=groups.get(track.id),
            judged=track.appearance.judged_at(face.view.at_ns),
        )
        descriptions.append(description)
    return descriptions


def _measured(sources: Sequence[FaceInFrame]) -> list[_Measured]:
    """Return the measures of all faces, which may be of several frames; there is at least one."""
    points = np.array([source.face.points for source in sources])
    boxes = np.array([source.face.view.box for source in sources], np.float64)
    sizes = np.array([source.image.shape[1::-1] for source in sources])
    poses = head_poses(points, sizes.max(axis=1))
    seen = np.array([source.face.quality for source in sources])
    qualities = (seen * visible_shares(points, sizes)).round(QUALITY_DECIMALS).tolist()
    geometries = measures(points, poses).tolist()
    # These are published. The expression is judged on them, so that a record can be judged again.
    published = _steps(points)
    published_boxes = _steps(boxes)
    measured = []
    for number, source in enumerate(sources):
        one = _Measured(
            image=source.image,
            recognise=source.recognise,
            reactions=source.reactions,
            track=source.face.track,
            view=source.face.view,
            box=published_boxes[number],
            points=published[number],
            pose=HeadPose(*poses[number].tolist()),
            quality=qualities[number],
            geometry=ExpressionGeometry(*geometries[number]),
        )
        measured.append(one)
    return measured


def _steps(pixels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return coordinates that the schema takes, in steps of 0.01 pixels."""
    return pixels.clip(-FARTHEST_PIXEL, FARTHEST_PIXEL).round(POINT_DECIMALS)


def _judge(
    faces: Sequence[_Measured], classifier: ExpressionClassifier
) -> dict[str, NDArray[np.float32]]:
    """Bring what each track shows up to date, where it is time.

    Return the groups of those judged, by track, where they may be told; the kind of expression is
    not kept.
    """
    told = {}
    due = [f for f in faces if f.track.appearance.expression_due(f.view.at_ns)]
    for some in batches(due):
        cuts = [expression_cut(face.image, face.points) for face in some]
        shares = classifier.classify(cuts)
        groups = grouped(shares).astype(np.float32)
        neutral = shares[:, NEUTRAL].tolist()
        for face, share, of_face in zip(some, neutral, groups, strict=True):
            shown = min(max(1 - share, 0.0), 1.0)
            rounded = round(shown, SHOWN_DECIMALS)
            face.track.appearance.judged(rounded, face.view.at_ns)
            if face.reactions:
                told[face.track.id] = of_face
    return told


def _embed(faces: Sequence[_Measured], embedder: Embedder) -> dict[str, Embedding]:
    """Return embeddings by track, for the good views whose turn it is."""
    due = []
    for face in faces:
        appearance = face.track.appearance
        at_ns = face.view.at_ns
        if face.recognise and appearance.embedding_due(face.quality, at_ns):
            appearance.embedded(at_ns)
            due.append(face)
    embeddings = {}
    for some in batches(due):
        aligned = [align(face.image, face.view.points) for face in some]
        for face, vector in zip(some, embedder.embed(aligned), strict=True):
            embeddings[face.track.id] = Embedding(embedder.model, vector)
    return embeddings
