"""How far mouth, brows and eyes are open, whatever way the head is turned."""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vitrine.schemas import Expression
from vitrine.vision.pose import HeadPose, mean_shape, rotation
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

MOST_TURNED: Final = 50.0
"""Degrees of yaw and pitch beyond which nothing more is undone: what is nearly hidden would explode."""
LID_UPPER = np.array([37, 38, 43, 44])
LID_LOWER = np.array([41, 40, 47, 46])
LIP_UPPER = np.array([61, 62, 63])
LIP_LOWER = np.array([67, 66, 65])


def frontalised(points: Points, pose: HeadPose) -> NDArray[np.float64]:
    """(68, 2) as seen from the front, outer eye corners 1 apart; depth comes from the mean shape."""
    yaw, pitch = (
        float(np.clip(angle, -MOST_TURNED, MOST_TURNED))
        for angle in (pose.yaw, pose.pitch)
    )
    turn = rotation(yaw, pitch, pose.roll)[:2]
    model = _centred_shape()
    seen = points - points.mean(axis=0)
    expected = model @ turn.T
    scale = max(float((seen * expected).sum() / (expected**2).sum()), 1e-6)
    flat = (seen / scale - model[:, 2:] * turn[:, 2]) @ np.linalg.inv(turn[:, :2]).T
    across = float(np.linalg.norm(flat[EYE_OUTER_RIGHT] - flat[EYE_OUTER_LEFT]))
    return np.asarray(flat / max(across, 1e-6))


@cache
def _centred_shape() -> NDArray[np.float64]:
    return np.asarray(mean_shape() - mean_shape().mean(axis=0))


def measure(points: Points, pose: HeadPose) -> Expression:
    """Mean gap of lips and lids, mouth width, and brows above eyes, in outer eye-corner distances."""
    flat = frontalised(points, pose)
    lips, lids = (flat[below, 1] - flat[above, 1] for above, below in _GAPS)
    brows = [flat[eye, 1].mean() - flat[brow, 1].mean() for eye, brow in _BROWS]
    width = np.linalg.norm(flat[MOUTH_RIGHT] - flat[MOUTH_LEFT])
    values = np.clip([lips.mean(), width, np.mean(brows), lids.mean()], -5, 5).round(4)
    names = ("mouth_open", "mouth_width", "brow_raise", "eye_open")
    return Expression(**dict(zip(names, values.tolist(), strict=True)))


_GAPS: Final = ((LIP_UPPER, LIP_LOWER), (LID_UPPER, LID_LOWER))
_BROWS: Final = ((EYE_LEFT, BROW_LEFT), (EYE_RIGHT, BROW_RIGHT))
