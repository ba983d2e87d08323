"""Compute figures of expression: noise, area under the curve, share explained by pose."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vitrine.presence.expression import FULL_CHANGE
from vitrine.schemas import Expression
from vitrine.vision.expression import ExpressionGeometry
from vitrine.vision.pose import HeadPose

NAMES: Final = tuple(FULL_CHANGE)
GEOMETRY: Final = NAMES[:4]
"""Those that landmarks give."""
CONE_YAW: Final = 25
CONE_PITCH: Final = 20
"""Degrees from the camera within which a face counts: it looks at the stand."""
Values = NDArray[np.float64]


def frame_noise(values: Values) -> Values:
    """Return the noise (k,) of values (frames, k), from their second differences.

    1.4826 makes a median of absolute values a standard deviation; a second difference
    has six times the variance of its terms.
    """
    # Second differences: the slow changes of an expression drop out.
    second = np.diff(
        values,
        n=2,
        axis=0,
    )
    sizes = np.abs(second)
    # A median, so that a few fast grimaces count for little.
    spread = 1.4826 * np.median(sizes, axis=0)
    return np.asarray(spread / np.sqrt(6))


def area(higher: ArrayLike, lower: ArrayLike) -> float:
    """Return the area under the ROC curve: how often one of `higher` is above one of `lower`.

    Ties count half.
    """
    one = np.asarray(higher)
    other = np.asarray(lower)
    difference = np.subtract.outer(one, other)
    # −1, 0 or 1 for each pair becomes 0, a half or 1.
    sign = np.sign(difference)
    wins = (sign + 1) / 2
    return float(wins.mean())


def geometry_of(measured: ExpressionGeometry) -> list[float]:
    """Return the measures in the order of GEOMETRY."""
    return [getattr(measured, name) for name in GEOMETRY]


def values_of(expression: Expression) -> list[float]:
    """Return the features in the order of NAMES, 0 for one that is not known."""
    return [getattr(expression, name) or 0.0 for name in NAMES]


def by_pose(values: Values, poses: Iterable[HeadPose]) -> str:
    """Return R² of each measure on yaw, pitch and their squares, over poses inside the cone."""
    turns = np.array([(pose.yaw, pose.pitch) for pose in poses])
    within = np.abs(turns) <= (CONE_YAW, CONE_PITCH)
    inside = within.all(axis=1)
    # Near 1 at most, so that squares are no larger than the angles.
    angles = turns[inside] / CONE_YAW
    ones = np.ones(len(angles))
    squares = angles**2
    terms = np.column_stack([ones, angles, squares])
    seen = values[inside]
    factors, *_ = np.linalg.lstsq(terms, seen, rcond=None)
    rest = seen - terms @ factors
    spread = seen.var(axis=0)
    unexplained = rest.var(axis=0) / spread
    return row_of(1 - unexplained, 2)


def row_of(values: Values, digits: int = 4) -> str:
    """Return a value of each measure, with its name."""
    cells = []
    # Landmarks give fewer measures than there are names.
    for name, value in zip(
        NAMES,
        values.tolist(),
        strict=False,
    ):
        cells.append(f"{name} {value:.{digits}f}")
    return ", ".join(cells)
