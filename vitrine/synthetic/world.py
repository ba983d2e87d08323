"""Describe a stand in metres: its screen, its two cameras, and how heads look from there.

Axes are those of somebody who looks out of the screen: x to the right, y down, z away from the
screen; the origin is on the floor under the screen's middle, so heads have a negative y. Heads turn
as in `vitrine.vision.pose`: yaw, pitch and roll 0 look straight at the wall with the screen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import asin, atan2, cos, degrees, hypot, radians, sin
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vitrine.vision.pose import HeadPose, angles, rotation

Point = tuple[float, float, float]
"""x, y, z in metres."""

# The mean distance of adults' pupils.
EYE_DISTANCE_M: Final = 0.063
# Below the 60 and 26 degrees of docs/synthetic.md by more than the unrest of `moves.py`, which is
# at most 1.05 degrees.
TURNED_MOST: Final = 58.0
TILTED_MOST: Final = 23.0
"""Degrees from the line to either camera that no head exceeds, but for its unrest."""


@dataclass(frozen=True)
class Viewpoint:
    """Represent a camera, or anything else that heads are turned to."""

    place: Point
    turn: float = 0.0
    """Degrees by which it looks to the right, seen from above."""
    tilt: float = 0.0
    """Degrees by which it looks down."""

    @cached_property
    def axes(self) -> NDArray[np.float64]:
        """Return the rotation (3, 3) from the world's axes to the camera's."""
        turn = radians(self.turn)
        tilt = radians(self.tilt)
        level = cos(tilt)
        forward = np.array(
            [
                sin(turn) * level,
                sin(tilt),
                cos(turn) * level,
            ]
        )
        # A camera is turned and tilted, but does not roll: its right stays level.
        right = np.array(
            [
                cos(turn),
                0.0,
                -sin(turn),
            ]
        )
        down = np.cross(forward, right)
        return np.array([right, down, forward])

    def project(self, point: Point, focal: float) -> tuple[float, float, float]:
        """Return pixels to the right of the picture's middle and below it, and depth in metres.

        A depth above 0 is in front.
        """
        offset = np.subtract(point, self.place)
        x, y, z = self.axes @ offset
        right = focal * x / z
        below = focal * y / z
        return float(right), float(below), float(z)

    def pose(self, head: Point, turned: HeadPose) -> HeadPose:
        """Return how a head, turned so in the world, is turned relative to the line to it."""
        offset = np.subtract(head, self.place)
        ray = self.axes @ offset
        length = np.linalg.norm(ray)
        seen = _onto_axis(ray / length) @ self.axes
        in_world = rotation(
            turned.yaw,
            turned.pitch,
            turned.roll,
        )
        return angles(seen @ in_world)


SCREEN: Final = Viewpoint((0.0, -1.5, 0.0))
"""The middle of a screen of 1.2 m × 0.7 m."""

# 5 cm above and 15 cm beside the screen's edge. Places and directions are chosen, not measured.
VIEWS: Final = {
    1: Viewpoint(
        (0.0, -1.9, 0.0),
        tilt=10.0,
    ),
    2: Viewpoint(
        (0.75, -1.5, 0.0),
        turn=-20.0,
    ),
}
"""1 hangs above the screen's middle (`mount: above`). 2 is beside it, on the left of somebody who
faces it, and turned inwards (`mount: left`)."""


def _onto_axis(ray: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the smallest rotation (3, 3) that takes a unit vector in front onto the z axis.

    Rodrigues' formula, with the cross product of the vector and the axis.
    """
    x, y, z = ray
    cross = np.array(
        [
            [0, 0, -x],
            [0, 0, -y],
            [x, y, 0],
        ]
    )
    # 1 + z is 0 only for a ray straight back, and nobody is behind the wall.
    squared = cross @ cross / (1 + z)
    return np.asarray(np.eye(3) + cross + squared)


def towards(head: Point, target: Point) -> tuple[float, float]:
    """Return yaw and pitch, degrees, of a head that is turned to a target."""
    x, y, z = (b - a for a, b in zip(head, target, strict=True))
    distance = hypot(x, y, z)
    yaw = atan2(x, -z)
    pitch = asin(-y / distance)
    return degrees(yaw), degrees(pitch)


def within_view(
    head: Point,
    yaw: float,
    pitch: float,
) -> tuple[float, float]:
    """Return yaw and pitch, or the nearest to them that neither camera sees turned too far."""
    yaws = []
    pitches = []
    for view in VIEWS.values():
        to_yaw, to_pitch = towards(head, view.place)
        yaws.append(to_yaw)
        pitches.append(to_pitch)
    return (
        _near(yaw, yaws, TURNED_MOST),
        _near(pitch, pitches, TILTED_MOST),
    )


def _near(
    angle: float,
    others: Sequence[float],
    most: float,
) -> float:
    """Return the nearest angle that is no further than `most` from any of the others."""
    bounded = max(angle, max(others) - most)
    return min(bounded, min(others) + most)
