"""Openness of mouth, brows and eyes, whatever way the head is turned."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vitrine.vision.pose import (
    HeadPose,
    mean_shape,
    rotations,
)
from vitrine.vision.shape import (
    BROW_LEFT,
    BROW_RIGHT,
    EYE_LEFT,
    EYE_OUTER_LEFT,
    EYE_OUTER_RIGHT,
    EYE_RIGHT,
    MOUTH_LEFT,
    MOUTH_RIGHT,
    POINT_COUNT,
    Points,
)

# Degrees of yaw and pitch beyond which nothing more is undone: what is nearly hidden would
# explode. Chosen, not measured.
MOST_TURNED: Final = 50.0
MOST_UNDONE: Final = np.array([MOST_TURNED, MOST_TURNED, np.inf])
# Every measure is kept within ± this: no face gets there, but points that are none do.
GREATEST: Final = 5.0
# Points that are no face may have a size of 0.
LEAST: Final = 1e-6
# Finer than the landmark network is steady.
DECIMALS: Final = 4
LID_UPPER: Final = np.array([37, 38, 43, 44])
LID_LOWER: Final = np.array([41, 40, 47, 46])
LIP_UPPER: Final = np.array([61, 62, 63])
LIP_LOWER: Final = np.array([67, 66, 65])


@dataclass(frozen=True, slots=True)
class ExpressionGeometry:
    """Hold the measures of a frontal face, in distances of the outer eye corners, ± GREATEST."""

    mouth_open: float
    """Mean gap of the lips."""
    mouth_width: float
    brow_raise: float
    """Mean height of the brows above the eyes."""
    eye_open: float
    """Mean gap of the lids."""


def measure(points: Points, pose: HeadPose) -> ExpressionGeometry:
    """Return the measures of 68 points (68, 2) of a head with this pose."""
    turned = np.array([pose.yaw, pose.pitch, pose.roll])
    return ExpressionGeometry(*measures(points, turned).tolist())


def measures(points: Points, poses: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the measures (…, 4) of points (…, 68, 2) of heads with these poses (…, 3).

    They are in the order of ExpressionGeometry, whose limits and decimals they have.
    """
    faces = frontalised(points, poses)
    across = faces[..., MOUTH_RIGHT, :] - faces[..., MOUTH_LEFT, :]
    heights = faces[..., 1] @ _heights()
    values = np.empty((*points.shape[:-2], 4))
    values[..., 0] = heights[..., 0]
    values[..., 1] = np.hypot(across[..., 0], across[..., 1])
    values[..., 2:] = heights[..., 1:]
    limited = values.clip(-GREATEST, GREATEST)
    return np.asarray(limited.round(DECIMALS))


def frontalised(points: Points, poses: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return points (…, 68, 2) as seen from the front, outer eye corners 1 apart.

    `poses` (…, 3) are yaw, pitch and roll in degrees. The depth of each point comes from the mean
    shape.
    """
    # The roll can be undone whatever it is: it hides nothing.
    turn = rotations(poses.clip(-MOST_UNDONE, MOST_UNDONE))[..., :2, :]
    model = _centred_shape()
    seen = points - points.mean(axis=-2, keepdims=True)
    expected = model @ turn.swapaxes(-1, -2)
    # Least squares: the scale at which the turned mean shape lies closest to the points.
    along = (seen * expected).sum(axis=(-2, -1), keepdims=True)
    squared = (expected**2).sum(axis=(-2, -1), keepdims=True)
    scale = np.maximum(along / squared, LEAST)
    depth = model[:, 2:] * turn[..., None, :, 2]
    in_plane = seen / scale - depth
    back = np.linalg.inv(turn[..., :2])
    flat = in_plane @ back.swapaxes(-1, -2)
    eyes = flat[..., EYE_OUTER_RIGHT, :] - flat[..., EYE_OUTER_LEFT, :]
    across = np.hypot(eyes[..., 0], eyes[..., 1])
    return np.asarray(flat / np.maximum(across, LEAST)[..., None, None])


@cache
def _heights() -> NDArray[np.float64]:
    """Return the weights (68, 3) by which heights of points give gaps of lips, brows and lids."""
    weights = np.zeros((POINT_COUNT, 3))
    weights[LIP_LOWER, 0] = 1 / len(LIP_LOWER)
    weights[LIP_UPPER, 0] = -1 / len(LIP_UPPER)
    for eye, brow in ((EYE_LEFT, BROW_LEFT), (EYE_RIGHT, BROW_RIGHT)):
        weights[eye, 1] = 0.5 / (eye.stop - eye.start)
        weights[brow, 1] = -0.5 / (brow.stop - brow.start)
    weights[LID_LOWER, 2] = 1 / len(LID_LOWER)
    weights[LID_UPPER, 2] = -1 / len(LID_UPPER)
    return weights


@cache
def _centred_shape() -> NDArray[np.float64]:
    shape = mean_shape()
    return np.asarray(shape - shape.mean(axis=0))
