"""The border of the service: described faces become records of the bus here, and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from vitrine.faces.describing import DescribedFace
from vitrine.schemas import (
    Expression,
    Face,
    FrameFaces,
    FrameMeta,
)
from vitrine.sealing import Sealer, view_reference
from vitrine.vision.expression_groups import MODEL

DEGREE_DECIMALS: Final = 2
SCORE_DECIMALS: Final = 4


def frame_faces(
    meta: FrameMeta,
    faces: Sequence[DescribedFace],
    sealer: Sealer | None,
    groups_sealer: Sealer | None = None,
) -> FrameFaces:
    """Return the record of a frame.

    Embeddings, and groups of expressions, leave only sealed: without their sealer, there are none.
    """
    records = []
    for face in faces:
        record = _face(face, meta, sealer, groups_sealer)
        records.append(record)
    return FrameFaces(
        camera_id=meta.camera_id,
        stand_id=meta.stand_id,
        captured_at_ns=meta.captured_at_ns,
        width=meta.width,
        height=meta.height,
        faces=tuple(records),
        synthetic=meta.synthetic,
        ended=meta.ended,
    )


def _face(
    face: DescribedFace,
    meta: FrameMeta,
    sealer: Sealer | None,
    groups_sealer: Sealer | None,
) -> Face:
    about = view_reference(meta, face.track_id)
    embedding = None
    if face.embedding is not None and sealer is not None:
        embedding = sealer.seal(
            face.embedding.vector,
            face.embedding.model,
            about,
        )
    groups = None
    if face.groups is not None and groups_sealer is not None:
        groups = groups_sealer.seal(face.groups, MODEL, about)
    expression = Expression(
        mouth_open=face.geometry.mouth_open,
        mouth_width=face.geometry.mouth_width,
        brow_raise=face.geometry.brow_raise,
        eye_open=face.geometry.eye_open,
        shown=face.expression_shown,
    )
    score = min(max(face.score, 0.0), 1.0)
    return Face(
        track_id=face.track_id,
        box=face.box.tolist(),
        score=round(score, SCORE_DECIMALS),
        points=face.points.tolist(),
        yaw=round(face.pose.yaw, DEGREE_DECIMALS),
        pitch=round(face.pose.pitch, DEGREE_DECIMALS),
        roll=round(face.pose.roll, DEGREE_DECIMALS),
        quality=face.quality,
        expression=expression,
        embedding=embedding,
        groups=groups,
    )
