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
        seen = np.einsum("nij,pj->npi", self.rotation[:, :2], shape)
        return np.asarray(self.scale[:, None, None] * seen + self.shift[:, None])


def fit_mean_shape(shapes: Array, rounds: int = 200) -> tuple[Array, Poses]:
    """Return the mean shape (68, 3) of 2D shapes (n, 68, 2), and their poses.

    The shape is as `vitrine.vision.pose` reads it.
    """
    shape = _start(shapes)
    poses = _frontal(shapes, shape)
    for _ in range(rounds):
        _improve(poses, shapes, shape)
        shape = _normalised(_structure(poses, shapes, shape))
    # Several times: pitch adds up only without roll.
    for _ in range(5):
        pitch = float(np.median(frontal_pitches(poses)))
        level = rotation(0, -pitch, 0)
        shape = shape @ level
        poses.rotation = poses.rotation @ level
    return shape, poses


def _start(shapes: Array) -> Array:
    """Return the mean 2D shape on a half ellipsoid, with the nose in front of it."""
    flat = _normalised_2d(shapes).mean(axis=0)
    flat = (flat + flat[MIRROR] * [-1, 1]) / 2
    # A half ellipsoid: ears lie behind the eyes, chin and brows by less. The nose stands out.
    # Only the sign of the depth matters; the fit finds the rest.
    depth = 1.2 * (flat[:, 0] ** 2 + 0.3 * flat[:, 1] ** 2)
    depth[27:36] -= np.linspace(0, 0.4, 9)
    depth[NOSE_TIP] -= 0.2
    return _normalised(np.column_stack([flat, depth]))


def _normalised_2d(shapes: Array) -> Array:
    """Return the shapes upright, eyes midway at the origin and 1 apart."""
    left = shapes[:, EYE_OUTER_LEFT]
    right = shapes[:, EYE_OUTER_RIGHT]
    across = right - left
    down = np.column_stack([-across[:, 1], across[:, 0]])
    turned = np.stack([across, down], axis=1)
    squared = (across**2).sum(axis=1)[:, None, None]
    centred = shapes - (left + right)[:, None] / 2
    return np.asarray(np.einsum("nij,npj->npi", turned / squared, centred))


def _normalised(shape: Array) -> Array:
    """Return the shape with outer eye corners 1 apart, the origin midway between them."""
    left = shape[EYE_OUTER_LEFT]
    right = shape[EYE_OUTER_RIGHT]
    middle = (left + right) / 2
    return np.asarray((shape - middle) / np.linalg.norm(right - left))


def _frontal(shapes: Array, shape: Array) -> Poses:
    """Return a start for every face: frontal, turned and scaled by its eye line and height."""
    spread = _mean_reach(shapes)
    own = _mean_reach(shape[None, :, :2])
    across = shapes[:, EYE_OUTER_RIGHT] - shapes[:, EYE_OUTER_LEFT]
    rolls = np.degrees(np.arctan2(across[:, 1], across[:, 0]))
    turned = np.stack([rotation(0, 0, roll) for roll in rolls])
    poses = Poses(spread / own, turned, np.zeros((len(shapes), 2)))
    poses.shift = (shapes - poses.project(shape)).mean(axis=1)
    return poses


def _mean_reach(shapes: Array) -> Array:
    """Return the mean distance of the points (n, p, 2) from their middle, (n,)."""
    centred = shapes - shapes.mean(
        axis=1,
        keepdims=True,
    )
    distances = np.linalg.norm(centred, axis=-1)
    return np.asarray(distances.mean(axis=1))


def _weights(residuals: Array, scale: Array) -> Array:
    """Return Cauchy weights (n, p) of residuals (n, p, 2)."""
    distances = np.linalg.norm(residuals, axis=-1)
    relative = distances / (scale[:, None] * CAUCHY_SCALE)
    return np.asarray(1 / (1 + relative**2))


def _improve(poses: Poses, shapes: Array, shape: Array) -> None:
    """Make one weighted Gauss-Newton step of every pose, from the rigid points."""
    rigid = shape[RIGID]
    residuals = shapes[:, RIGID] - poses.project(rigid)
    weights = np.sqrt(_weights(residuals, poses.scale))[..., None]
    jacobian = _jacobian(poses, rigid)
    rows = (jacobian * weights[..., None]).reshape(len(shapes), -1, 6)
    weighted = (residuals * weights).reshape(len(shapes), -1)
    normal = np.einsum("nri,nrj->nij", rows, rows)
    mean_diagonal = (
        np.trace(
            normal,
            axis1=1,
            axis2=2,
        )[:, None, None]
        / 6
    )
    normal += DAMPING * mean_diagonal * np.eye(6)
    right = np.einsum("nri,nr->ni", rows, weighted)
    step = np.linalg.solve(normal, right[..., None])[..., 0]
    growth = np.clip(step[:, 3], -LARGEST_GROWTH, LARGEST_GROWTH)
    poses.rotation = _turned(step[:, :3]) @ poses.rotation
    poses.scale = poses.scale * np.exp(growth)
    poses.shift = poses.shift + step[:, 4:]


def _jacobian(poses: Poses, rigid: Array) -> Array:
    """Return how x and y of each point move with the pose, (n, p, 2, 6).

    The six are a turn about x, y and z, the logarithm of the scale, and the shift.
    """
    seen = np.einsum("nij,pj->npi", poses.rotation, rigid)
    scaled = seen * poses.scale[:, None, None]
    x, y, z = np.moveaxis(scaled, -1, 0)
    jacobian = np.zeros((*x.shape, 2, 6))
    jacobian[..., 0, 1] = z
    jacobian[..., 0, 2] = -y
    jacobian[..., 0, 3] = x
    jacobian[..., 0, 4] = 1
    jacobian[..., 1, 0] = -z
    jacobian[..., 1, 2] = x
    jacobian[..., 1, 3] = y
    jacobian[..., 1, 5] = 1
    return jacobian


def _turned(vectors: Array) -> Array:
    """Return rotation matrices of rotation vectors (n, 3), at most 0.3 rad each (Rodrigues)."""
    angle = np.linalg.norm(vectors, axis=1)
    shortened = np.minimum(1, LARGEST_TURN / np.maximum(angle, TINY))
    x, y, z = (vectors * shortened[:, None]).T
    zero = np.zeros_like(x)
    rows = [zero, -z, y, z, zero, -x, -y, x, zero]
    cross = np.stack(rows, axis=1).reshape(-1, 3, 3)
    turn = np.minimum(angle, LARGEST_TURN)[:, None, None]
    safe = np.maximum(turn, TINY)
    first = np.sin(safe) / safe
    second = (1 - np.cos(safe)) / safe**2
    return np.asarray(np.eye(3) + first * cross + second * cross @ cross)


def _structure(
    poses: Poses,
    shapes: Array,
    shape: Array,
) -> Array:
    """Return the least-squares shape for these poses and the mirrored ones, point by point."""
    weights = _weights(shapes - poses.project(shape), poses.scale)
    unmoved = shapes - poses.shift[:, None]
    target = unmoved / poses.scale[:, None, None]
    axes = poses.rotation[:, :2]
    flip = np.diag([-1.0, 1.0, 1.0])
    both_axes = np.concatenate([axes, flip[:2, :2] @ axes @ flip])
    both_targets = np.concatenate([target, target[:, MIRROR] * [-1, 1]])
    both_weights = np.concatenate([weights, weights[:, MIRROR]])
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
    return np.asarray(np.linalg.solve(normal, right[..., None])[..., 0])


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
    errors = np.linalg.norm(shapes - poses.project(shape), axis=-1)
    return np.asarray(np.median(errors / poses.scale[:, None], axis=0))


def write_mean_shape(faces: list[LabelledFace], path: Path) -> str:
    """Fit and write the shape; return a line about the fit."""
    shapes = np.stack([face.points for face in faces]).astype(np.float64)
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
    points = [json.dumps([round(float(v), 5) for v in point]) for point in shape]
    lines = ",\n    ".join(points)
    text = f'{{\n  "axes": {json.dumps(AXES)},\n  "points": [\n    {lines}\n  ]\n}}\n'
    path.write_text(text, encoding="utf-8")
