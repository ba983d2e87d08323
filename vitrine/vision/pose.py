"""Head pose from 68 points: the mean shape of `models/mean_shape_68.json`, by perspective-n-point (PnP).

Axes are OpenCV's camera axes: x to the image's right, y down, z away from the camera. A face with yaw, pitch
and roll 0 looks into the camera: angles are relative to the line from the camera to the face, so they do not
depend on where in the frame it stands, and little on the assumed focal length.
"""

import json
from dataclasses import dataclass
from functools import cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from vitrine.vision.models import model_path
from vitrine.vision.shape import EYE_OUTER_LEFT, EYE_OUTER_RIGHT, POINT_COUNT, Points

MEAN_SHAPE_FILE: Final = "mean_shape_68.json"
RIGID: Final = np.array([27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 39, 42, 45, 48, 54])
"""Nose, eye corners and mouth corners: what moves least with expression, and is no silhouette that slides."""


LONGEST_FOCAL: Final = 40.0
"""In sizes of the rigid part of the face."""


@dataclass(frozen=True)
class HeadPose:
    """Degrees. Yaw and pitch say where the nose points, roll turns the head about that direction."""

    yaw: float
    """Above 0: turned towards the image's right."""
    pitch: float
    """Above 0: looking up."""
    roll: float
    """Above 0: tilted clockwise in the image."""


@cache
def mean_shape() -> NDArray[np.float64]:
    """(68, 3): the mean face, outer eye corners 1 apart, origin midway between them, nose towards −z."""
    points = json.loads(model_path(MEAN_SHAPE_FILE).read_text(encoding="utf-8"))[
        "points"
    ]
    return np.array(points, np.float64).reshape(POINT_COUNT, 3)


def rotation(yaw: float, pitch: float, roll: float) -> NDArray[np.float64]:
    """The (3, 3) rotation from model to camera axes, of degrees: Ry(−yaw) · Rx(−pitch) · Rz(roll)."""
    y, x, z = np.radians([-yaw, -pitch, roll])
    about_y = np.array(
        [[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]]
    )
    about_x = np.array(
        [[1, 0, 0], [0, np.cos(x), -np.sin(x)], [0, np.sin(x), np.cos(x)]]
    )
    about_z = np.array(
        [[np.cos(z), -np.sin(z), 0], [np.sin(z), np.cos(z), 0], [0, 0, 1]]
    )
    return np.asarray(about_y @ about_x @ about_z)


def angles(matrix: NDArray[np.floating]) -> HeadPose:
    """The inverse of `rotation`."""
    yaw = np.arctan2(-matrix[0, 2], matrix[2, 2])
    pitch = np.arcsin(np.clip(matrix[1, 2], -1, 1))
    roll = np.arctan2(matrix[1, 0], matrix[1, 1])
    return HeadPose(*(float(a) for a in np.degrees([yaw, pitch, roll])))


def head_pose(points: Points, width: int, height: int) -> HeadPose:
    """The pose of a face with 68 points (68, 2) in a frame of width × height pixels.

    The focal length is taken as the frame's longer side, a view of 53°, and less for small faces, whose
    perspective cannot be seen and which SQPnP would refuse. SQPnP (Terzakis and Lourakis 2020) finds the
    global optimum: the pose does not flip. Raises ValueError for points not finite or on one line.
    """
    seen = points[RIGID].astype(np.float64)
    if not (
        np.isfinite(seen).all() and np.linalg.matrix_rank(seen - seen.mean(axis=0)) == 2
    ):
        raise ValueError("the points of a face must be finite and span an area")
    seen -= (points[EYE_OUTER_LEFT] + points[EYE_OUTER_RIGHT]) / 2
    focal = min(
        float(max(width, height)), LONGEST_FOCAL * float(np.ptp(seen, axis=0).max())
    )
    camera = np.array([[focal, 0, 0], [0, focal, 0], [0, 0, 1]])
    _, turn, _ = cv2.solvePnP(
        mean_shape()[RIGID], seen, camera, None, flags=cv2.SOLVEPNP_SQPNP
    )
    return angles(np.asarray(cv2.Rodrigues(turn)[0], np.float64))
