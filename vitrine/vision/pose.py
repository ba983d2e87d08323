"""Head pose from 68 points and the mean shape of `models/canonical_shape_68.json`.

Axes are OpenCV's camera axes: x to the image's right, y down, z away from the camera. A face with
yaw, pitch and roll 0 looks into the camera: angles are relative to the line from the camera to
the face, so they do not depend on where in the frame it stands, and little on the assumed focal
length.
"""

import json
from dataclasses import dataclass
from functools import cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from vitrine.vision.manifest import read_weights
from vitrine.vision.models import model_path
from vitrine.vision.shape import (
    EYE_OUTER_LEFT,
    EYE_OUTER_RIGHT,
    POINT_COUNT,
    Points,
)

MEAN_SHAPE_FILE: Final = "canonical_shape_68.json"
# Nose, eye corners and mouth corners: they move least with expression, and are no silhouette that
# slides.
NOSE: Final = range(27, 36)
EYE_CORNERS: Final = (36, 39, 42, 45)
MOUTH_CORNERS: Final = (48, 54)
RIGID: Final = np.array([*NOSE, *EYE_CORNERS, *MOUTH_CORNERS])
# In sizes of the rigid part of the face. Smaller faces show no perspective, and SQPnP refuses them.
LONGEST_FOCAL: Final = 40.0


@dataclass(frozen=True)
class HeadPose:
    """Hold angles in degrees: yaw and pitch of the nose, roll about the nose's direction."""

    yaw: float
    """Above 0: turned towards the image's right."""
    pitch: float
    """Above 0: looking up."""
    roll: float
    """Above 0: tilted clockwise in the image."""


@cache
def mean_shape() -> NDArray[np.float64]:
    """Return the mean face (68, 3).

    Its outer eye corners lie 1 apart around the origin, its nose points towards −z.
    """
    content = json.loads(read_weights(model_path(MEAN_SHAPE_FILE)))
    points = np.array(content["points"], np.float64)
    return points.reshape(POINT_COUNT, 3)


def rotation(
    yaw: float,
    pitch: float,
    roll: float,
) -> NDArray[np.float64]:
    """Return the rotation (3, 3) from model to camera axes, of degrees: see `rotations`."""
    return rotations(np.array([yaw, pitch, roll]))


def rotations(poses: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the rotations (…, 3, 3) from model to camera axes, of poses (…, 3) in degrees.

    A pose is yaw, pitch, roll; its rotation is Ry(−yaw) · Rx(−pitch) · Rz(roll).
    """
    turns = np.radians(poses)
    cosines = np.cos(turns)
    sines = np.sin(turns)
    cos_y, cos_x, cos_z = np.moveaxis(cosines, -1, 0)
    sin_yaw, sin_pitch, sin_z = np.moveaxis(sines, -1, 0)
    sin_y = -sin_yaw
    sin_x = -sin_pitch
    matrices = np.empty((*poses.shape[:-1], 3, 3))
    matrices[..., 0, 0] = cos_y * cos_z + sin_y * sin_x * sin_z
    matrices[..., 0, 1] = sin_y * sin_x * cos_z - cos_y * sin_z
    matrices[..., 0, 2] = sin_y * cos_x
    matrices[..., 1, 0] = cos_x * sin_z
    matrices[..., 1, 1] = cos_x * cos_z
    matrices[..., 1, 2] = -sin_x
    matrices[..., 2, 0] = cos_y * sin_x * sin_z - sin_y * cos_z
    matrices[..., 2, 1] = sin_y * sin_z + cos_y * sin_x * cos_z
    matrices[..., 2, 2] = cos_y * cos_x
    return matrices


def angles(matrix: NDArray[np.floating]) -> HeadPose:
    """Return the pose of a rotation (3, 3): the inverse of `rotation`."""
    return HeadPose(*_poses(matrix).tolist())


def head_pose(
    points: Points,
    width: int,
    height: int,
) -> HeadPose:
    """Return the pose of a face with points (68, 2) in a frame of width × height pixels.

    Raises ValueError, see `head_poses`.
    """
    longer = np.array([max(width, height)])
    found = head_poses(points[None], longer)
    return HeadPose(*found[0].tolist())


def head_poses(points: Points, longer: NDArray[np.integer]) -> NDArray[np.float64]:
    """Return yaw, pitch and roll (n, 3), degrees, of faces with points (n, 68, 2).

    `longer` (n,) is the longer side of each one's frame, pixels. It is taken as the focal length,
    a view of 53°, and less for small faces. SQPnP (Terzakis and Lourakis 2020) finds the global
    optimum: the pose does not flip. Raises ValueError for points that are not finite or lie on one
    line.
    """
    # In the order of C, which OpenCV needs of each face.
    seen = points[:, RIGID].astype(np.float64, order="C")
    if not _span_areas(seen):
        raise ValueError("the points of a face must be finite and span an area")
    # The face moves to the optical axis: angles are relative to the line of sight.
    eyes = points[:, EYE_OUTER_LEFT] + points[:, EYE_OUTER_RIGHT]
    seen -= eyes[:, None] / 2
    sizes = np.ptp(seen, axis=1).max(axis=1)
    focals = np.minimum(longer, LONGEST_FOCAL * sizes)
    turns = np.empty((len(points), 3, 3))
    for face, focal, turn in zip(seen, focals.tolist(), turns, strict=True):
        turn[:] = _solved(face, focal)
    return _poses(turns)


def _solved(seen: NDArray[np.float64], focal: float) -> NDArray[np.float64]:
    """Return the rotation (3, 3) of one face, its rigid points around the optical axis."""
    # 0.08 ms a face. A solver of our own for all faces at once was not tried: for a few faces its
    # steps of NumPy alone take as long.
    camera = np.diag([focal, focal, 1.0])
    _, turn, _ = cv2.solvePnP(
        _rigid_shape(),
        seen,
        camera,
        None,
        flags=cv2.SOLVEPNP_SQPNP,
    )
    matrix, _ = cv2.Rodrigues(turn)
    return np.asarray(matrix, np.float64)


def _poses(matrices: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the poses (…, 3), degrees, of rotations (…, 3, 3)."""
    yaw = np.arctan2(-matrices[..., 0, 2], matrices[..., 2, 2])
    # Rounding may leave a sine a little above 1.
    sine = matrices[..., 1, 2].clip(-1, 1)
    pitch = np.arcsin(sine)
    roll = np.arctan2(matrices[..., 1, 0], matrices[..., 1, 1])
    return np.asarray(np.degrees(np.stack([yaw, pitch, roll], axis=-1)))


@cache
def _rigid_shape() -> NDArray[np.float64]:
    return np.asarray(mean_shape()[RIGID])


def _span_areas(points: NDArray[np.float64]) -> bool:
    """Return whether the points (n, k, 2) of every face are finite and span an area."""
    if not np.isfinite(points).all():
        return False
    offsets = points - points.mean(axis=1, keepdims=True)
    ranks = np.linalg.matrix_rank(offsets)
    return bool((ranks == 2).all())
