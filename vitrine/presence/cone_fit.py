"""Fit the cone of attention to the poses of somebody who looks at known points of the screen.

At each point the person holds still for some seconds. The median of a point's poses stands for
it, so that single wrong frames do not count. The cone reaches from the outermost medians a margin
farther.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from vitrine.presence.attention import Cone

Point: TypeAlias = Literal[
    "top-left", "top-right", "centre", "bottom-left", "bottom-right"
]
"""A point of the screen; left and right are those of a person who faces it."""
POINTS: Final[tuple[Point, ...]] = get_args(Point)
LEFT: Final[tuple[Point, ...]] = ("top-left", "bottom-left")
RIGHT: Final[tuple[Point, ...]] = ("top-right", "bottom-right")
TOP: Final[tuple[Point, ...]] = ("top-left", "top-right")
BOTTOM: Final[tuple[Point, ...]] = ("bottom-left", "bottom-right")

# For people who stand elsewhere and turn less. Measured on three drawn people (docs/cameras.md):
# the cone of each held 98 % of the poses of another who looked at the screen, and none of those
# of people who looked 40 to 50 degrees aside.
MARGIN_DEG: Final = 8.0
# Chosen, not measured: the smallest that the configuration takes.
LEAST_HALF_DEG: Final = 5.0
MOST_YAW_DEG: Final = 90.0
MOST_PITCH_DEG: Final = 60.0

# Chosen, not measured: 3 s of a camera of five pictures a second have 15.
FEWEST: Final = 8
# A deviation so large moves the median of 15 poses by 1.5 degrees. Chosen, not measured.
UNSTEADY_DEG: Final = 5.0
# From the median absolute deviation to the standard deviation of a normal distribution.
TO_DEVIATION: Final = 1.4826
# A screen of 0.3 m, 3 m away, is 6 degrees wide. Chosen, not measured: below, only eyes moved.
LEAST_TURN_DEG: Final = 3.0

Pose: TypeAlias = tuple[float, float]
"""Yaw and pitch in degrees, with the signs of `Face`."""
Poses: TypeAlias = NDArray[np.float64]
"""(n, 2): yaw and pitch."""


@dataclass(frozen=True, slots=True)
class Look:
    """Hold what the poses of one point say."""

    poses: tuple[Pose, ...]
    yaw: float
    pitch: float
    """Medians, in degrees."""
    spread: float
    """Deviation of yaw or pitch, whichever is larger, without outliers, in degrees."""

    @property
    def is_steady(self) -> bool:
        """Return true where the poses are enough, and near each other."""
        return len(self.poses) >= FEWEST and self.spread <= UNSTEADY_DEG


@dataclass(frozen=True, slots=True)
class FittedCone:
    """Hold a cone, and how well it holds the poses that it was fitted to."""

    cone: Cone
    samples: int
    held: int
    """Of `samples`, those inside."""


def look_of(poses: Sequence[Pose]) -> Look:
    """Return what the poses of one point say; zeros without any."""
    if not poses:
        return Look((), 0.0, 0.0, 0.0)
    array = np.array(poses, np.float64)
    middle = np.median(array, axis=0)
    deviations = np.median(np.abs(array - middle), axis=0) * TO_DEVIATION
    yaw, pitch = middle.tolist()
    return Look(tuple(poses), yaw, pitch, float(deviations.max()))


def fit_cone(looks: Mapping[Point, Look]) -> FittedCone | None:
    """Return the cone of looks at all five points; None while one lacks or is unsteady."""
    if not all(point in looks and looks[point].is_steady for point in POINTS):
        return None
    yaw, half_yaw = _side([look.yaw for look in looks.values()], MOST_YAW_DEG)
    pitch, half_pitch = _side([look.pitch for look in looks.values()], MOST_PITCH_DEG)
    cone = Cone(yaw, pitch, half_yaw, half_pitch)
    samples = 0
    held = 0
    for look in looks.values():
        samples += len(look.poses)
        held += held_by(cone, look.poses)
    return FittedCone(cone, samples, held)


def held_by(cone: Cone, poses: Sequence[Pose]) -> int:
    """Return how many poses are inside a cone."""
    return sum(cone.holds(yaw, pitch) for yaw, pitch in poses)


def doubts(looks: Mapping[Point, Look]) -> list[str]:
    """Return what is strange in looks at all five points, a sentence each."""
    if set(looks) != set(POINTS):
        return []
    found = []
    across = _mean(looks, LEFT).yaw - _mean(looks, RIGHT).yaw
    if across < -LEAST_TURN_DEG:
        found.append(
            "Left and right are swapped: the picture is mirrored (set `flip`), or the corners "
            "were looked at in another order."
        )
    elif across < LEAST_TURN_DEG:
        found.append(
            f"The head turned by {abs(across):.0f}° only between the left and the right edge. "
            "Turn the head as visitors do, not the eyes alone."
        )
    if _mean(looks, TOP).pitch < _mean(looks, BOTTOM).pitch - LEAST_TURN_DEG:
        found.append(
            "Top and bottom are swapped: the picture is upside down (set `rotate`), or the "
            "corners were looked at in another order."
        )
    return found


def _mean(looks: Mapping[Point, Look], points: Sequence[Point]) -> Cone:
    """Return the mean direction of some points, as a cone's centre."""
    directions = [(looks[point].yaw, looks[point].pitch) for point in points]
    yaw, pitch = np.mean(directions, axis=0).tolist()
    return Cone(yaw, pitch)


def _side(angles: Sequence[float], most: float) -> tuple[float, float]:
    """Return centre and half width of what the angles span, with the margin, whole degrees."""
    lowest = min(angles)
    highest = max(angles)
    centre = round((lowest + highest) / 2)
    half = round((highest - lowest) / 2 + MARGIN_DEG)
    kept = min(max(half, LEAST_HALF_DEG), most)
    return float(np.clip(centre, -most, most)), float(kept)
