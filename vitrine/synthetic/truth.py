"""Tell the truth of a synthetic frame."""

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
"""Attention, in degrees (docs/metrics.md): the head turned to the screen by no more than this."""
NEAREST_FACE: Final = 0.6
FARTHEST_FACE: Final = 0.05
"""The default zone of a stand: face heights as shares of the picture's."""
FOREHEAD: Final = 0.3
"""Of the landmarks' height: a box reaches higher than the brows, like YuNet's."""


def face_box(points: Floats) -> Box:
    """Return the bounds of landmarks (68, 2), higher for the forehead."""
    left, top = points.min(axis=0)
    right, bottom = points.max(axis=0)
    forehead = FOREHEAD * (bottom - top)
    return (
        float(left),
        float(top - forehead),
        float(right - left),
        float(bottom - top + forehead),
    )


def in_zone(points: Floats, height: int) -> bool:
    """Tell if a face is of the default zone's size in a picture of this height."""
    _, _, _, face_height = face_box(points)
    return FARTHEST_FACE <= face_height / height <= NEAREST_FACE


def _rounded(box: Box) -> list[float]:
    return [round(value, 2) for value in box]


@dataclass(frozen=True, eq=False)
class PersonTruth:
    """Hold one person of one frame; pixels and degrees as in `vitrine.schemas.faces.Face`."""

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
    smile: float
    """Strength of the smile; scripted ones are stronger than 1."""
    present: bool
    """In the stand's default zone, and at least 60 % of the points in the picture."""

    @property
    def yaw(self) -> float:
        """Return degrees relative to the camera."""
        return self.pose.yaw

    @property
    def pitch(self) -> float:
        """Return degrees relative to the camera."""
        return self.pose.pitch

    @property
    def roll(self) -> float:
        """Return degrees relative to the camera."""
        return self.pose.roll

    @property
    def attending(self) -> bool:
        """Tell if the head is turned to the screen, wherever the camera is."""
        yaw = abs(self.screen.yaw)
        pitch = abs(self.screen.pitch)
        return yaw <= CONE_YAW and pitch <= CONE_PITCH

    @property
    def box(self) -> Box:
        """Return the face's box."""
        return face_box(self.points)

    def to_dict(self) -> dict[str, Any]:
        """Return it for one line of JSON, rounded to what means something."""
        points = np.round(self.points.astype(float), 2)
        return {
            "person": self.person,
            "visit": self.visit,
            "box": _rounded(self.box),
            "points": points.tolist(),
            "yaw": round(self.yaw, 2),
            "pitch": round(self.pitch, 2),
            "roll": round(self.roll, 2),
            "screen_yaw": round(self.screen.yaw, 2),
            "screen_pitch": round(self.screen.pitch, 2),
            "visible": bool(self.visible),
            "attending": bool(self.attending),
            "expression": round(self.expression, 3),
            "smile": round(self.smile, 3),
            "present": bool(self.present),
        }


@dataclass(frozen=True)
class FrameTruth:
    """Hold everybody at the stand, from far to near, also those outside the picture or covered."""

    people: tuple[PersonTruth, ...]
    static_faces: tuple[Box, ...] = ()
    """Boxes of faces on posters in view."""

    def to_dict(self) -> dict[str, Any]:
        """Return it for one line of JSON; the caller adds camera and time."""
        return {
            "people": [person.to_dict() for person in self.people],
            "static_faces": [_rounded(box) for box in self.static_faces],
        }
