"""The truth of a synthetic frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from vitrine.synthetic.mesh import Floats

CONE_YAW: Final = 25.0
CONE_PITCH: Final = 20.0
"""Attention, in degrees (docs/metrics): the head turned to the screen by no more than this."""


@dataclass(frozen=True, eq=False)
class PersonTruth:
    """One person of one frame; pixels and degrees as in `vitrine.schemas.faces.Face`."""

    person: str
    visit: int
    """1 for the first time that this person is there."""
    points: Floats
    """(68, 2)."""
    yaw: float
    pitch: float
    roll: float
    visible: bool
    """At least 60 % of the points lie in the picture with no nearer person over them."""
    expression: float
    """Strength of a smile or an open mouth, 0 to 1."""

    @property
    def attending(self) -> bool:
        return abs(self.yaw) <= CONE_YAW and abs(self.pitch) <= CONE_PITCH

    @property
    def box(self) -> tuple[float, float, float, float]:
        """x, y, width, height: the landmarks' bounds, 0.3 higher for the forehead, like YuNet's."""
        (left, top), (right, bottom) = self.points.min(axis=0), self.points.max(axis=0)
        forehead = 0.3 * (bottom - top)
        return float(left), float(top - forehead), float(right - left), float(bottom - top + forehead)

    def to_dict(self) -> dict[str, Any]:
        return {
            "person": self.person,
            "visit": self.visit,
            "box": [round(v, 2) for v in self.box],
            "points": np.round(self.points.astype(float), 2).tolist(),
            "yaw": round(self.yaw, 2),
            "pitch": round(self.pitch, 2),
            "roll": round(self.roll, 2),
            "visible": bool(self.visible),
            "attending": bool(self.attending),
            "expression": round(self.expression, 3),
        }


@dataclass(frozen=True)
class FrameTruth:
    """Everybody who is at the stand, from far to near, also those outside the picture or covered."""

    people: tuple[PersonTruth, ...]

    def to_dict(self) -> dict[str, Any]:
        """For one line of JSON; the caller adds camera and time."""
        return {"people": [person.to_dict() for person in self.people]}
