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
    face = frontalised(points, pose)
    height = face[:, 1]
    lips = height[LIP_LOWER] - height[LIP_UPPER]
    lids = height[LID_LOWER] - height[LID_UPPER]
    mouth = face[MOUTH_RIGHT] - face[MOUTH_LEFT]
    width = np.linalg.norm(mouth)
    left_brow = height[EYE_LEFT].mean() - height[BROW_LEFT].mean()
    right_brow = height[EYE_RIGHT].mean() - height[BROW_RIGHT].mean()
    brows = np.mean([left_brow, right_brow])
    values = np.array(
        [
            lips.mean(),
            width,
            brows,
            lids.mean(),
        ]
    )
    limited = values.clip(-GREATEST, GREATEST)
    rounded = limited.round(DECIMALS)
    return ExpressionGeometry(*rounded.tolist())


def frontalised(points: Points, pose: HeadPose) -> NDArray[np.float64]:
    """Return points (68, 2) as seen from the front, outer eye corners 1 apart.

    The depth of each point comes from the mean shape.
    """
    yaw = min(max(pose.yaw, -MOST_TURNED), MOST_TURNED)
    pitch = min(max(pose.pitch, -MOST_TURNED), MOST_TURNED)
    # The roll can be undone whatever it is: it hides nothing.
    turn = rotation(yaw, pitch, pose.roll)[:2]
    model = _centred_shape()
    seen = points - points.mean(axis=0)
    expected = model @ turn.T
    # Least squares: the scale at which the turned mean shape lies closest to the points.
    along = (seen * expected).sum()
    squared = (expected**2).sum()
    scale = float(along / squared)
    depth = model[:, 2:] * turn[:, 2]
    in_plane = seen / max(scale, LEAST) - depth
    back = np.linalg.inv(turn[:, :2])
    flat = in_plane @ back.T
    eyes = flat[EYE_OUTER_RIGHT] - flat[EYE_OUTER_LEFT]
    across = float(np.linalg.norm(eyes))
    return np.asarray(flat / max(across, LEAST))


@cache
def _centred_shape() -> NDArray[np.float64]:
    shape = mean_shape()
    return np.asarray(shape - shape.mean(axis=0))
