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
    rotation,
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
    Points,
)

# Degrees of yaw and pitch beyond which nothing more is undone: what is nearly hidden would
# explode. Chosen, not measured.
MOST_TURNED: Final = 50.0
# Every measure is kept within ± this: no face gets there, but points that are none do.
GREATEST: Final = 5.0
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
    face = frontalised(points, pose)
    lips = face[LIP_LOWER, 1] - face[LIP_UPPER, 1]
    lids = face[LID_LOWER, 1] - face[LID_UPPER, 1]
    width = np.linalg.norm(face[MOUTH_RIGHT] - face[MOUTH_LEFT])
    left_brow = face[EYE_LEFT, 1].mean() - face[BROW_LEFT, 1].mean()
    right_brow = face[EYE_RIGHT, 1].mean() - face[BROW_RIGHT, 1].mean()
    brows = np.mean([left_brow, right_brow])
    values = np.array([lips.mean(), width, brows, lids.mean()])
    limited = values.clip(-GREATEST, GREATEST)
    return ExpressionGeometry(*limited.round(DECIMALS).tolist())


def frontalised(points: Points, pose: HeadPose) -> NDArray[np.float64]:
    """Return points (68, 2) as seen from the front, outer eye corners 1 apart.

    The depth of each point comes from the mean shape.
    """
    yaw = min(max(pose.yaw, -MOST_TURNED), MOST_TURNED)
    pitch = min(max(pose.pitch, -MOST_TURNED), MOST_TURNED)
    turn = rotation(yaw, pitch, pose.roll)[:2]
    model = _centred_shape()
    seen = points - points.mean(axis=0)
    expected = model @ turn.T
    # Least squares: the scale at which the turned mean shape lies closest to the points.
    scale = float((seen * expected).sum() / (expected**2).sum())
    depth = model[:, 2:] * turn[:, 2]
    in_plane = seen / max(scale, 1e-6) - depth
    flat = in_plane @ np.linalg.inv(turn[:, :2]).T
    across = float(np.linalg.norm(flat[EYE_OUTER_RIGHT] - flat[EYE_OUTER_LEFT]))
    return np.asarray(flat / max(across, 1e-6))


@cache
def _centred_shape() -> NDArray[np.float64]:
    shape = mean_shape()
    return np.asarray(shape - shape.mean(axis=0))
