"""The 3D mean face from 2D labels alone: weak-perspective bundle adjustment.

Every labelled shape takes part twice, as it is and mirrored with the mirrored pose, so that the
solution is exactly symmetric. Poses (Gauss-Newton) and structure (linear) alternate, with Cauchy
weights against expression and silhouette points that slide along the cheek. Depth has two mirror
solutions: the start, a half ellipsoid with a nose, chooses the one that looks at the camera. Pitch
0 is the median pitch of the faces within 15° of yaw 0.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from training.datasets.faces import LabelledFace
from vitrine.vision.pose import RIGID, angles, rotation
from vitrine.vision.shape import EYE_OUTER_LEFT, EYE_OUTER_RIGHT, JAW, MIRROR, NOSE_TIP

Array = NDArray[np.float64]

FRONTAL: Final = 15.0
"""Degrees of yaw."""
CAUCHY_SCALE: Final = 0.03
"""Residual, in outer eye distances, at which a point's weight is halved.

A little more than the residual of the rigid points (0.021, the file's card).
"""
LARGEST_TURN: Final = 0.3
"""Radians of one step; a larger one leaves the range in which the step is linear."""
LARGEST_GROWTH: Final = 0.2
"""Logarithm of the change of scale in one step, for the same reason."""
DAMPING: Final = 1e-6
"""Of the normal equations, as a share of their mean, so that a flat pose is solved too."""
TINY: Final = 1e-12
"""Least divisor, so that a turn of 0 divides by something."""
NOSE: Final = slice(27, 36)
"""From the bridge down to the nostrils."""
AXES: Final = (
    "x to the image's right, y down, z away from the camera; "
    "outer eye corners 1 apart, origin midway"
)


@dataclass
class Poses:
    """Hold weak-perspective cameras of n faces: x = scale · rotation[:2] · X + shift."""

    scale: Array
    """(n,)."""
    rotation: Array
    """(n, 3, 3)."""
    shift: Array
    """(n, 2)."""

    def project(self, shape: Array) -> Array:
        """Return a shape (68, 3) as each camera sees it, (n, 68, 2)."""
        to_plane = self.rotation[:, :2]
        seen = np.einsum("nij,pj->npi", to_plane, shape)
        scale = self.scale[:, None, None]
        shift = self.shift[:, None]
        projected = scale * seen + shift
        return np.asarray(projected)


def fit_mean_shape(shapes: Array, rounds: int = 200) -> tuple[Array, Poses]:
    """Return the mean shape (68, 3) of 2D shapes (n, 68, 2), and their poses.

    The shape is as `vitrine.vision.pose` reads it.
    """
    shape = _start(shapes)
    poses = _frontal(shapes, shape)
    for _ in range(rounds):
        _improve(poses, shapes, shape)
        solved = _structure(poses, shapes, shape)
        shape = _normalised(solved)
    # Several times: pitch adds up only without roll. Five was chosen, not measured.
    for _ in range(5):
        pitches = frontal_pitches(poses)
        # A median, which a few heads bent far down do not move.
        pitch = float(np.median(pitches))
        level = rotation(0, -pitch, 0)
        shape = shape @ level
        poses.rotation = poses.rotation @ level
    return shape, poses


def _start(shapes: Array) -> Array:
    """Return the mean 2D shape on a half ellipsoid, with the nose in front of it."""
    upright = _normalised_2d(shapes)
    mean = upright.mean(axis=0)
    flat = (mean + _mirrored(mean)) / 2
    x, y = flat.T
    # A half ellipsoid: ears lie behind the eyes, chin and brows by less. The nose stands out.
    # Only the sign of the depth matters; the fit finds the rest.
    from_axis = x**2 + 0.3 * y**2
    depth = 1.2 * from_axis
    depth[NOSE] -= np.linspace(0, 0.4, 9)
    depth[NOSE_TIP] -= 0.2
    solid = np.column_stack([flat, depth])
    return _normalised(solid)


def _mirrored(shapes: Array) -> Array:
    """Return shapes (…, 68, 2) mirrored about x = 0."""
    swapped = shapes[..., MIRROR, :]
    return np.asarray(swapped * [-1, 1])


def _normalised_2d(shapes: Array) -> Array:
    """Return the shapes upright, eyes midway at the origin and 1 apart."""
    left = shapes[:, EYE_OUTER_LEFT]
    right = shapes[:, EYE_OUTER_RIGHT]
    across = right - left
    x, y = across.T
    down = np.column_stack([-y, x])
    turned = np.stack([across, down], axis=1)
    squared = (across**2).sum(axis=1)
    # Once for the length of each axis, once for the size of the face.
    upright = turned / squared[:, None, None]
    twice_middle = (left + right)[:, None]
    centred = shapes - twice_middle / 2
    normalised = np.einsum("nij,npj->npi", upright, centred)
    return np.asarray(normalised)


def _normalised(shape: Array) -> Array:
    """Return the shape with outer eye corners 1 apart, the origin midway between them."""
    left = shape[EYE_OUTER_LEFT]
    right = shape[EYE_OUTER_RIGHT]
    middle = (left + right) / 2
    distance = np.linalg.norm(right - left)
    centred = shape - middle
    return np.asarray(centred / distance)


def _frontal(shapes: Array, shape: Array) -> Poses:
    """Return a start for every face: frontal, turned and scaled by its eye line and height."""
    flat = shape[None, :, :2]
    scale = _mean_reach(shapes) / _mean_reach(flat)
    left = shapes[:, EYE_OUTER_LEFT]
    right = shapes[:, EYE_OUTER_RIGHT]
    across = right - left
    x, y = across.T
    rolls = np.degrees(np.arctan2(y, x))
    turned = [rotation(0, 0, roll) for roll in rolls]
    unmoved = np.zeros((len(shapes), 2))
    poses = Poses(
        scale,
        np.stack(turned),
        unmoved,
    )
    off = shapes - poses.project(shape)
    poses.shift = off.mean(axis=1)
    return poses


def _mean_reach(shapes: Array) -> Array:
    """Return the mean distance of the points (n, p, 2) from their middle, (n,)."""
    middle = shapes.mean(axis=1, keepdims=True)
    centred = shapes - middle
    distances = np.linalg.norm(centred, axis=-1)
    return np.asarray(distances.mean(axis=1))


def _weights(residuals: Array, scale: Array) -> Array:
    """Return Cauchy weights (n, p) of residuals (n, p, 2)."""
    distances = np.linalg.norm(residuals, axis=-1)
    halved_at = scale[:, None] * CAUCHY_SCALE
    relative = distances / halved_at
    squared = relative**2
    weights = 1 / (1 + squared)
    return np.asarray(weights)


def _improve(
    poses: Poses,
    shapes: Array,
    shape: Array,
) -> None:
    """Make one weighted Gauss-Newton step of every pose, from the rigid points."""
    count = len(shapes)
    rigid = shape[RIGID]
    labelled = shapes[:, RIGID]
    residuals = labelled - poses.project(rigid)
    weights = _weights(residuals, poses.scale)
    # Squared by the normal equations.
    roots = np.sqrt(weights)[..., None]
    jacobian = _jacobian(poses, rigid)
    weighted_jacobian = jacobian * roots[..., None]
    weighted_residuals = residuals * roots
    step = _damped_step(
        weighted_jacobian.reshape(count, -1, 6),
        weighted_residuals.reshape(count, -1),
    )
    turn = step[:, :3]
    growth = step[:, 3].clip(-LARGEST_GROWTH, LARGEST_GROWTH)
    shift = step[:, 4:]
    poses.rotation = _turned(turn) @ poses.rotation
    poses.scale = poses.scale * np.exp(growth)
    poses.shift = poses.shift + shift


def _damped_step(rows: Array, off: Array) -> Array:
    """Solve the damped normal equations of rows (n, r, 6) and residuals (n, r); (n, 6)."""
    normal = np.einsum("nri,nrj->nij", rows, rows)
    trace = np.trace(
        normal,
        axis1=1,
        axis2=2,
    )
    mean_diagonal = trace[:, None, None] / 6
    damping = DAMPING * mean_diagonal
    normal += damping * np.eye(6)
    right = np.einsum("nri,nr->ni", rows, off)
    return _solved(normal, right)


def _solved(matrices: Array, right: Array) -> Array:
    """Solve n systems of equations: (n, k, k) and (n, k) give (n, k)."""
    columns = right[..., None]
    found = np.linalg.solve(matrices, columns)
    return np.asarray(found[..., 0])


def _jacobian(poses: Poses, rigid: Array) -> Array:
    """Return how x and y of each point move with the pose, (n, p, 2, 6).

    The six are a turn about x, y and z, the logarithm of the scale, and the shift.
    """
    seen = np.einsum("nij,pj->npi", poses.rotation, rigid)
    scaled = seen * poses.scale[:, None, None]
    x, y, z = np.moveaxis(scaled, -1, 0)
    jacobian = np.zeros((*x.shape, 2, 6))
    of_x = jacobian[..., 0, :]
    of_x[..., 1] = z
    of_x[..., 2] = -y
    of_x[..., 3] = x
    of_x[..., 4] = 1
    of_y = jacobian[..., 1, :]
    of_y[..., 0] = -z
    of_y[..., 2] = x
    of_y[..., 3] = y
    of_y[..., 5] = 1
    return jacobian


def _turned(vectors: Array) -> Array:
    """Return rotation matrices of rotation vectors (n, 3), at most 0.3 rad each."""
    angle = np.linalg.norm(vectors, axis=1)
    share = LARGEST_TURN / np.maximum(angle, TINY)
    shortened = np.minimum(1, share)[:, None]
    cross = _cross_products(vectors * shortened)
    turn = np.minimum(angle, LARGEST_TURN)
    safe = np.maximum(turn, TINY)[:, None, None]
    versed = 1 - np.cos(safe)
    first = np.sin(safe) / safe
    second = versed / safe**2
    # Rodrigues' formula.
    turned = np.eye(3) + first * cross + second * cross @ cross
    return np.asarray(turned)


def _cross_products(vectors: Array) -> Array:
    """Return the matrices (n, 3, 3) that multiply as the cross product with each vector does."""
    x, y, z = vectors.T
    zero = np.zeros_like(x)
    rows = [
        np.stack([zero, -z, y], axis=-1),
        np.stack([z, zero, -x], axis=-1),
        np.stack([-y, x, zero], axis=-1),
    ]
    return np.stack(rows, axis=1)


def _structure(
    poses: Poses,
    shapes: Array,
    shape: Array,
) -> Array:
    """Return the least-squares shape for these poses and the mirrored ones, point by point."""
    residuals = shapes - poses.project(shape)
    weights = _weights(residuals, poses.scale)
    unmoved = shapes - poses.shift[:, None]
    target = unmoved / poses.scale[:, None, None]
    axes = poses.rotation[:, :2]
    # A mirror before and after a rotation gives the pose of the mirrored face.
    flip = np.diag([-1.0, 1.0, 1.0])
    mirrored_axes = flip[:2, :2] @ axes @ flip
    mirrored_weights = weights[:, MIRROR]
    mirrored_target = _mirrored(target)
    both_axes = np.concatenate([axes, mirrored_axes])
    both_targets = np.concatenate([target, mirrored_target])
    both_weights = np.concatenate([weights, mirrored_weights])
    normal = np.einsum(
        "np,nij,nik->pjk",
        both_weights,
        both_axes,
        both_axes,
        optimize=True,
    )
    right = np.einsum(
        "np,nij,npi->pj",
        both_weights,
        both_axes,
        both_targets,
        optimize=True,
    )
    return _solved(normal, right)


def frontal_pitches(poses: Poses) -> list[float]:
    """Return degrees of the faces within 15° of yaw 0."""
    pitches: list[float] = []
    for matrix in poses.rotation:
        pose = angles(matrix)
        if abs(pose.yaw) < FRONTAL:
            pitches.append(pose.pitch)
    return pitches


def residuals(
    shapes: Array,
    shape: Array,
    poses: Poses,
) -> Array:
    """Return the median distance of labels and projection for each point (68,).

    In outer eye distances of the shape.
    """
    off = shapes - poses.project(shape)
    errors = np.linalg.norm(off, axis=-1)
    relative = errors / poses.scale[:, None]
    return np.asarray(np.median(relative, axis=0))


def write_mean_shape(faces: list[LabelledFace], path: Path) -> str:
    """Fit and write the shape; return a line about the fit."""
    points = [face.points for face in faces]
    shapes = np.stack(points).astype(np.float64)
    shape, poses = fit_mean_shape(shapes)
    _write(shape, path)
    off = residuals(shapes, shape, poses)
    rigid = float(off[RIGID].mean())
    jaw = float(off[JAW].mean())
    frontal = len(frontal_pitches(poses))
    return (
        f"{len(faces)} faces, {frontal} frontal; "
        f"residual in eye distances: rigid {rigid:.3f}, jaw {jaw:.3f}"
    )


def _write(shape: Array, path: Path) -> None:
    """Write JSON with one point a line."""
    points: list[str] = []
    for point in shape.tolist():
        # A hundred-thousandth of the eye distance: far below the fit's residual.
        rounded = [round(value, 5) for value in point]
        line = json.dumps(rounded)
        points.append(line)
    lines = ",\n    ".join(points)
    text = f'{{\n  "axes": {json.dumps(AXES)},\n  "points": [\n    {lines}\n  ]\n}}\n'
    path.write_text(text, encoding="utf-8")
