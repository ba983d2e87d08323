"""The 3D mean face from 2D labels alone: weak-perspective bundle adjustment, symmetric by construction.

Every labelled shape takes part twice, as it is and mirrored with the mirrored pose, so that the solution
is exactly symmetric. Poses (Gauss-Newton) and structure (linear) alternate, with Cauchy weights against
expression and silhouette points that slide along the cheek. Depth has two mirror solutions: the start, a half
ellipsoid with a nose, chooses the one that looks at the camera. Pitch 0 is the median pitch of the faces
within 15° of yaw 0.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.datasets.faces import LabelledFace
from vitrine.vision.pose import RIGID, angles, rotation
from vitrine.vision.shape import EYE_OUTER_LEFT, EYE_OUTER_RIGHT, JAW, MIRROR, NOSE_TIP

Array = NDArray[np.float64]

FRONTAL = 15.0
"""Degrees of yaw."""
CAUCHY_SCALE = 0.03
"""Residual, in outer eye distances, at which a point's weight is halved."""


@dataclass
class Poses:
    """Weak-perspective cameras of n faces: x = scale · rotation[:2] · X + shift."""

    scale: Array
    rotation: Array
    shift: Array

    def project(self, shape: Array) -> Array:
        """(68, 3) → (n, 68, 2)."""
        seen = np.einsum("nij,pj->npi", self.rotation[:, :2], shape)
        return np.asarray(self.scale[:, None, None] * seen + self.shift[:, None])


def fit_mean_shape(shapes: Array, rounds: int = 200) -> tuple[Array, Poses]:
    """2D shapes (n, 68, 2) → mean shape (68, 3) as `vitrine.vision.pose` wants it, and the poses."""
    shape = _start(shapes)
    poses = _frontal(shapes, shape)
    for _ in range(rounds):
        _improve(poses, shapes, shape)
        shape = _normalised(_structure(poses, shapes, shape))
    for _ in range(5):  # pitch adds up only without roll
        level = rotation(0, -_median_frontal_pitch(poses), 0)
        shape = shape @ level
        poses.rotation = poses.rotation @ level
    return shape, poses


def _start(shapes: Array) -> Array:
    """The mean 2D shape on a half ellipsoid, with the nose in front of it."""
    flat = _normalised_2d(shapes).mean(axis=0)
    flat = (flat + flat[MIRROR] * [-1, 1]) / 2
    depth = 1.2 * (flat[:, 0] ** 2 + 0.3 * flat[:, 1] ** 2)
    depth[27:36] -= np.linspace(0, 0.4, 9)
    depth[NOSE_TIP] -= 0.2
    return _normalised(np.column_stack([flat, depth]))


def _normalised_2d(shapes: Array) -> Array:
    """Upright, eyes midway at the origin and 1 apart."""
    left = shapes[:, EYE_OUTER_LEFT]
    right = shapes[:, EYE_OUTER_RIGHT]
    across = right - left
    turned = np.stack([across, np.column_stack([-across[:, 1], across[:, 0]])], axis=1)
    squared = (across**2).sum(axis=1)[:, None, None]
    return np.asarray(
        np.einsum(
            "nij,npj->npi", turned / squared, shapes - (left + right)[:, None] / 2
        )
    )


def _normalised(shape: Array) -> Array:
    """Outer eye corners 1 apart, origin midway between them."""
    left = shape[EYE_OUTER_LEFT]
    right = shape[EYE_OUTER_RIGHT]
    return np.asarray((shape - (left + right) / 2) / np.linalg.norm(right - left))


def _frontal(shapes: Array, shape: Array) -> Poses:
    """A start for every face: frontal, turned and scaled as its eye line and height say."""
    count = len(shapes)
    spread = np.linalg.norm(shapes - shapes.mean(axis=1, keepdims=True), axis=-1).mean(
        axis=1
    )
    own = np.linalg.norm(shape[:, :2] - shape[:, :2].mean(axis=0), axis=-1).mean()
    across = shapes[:, EYE_OUTER_RIGHT] - shapes[:, EYE_OUTER_LEFT]
    rolls = np.degrees(np.arctan2(across[:, 1], across[:, 0]))
    turned = np.stack([rotation(0, 0, roll) for roll in rolls])
    poses = Poses(spread / own, turned, np.zeros((count, 2)))
    poses.shift = (shapes - poses.project(shape)).mean(axis=1)
    return poses


def _weights(residuals: Array, scale: Array) -> Array:
    """Cauchy weights (n, 68) of residuals (n, 68, 2)."""
    relative = np.linalg.norm(residuals, axis=-1) / (scale[:, None] * CAUCHY_SCALE)
    return np.asarray(1 / (1 + relative**2))


def _improve(poses: Poses, shapes: Array, shape: Array) -> None:
    """One weighted Gauss-Newton step of every pose, from the rigid points."""
    rigid = shape[RIGID]
    seen = np.einsum("nij,pj->npi", poses.rotation, rigid)
    residuals = shapes[:, RIGID] - poses.project(rigid)
    weights = np.sqrt(_weights(residuals, poses.scale))[..., None]
    jacobian = np.zeros((*residuals.shape, 6))
    x, y, z = np.moveaxis(seen * poses.scale[:, None, None], -1, 0)
    jacobian[..., 0, 1], jacobian[..., 0, 2] = z, -y
    jacobian[..., 1, 0], jacobian[..., 1, 2] = -z, x
    jacobian[..., 0, 3], jacobian[..., 1, 3] = x, y
    jacobian[..., 0, 4] = jacobian[..., 1, 5] = 1
    rows = (jacobian * weights[..., None]).reshape(len(shapes), -1, 6)
    normal = np.einsum("nri,nrj->nij", rows, rows)
    normal += 1e-6 * np.trace(normal, axis1=1, axis2=2)[:, None, None] * np.eye(6) / 6
    right = np.einsum(
        "nri,nr->ni", rows, (residuals * weights).reshape(len(shapes), -1)
    )
    step = np.linalg.solve(normal, right[..., None])[..., 0]
    poses.rotation = _turned(step[:, :3]) @ poses.rotation
    poses.scale = poses.scale * np.exp(np.clip(step[:, 3], -0.2, 0.2))
    poses.shift = poses.shift + step[:, 4:]


def _turned(vectors: Array) -> Array:
    """Rotation matrices of rotation vectors (n, 3), at most 0.3 rad each (Rodrigues)."""
    angle = np.linalg.norm(vectors, axis=1)
    vectors = vectors * np.minimum(1, 0.3 / np.maximum(angle, 1e-12))[:, None]
    angle = np.minimum(angle, 0.3)[:, None, None]
    x, y, z = vectors.T
    zero = np.zeros_like(x)
    cross = np.stack([zero, -z, y, z, zero, -x, -y, x, zero], axis=1).reshape(-1, 3, 3)
    safe = np.maximum(angle, 1e-12)
    return np.asarray(
        np.eye(3)
        + np.sin(safe) / safe * cross
        + (1 - np.cos(safe)) / safe**2 * cross @ cross
    )


def _structure(poses: Poses, shapes: Array, shape: Array) -> Array:
    """The least-squares shape for these poses and the mirrored ones, point by point."""
    weights = _weights(shapes - poses.project(shape), poses.scale)
    target = (shapes - poses.shift[:, None]) / poses.scale[:, None, None]
    axes = poses.rotation[:, :2]
    flip = np.diag([-1.0, 1.0, 1.0])
    both_axes = np.concatenate([axes, flip[:2, :2] @ axes @ flip])
    both_targets = np.concatenate([target, target[:, MIRROR] * [-1, 1]])
    both_weights = np.concatenate([weights, weights[:, MIRROR]])
    normal = np.einsum(
        "np,nij,nik->pjk", both_weights, both_axes, both_axes, optimize=True
    )
    right = np.einsum(
        "np,nij,npi->pj", both_weights, both_axes, both_targets, optimize=True
    )
    return np.asarray(np.linalg.solve(normal, right[..., None])[..., 0])


def _median_frontal_pitch(poses: Poses) -> float:
    return float(np.median(frontal_pitches(poses)))


def frontal_pitches(poses: Poses) -> list[float]:
    """Degrees, of the faces within 15° of yaw 0."""
    found = [angles(matrix) for matrix in poses.rotation]
    return [pose.pitch for pose in found if abs(pose.yaw) < FRONTAL]


def residuals(shapes: Array, shape: Array, poses: Poses) -> Array:
    """Median distance of labels and projection for each point (68,), in outer eye distances of the shape."""
    errors = np.linalg.norm(shapes - poses.project(shape), axis=-1)
    return np.asarray(np.median(errors / poses.scale[:, None], axis=0))


def write_mean_shape(faces: list[LabelledFace], path: Path) -> str:
    """Fits and writes the shape; returns a line about the fit."""
    shapes = np.stack([face.points for face in faces]).astype(np.float64)
    shape, poses = fit_mean_shape(shapes)
    axes = "x to the image's right, y down, z away from the camera; outer eye corners 1 apart, origin midway"
    rounded = [[round(float(v), 5) for v in point] for point in shape]
    lines = ",\n    ".join(json.dumps(point) for point in rounded)
    path.write_text(
        f'{{\n  "axes": {json.dumps(axes)},\n  "points": [\n    {lines}\n  ]\n}}\n',
        encoding="utf-8",
    )
    rigid, jaw = (
        float(np.mean(residuals(shapes, shape, poses)[some])) for some in (RIGID, JAW)
    )
    frontal = len(frontal_pitches(poses))
    return f"{len(faces)} faces, {frontal} frontal; residual in eye distances: rigid {rigid:.3f}, jaw {jaw:.3f}"
