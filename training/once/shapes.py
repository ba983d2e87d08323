"""Face shapes laid on their mean, made symmetric and level."""

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from training.datasets.faces import LabelledFace
from training.datasets.keypoints_csv import read_keypoints_csv
from vitrine.synthetic.mesh import EYE_CENTRE, EYE_DISTANCE, head_depth, rings
from vitrine.vision.pose import RIGID
from vitrine.vision.shape import EYE_LEFT, EYE_RIGHT, MIRROR, NOSE_TIP

Floats = NDArray[np.float32]

SMALLEST_EYE_DISTANCE: Final = 18.0
"""Pixels; a texture has 34 between the eyes, so that none is enlarged more than twice."""
OFF_MIDDLE: Final = 0.1
"""Share of the face's width that the nose of a frontal face is off its middle, at most."""
STEPS: Final = 5
"""Of the mean's iteration; chosen, not measured."""


def frontal_faces(data: Path) -> tuple[list[LabelledFace], Floats, Floats]:
    """Return faces that are large and frontal, their shapes, and the mean shape.

    Shapes (n, 68, 2) are aligned, symmetric and level. Raises DatasetError.
    """
    large = [face for face in read_keypoints_csv(data) if _is_large(face)]
    reference, aligned = mean_shape(np.stack([face.points for face in large]))
    frontal = is_frontal(aligned)
    kept = aligned[frontal]
    symmetric = np.asarray((kept + mirrored(kept)) / 2, np.float32)
    shapes = level(_laid_on(symmetric, reference), reference)
    faces = [large[place] for place in np.flatnonzero(frontal)]
    return faces, shapes, reference


def mean_shape(shapes: Floats) -> tuple[Floats, Floats]:
    """Return the symmetric mean (68, 2), and all shapes (n, 68, 2) laid on it.

    Generalised Procrustes analysis.
    """
    reference = on_canvas(shapes[0])
    for _ in range(STEPS):
        aligned = _laid_on(shapes, reference)
        mean = aligned.mean(axis=0)
        reference = on_canvas((mean + mirrored(mean)) / 2)
    return reference, aligned


def to_texture_frame(points: Floats, reference: Floats) -> Floats:
    """Return the least-squares similarity (2, 3) of points onto the reference (Umeyama 1991)."""
    points_middle = points.mean(axis=0)
    reference_middle = reference.mean(axis=0)
    p = points - points_middle
    q = reference - reference_middle
    norm = float((p**2).sum())
    cosine = float((p * q).sum()) / norm
    crossed = p[:, 0] * q[:, 1] - p[:, 1] * q[:, 0]
    sine = float(crossed.sum()) / norm
    linear = np.array([[cosine, -sine], [sine, cosine]])
    shift = reference_middle - linear @ points_middle
    return np.asarray(np.column_stack([linear, shift]), np.float32)


def transformed(points: Floats, matrix: Floats) -> Floats:
    return np.asarray(points @ matrix[:, :2].T + matrix[:, 2], np.float32)


def _laid_on(shapes: Floats, reference: Floats) -> Floats:
    matrices = [to_texture_frame(shape, reference) for shape in shapes]
    return np.stack(list(map(transformed, shapes, matrices)))


def mirrored(shape: Floats) -> Floats:
    """Return shapes (…, 68, 2) mirrored about the texture's middle."""
    flipped = shape[..., MIRROR, :].copy()
    flipped[..., 0] = 2 * EYE_CENTRE[0] - flipped[..., 0]
    return np.asarray(flipped, np.float32)


def on_canvas(shape: Floats) -> Floats:
    """Return a shape moved and scaled so that the eyes lie where the texture has them."""
    left = shape[EYE_LEFT].mean(axis=0)
    right = shape[EYE_RIGHT].mean(axis=0)
    scale = EYE_DISTANCE / float(np.linalg.norm(right - left))
    centred = shape - (left + right) / 2
    return np.asarray(centred * scale + EYE_CENTRE, np.float32)


def is_frontal(shapes: Floats) -> NDArray[np.bool_]:
    """Return for aligned shapes (n, 68, 2) if the nose tip is midway between the jaw's ends."""
    left = shapes[:, 0:3, 0].mean(axis=1)
    right = shapes[:, 14:17, 0].mean(axis=1)
    place = (shapes[:, NOSE_TIP, 0] - left) / (right - left)
    return np.asarray(np.abs(place - 0.5) < OFF_MIDDLE)


def level(shapes: Floats, reference: Floats) -> Floats:
    """Return aligned shapes (n, 68, 2) with the nod taken out.

    So that pitch stays the head's and no person's trait. A nod moves points up or down by their
    depth; how much is fitted on the points that no expression moves.
    """
    up = np.array([0, 1], np.float32)
    depth = head_depth(np.vstack([reference, rings()]))[:68, None]
    nod = depth * up
    along = reference - reference.mean(axis=0)
    sideways = np.broadcast_to(up[::-1], nod.shape)
    upwards = np.broadcast_to(up, nod.shape)
    motions = np.stack([nod, along, sideways, upwards])
    rigid_motions = motions[:, RIGID].reshape(len(motions), -1)
    off = (shapes - reference)[:, RIGID].reshape(len(shapes), -1)
    amounts, *_ = np.linalg.lstsq(
        rigid_motions.T,
        off.T,
        rcond=None,
    )
    upright = shapes - amounts[0][:, None, None] * nod
    return _laid_on(upright, reference)


def _is_large(face: LabelledFace) -> bool:
    left = face.points[EYE_LEFT].mean(axis=0)
    right = face.points[EYE_RIGHT].mean(axis=0)
    return float(np.linalg.norm(left - right)) >= SMALLEST_EYE_DISTANCE
