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
    """Return the rotation (3, 3) from model to camera axes, of degrees.

    It is Ry(−yaw) · Rx(−pitch) · Rz(roll).
    """
    y, x, z = np.radians([-yaw, -pitch, roll])
    cos = np.cos
    sin = np.sin
    about_y = np.array(
        [
            [cos(y), 0, sin(y)],
            [0, 1, 0],
            [-sin(y), 0, cos(y)],
        ]
    )
    about_x = np.array(
        [
            [1, 0, 0],
            [0, cos(x), -sin(x)],
            [0, sin(x), cos(x)],
        ]
    )
    about_z = np.array(
        [
            [cos(z), -sin(z), 0],
            [sin(z), cos(z), 0],
            [0, 0, 1],
        ]
    )
    return np.asarray(about_y @ about_x @ about_z)


def angles(matrix: NDArray[np.floating]) -> HeadPose:
    """Return the pose of a rotation (3, 3): the inverse of `rotation`."""
    yaw = np.arctan2(-matrix[0, 2], matrix[2, 2])
    # Rounding may leave a sine a little above 1.
    sine = np.clip(matrix[1, 2], -1, 1)
    pitch = np.arcsin(sine)
    roll = np.arctan2(matrix[1, 0], matrix[1, 1])
    degrees = np.degrees([yaw, pitch, roll])
    return HeadPose(*degrees.tolist())


def head_pose(
    points: Points,
    width: int,
    height: int,
) -> HeadPose:
    """Return the pose of a face with points (68, 2) in a frame of width × height pixels.

    The focal length is taken as the frame's longer side, a view of 53°, and less for small faces.
    SQPnP (Terzakis and Lourakis 2020) finds the global optimum: the pose does not flip. Raises
    ValueError for points that are not finite or lie on one line.
    """
    seen = points[RIGID].astype(np.float64)
    if not _spans_area(seen):
        raise ValueError("the points of a face must be finite and span an area")
    # The face moves to the optical axis: angles are relative to the line of sight.
    eyes = points[EYE_OUTER_LEFT] + points[EYE_OUTER_RIGHT]
    seen -= eyes / 2
    size = float(np.ptp(seen, axis=0).max())
    longer = float(max(width, height))
    focal = min(longer, LONGEST_FOCAL * size)
    camera = np.array(
        [
            [focal, 0, 0],
            [0, focal, 0],
            [0, 0, 1],
        ]
    )
    _, turn, _ = cv2.solvePnP(
        mean_shape()[RIGID],
        seen,
        camera,
        None,
        flags=cv2.SOLVEPNP_SQPNP,
    )
    matrix, _ = cv2.Rodrigues(turn)
    return angles(np.asarray(matrix, np.float64))


def _spans_area(points: NDArray[np.float64]) -> bool:
    if not np.isfinite(points).all():
        return False
    offsets = points - points.mean(axis=0)
    return bool(np.linalg.matrix_rank(offsets) == 2)
