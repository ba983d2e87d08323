"""The truth of a synthetic frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from vitrine.synthetic.mesh import Floats
from vitrine.vision.pose import HeadPose

Box = tuple[float, float, float, float]
"""x, y, width, height in pixels."""

CONE_YAW: Final = 25.0
CONE_PITCH: Final = 20.0
"""Attention, in degrees (docs/metrics): the head turned to the middle of the screen by no more than this."""
NEAREST_FACE: Final = 0.6
FARTHEST_FACE: Final = 0.05
"""The default zone of a stand: face heights as shares of the picture's."""


def face_box(points: Floats) -> Box:
    """The bounds of landmarks (68, 2), 0.3 higher for the forehead, like YuNet's."""
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
    forehead = 0.3 * (bottom - top)
    return (
        float(left),
        float(top - forehead),
        float(right - left),
        float(bottom - top + forehead),
    )


def in_zone(points: Floats, height: int) -> bool:
    """Whether a face is of the default zone's size in a picture of this height."""
    return FARTHEST_FACE <= face_box(points)[3] / height <= NEAREST_FACE


@dataclass(frozen=True, eq=False)
class PersonTruth:
    """One person of one frame; pixels and degrees as in `vitrine.schemas.faces.Face`."""

    person: str
    visit: int
    """1 for the first time that this person is at any stand of the mall."""
    points: Floats
    """(68, 2)."""
    pose: HeadPose
    """Relative to the camera."""
    screen: HeadPose
    """Relative to the middle of the screen."""
    visible: bool
    """At least 60 % of the points lie in the picture with no nearer person over them."""
    expression: float
    """Strength of a smile or an open mouth, 0 to 1."""
    present: bool
    """In the stand's default zone: the face of its size and at least 60 % of the points in the picture."""

    @property
    def yaw(self) -> float:
        return self.pose.yaw

    @property
    def pitch(self) -> float:
        return self.pose.pitch

    @property
    def roll(self) -> float:
        return self.pose.roll

    @property
    def attending(self) -> bool:
        """Turned to the screen, wherever the camera is."""
        return abs(self.screen.yaw) <= CONE_YAW and abs(self.screen.pitch) <= CONE_PITCH

    @property
    def box(self) -> Box:
        return face_box(self.points)

    def to_dict(self) -> dict[str, Any]:
        return {
            "person": self.person,
            "visit": self.visit,
            "box": [round(v, 2) for v in self.box],
            "points": np.round(self.points.astype(float), 2).tolist(),
            "yaw": round(self.yaw, 2),
            "pitch": round(self.pitch, 2),
            "roll": round(self.roll, 2),
            "screen_yaw": round(self.screen.yaw, 2),
            "screen_pitch": round(self.screen.pitch, 2),
            "visible": bool(self.visible),
            "attending": bool(self.attending),
            "expression": round(self.expression, 3),
            "present": bool(self.present),
        }


@dataclass(frozen=True)
class FrameTruth:
    """Everybody who is at the stand, from far to near, also those outside the picture or covered."""

    people: tuple[PersonTruth, ...]
    static_faces: tuple[Box, ...] = ()
    """Printed faces in view."""

    def to_dict(self) -> dict[str, Any]:
        """For one line of JSON; the caller adds camera and time."""
        return {
            "people": [person.to_dict() for person in self.people],
            "static_faces": [[round(v, 2) for v in box] for box in self.static_faces],
        }
