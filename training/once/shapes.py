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
    every = read_keypoints_csv(data)
    large = [face for face in every if _is_large(face)]
    points = np.stack([face.points for face in large])
    reference, aligned = mean_shape(points)
    frontal = is_frontal(aligned)
    kept = aligned[frontal]
    symmetric = _symmetric(kept)
    centred = _laid_on(symmetric, reference)
    shapes = level(centred, reference)
    places = np.flatnonzero(frontal)
    faces = [large[place] for place in places]
    return faces, shapes, reference


def mean_shape(shapes: Floats) -> tuple[Floats, Floats]:
    """Return the symmetric mean (68, 2), and all shapes (n, 68, 2) laid on it.

    Generalised Procrustes analysis.
    """
    # Any shape serves as a start.
    reference = on_canvas(shapes[0])
    for _ in range(STEPS):
        aligned = _laid_on(shapes, reference)
        mean = aligned.mean(axis=0)
        symmetric = _symmetric(mean)
        # Or the mean would shrink from step to step.
        reference = on_canvas(symmetric)
    return reference, aligned


def _symmetric(shape: Floats) -> Floats:
    """Return the mean of shapes (…, 68, 2) and their mirror images."""
    both = shape + mirrored(shape)
    return np.asarray(both / 2, np.float32)


def to_texture_frame(points: Floats, reference: Floats) -> Floats:
    """Return the least-squares similarity (2, 3) of points onto the reference (Umeyama 1991)."""
    points_middle = points.mean(axis=0)
    reference_middle = reference.mean(axis=0)
    p = points - points_middle
    q = reference - reference_middle
    p_x, p_y = p.T
    q_x, q_y = q.T
    squares = p**2
    along = p * q
    crossed = p_x * q_y - p_y * q_x
    norm = float(squares.sum())
    # Both with the scale, which is that of the similarity.
    cosine = float(along.sum()) / norm
    sine = float(crossed.sum()) / norm
    linear = np.array(
        [
            [cosine, -sine],
            [sine, cosine],
        ]
    )
    shift = reference_middle - linear @ points_middle
    matrix = np.column_stack([linear, shift])
    return np.asarray(matrix, np.float32)


def transformed(points: Floats, matrix: Floats) -> Floats:
    """Return points (n, 2) after an affine (2, 3)."""
    linear = matrix[:, :2]
    shift = matrix[:, 2]
    moved = points @ linear.T + shift
    return np.asarray(moved, np.float32)


def _laid_on(shapes: Floats, reference: Floats) -> Floats:
    laid: list[Floats] = []
    for shape in shapes:
        matrix = to_texture_frame(shape, reference)
        moved = transformed(shape, matrix)
        laid.append(moved)
    return np.stack(laid)


def mirrored(shape: Floats) -> Floats:
    """Return shapes (…, 68, 2) mirrored about the texture's middle."""
    middle = EYE_CENTRE[0]
    flipped = shape[..., MIRROR, :].copy()
    x = flipped[..., 0]
    flipped[..., 0] = 2 * middle - x
    return np.asarray(flipped, np.float32)


def on_canvas(shape: Floats) -> Floats:
    """Return a shape moved and scaled so that the eyes lie where the texture has them."""
    left, right = _eyes(shape)
    distance = float(np.linalg.norm(right - left))
    scale = EYE_DISTANCE / distance
    middle = (left + right) / 2
    centred = shape - middle
    placed = centred * scale + EYE_CENTRE
    return np.asarray(placed, np.float32)


def _eyes(shape: Floats) -> tuple[Floats, Floats]:
    """Return the middles of the left and the right eye, (2,) each."""
    left = shape[EYE_LEFT].mean(axis=0)
    right = shape[EYE_RIGHT].mean(axis=0)
    return left, right


def is_frontal(shapes: Floats) -> NDArray[np.bool_]:
    """Return for aligned shapes (n, 68, 2) if the nose tip is midway between the jaw's ends."""
    x = shapes[..., 0]
    # Three points at each end of the jaw: one alone is labelled less surely.
    left = x[:, 0:3].mean(axis=1)
    right = x[:, 14:17].mean(axis=1)
    width = right - left
    nose = x[:, NOSE_TIP]
    place = (nose - left) / width
    off_middle = np.abs(place - 0.5)
    return np.asarray(off_middle < OFF_MIDDLE)


def level(shapes: Floats, reference: Floats) -> Floats:
    """Return aligned shapes (n, 68, 2) with the nod taken out.

    So that pitch stays the head's and no person's trait. A nod moves points up or down by their
    depth; how much is fitted on the points that no expression moves.
    """
    up = np.array([0, 1], np.float32)
    head = np.vstack([reference, rings()])
    depths = head_depth(head)
    # The points of the face come first, then those of the rings around it.
    depth = depths[:68, None]
    nod = depth * up
    # A nod also changes size and place; fitted beside it, they take nothing from it.
    growth = reference - reference.mean(axis=0)
    sideways = np.broadcast_to(up[::-1], nod.shape)
    upwards = np.broadcast_to(up, nod.shape)
    motions = np.stack(
        [
            nod,
            growth,
            sideways,
            upwards,
        ]
    )
    off = shapes - reference
    columns = _rigid_rows(motions).T
    wanted = _rigid_rows(off).T
    amounts, *_ = np.linalg.lstsq(
        columns,
        wanted,
        rcond=None,
    )
    of_nod = amounts[0]
    nods = of_nod[:, None, None] * nod
    upright = shapes - nods
    return _laid_on(upright, reference)


def _rigid_rows(shapes: Floats) -> Floats:
    """Return the points that no expression moves, a row for each of n shapes."""
    rigid = shapes[:, RIGID]
    return rigid.reshape(len(shapes), -1)


def _is_large(face: LabelledFace) -> bool:
    left, right = _eyes(face.points)
    distance = float(np.linalg.norm(left - right))
    return distance >= SMALLEST_EYE_DISTANCE
