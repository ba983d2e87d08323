"""Take the poses of somebody who looks at one point of the screen after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from vitrine.clock import SECOND_NS
from vitrine.presence.attention import Cone
from vitrine.presence.cone_fit import (
    FEWEST,
    FittedCone,
    Look,
    Point,
    Pose,
    doubts,
    fit_cone,
    held_by,
    look_of,
)

LOOK_NS: Final = 3 * SECOND_NS
"""Somebody holds still for so long; more is tiring, and less is too few pictures."""
MOST_STEP_NS: Final = LOOK_NS // FEWEST
"""A picture counts for so much time at most, so that a camera that stalls gives enough of them."""
# In pictures without exactly one face a look does not go on; then it is given up. Chosen, not
# measured.
PATIENCE_NS: Final = 12 * SECOND_NS


@dataclass(slots=True)
class _Recording:
    """Hold the look that is taken now."""

    point: Point
    poses: list[Pose] = field(default_factory=list)
    first_ns: int | None = None
    """Of the first picture, whatever it shows."""
    good_ns: int = 0
    """Time with exactly one face."""
    latest_ns: int = 0
    nobody: int = 0
    several: int = 0
    """Pictures with nobody, and with more than one face."""


class Looks:
    """Keep the looks at the screen's points, and the cone that they give."""

    def __init__(self) -> None:
        self.fitted: FittedCone | None = None
        self._recording: _Recording | None = None
        self._looks: dict[Point, Look] = {}
        self._left_out: dict[Point, tuple[int, int]] = {}

    def begin(self, point: Point) -> None:
        """Begin to take the poses of a point, anew."""
        self._recording = _Recording(point)
        self._looks.pop(point, None)
        self.fitted = None

    def forget(self) -> None:
        """Begin anew with all points."""
        self._recording = None
        self._looks.clear()
        self.fitted = None

    def take(self, at_ns: int, poses: Sequence[Pose]) -> None:
        """Take the poses of all faces that count in the next picture; one only is of use."""
        taken = self._recording
        if taken is None:
            return
        if taken.first_ns is None:
            taken.first_ns = at_ns
            taken.latest_ns = at_ns
        if len(poses) == 1:
            taken.poses.append(poses[0])
            taken.good_ns += min(at_ns - taken.latest_ns, MOST_STEP_NS)
        elif poses:
            taken.several += 1
        else:
            taken.nobody += 1
        taken.latest_ns = at_ns
        waited_ns = at_ns - taken.first_ns
        if taken.good_ns >= LOOK_NS or waited_ns >= PATIENCE_NS:
            self._finish(taken)

    def _finish(self, taken: _Recording) -> None:
        self._looks[taken.point] = look_of(taken.poses)
        self._left_out[taken.point] = (taken.nobody, taken.several)
        self._recording = None
        self.fitted = fit_cone(self._looks)

    def shown(self, former: Cone) -> dict[str, Any]:
        """Return what the page shows; `former` is the cone in force, to be compared with."""
        shown: dict[str, Any] = {"recording": None, "fitted": None, "doubts": []}
        taken = self._recording
        if taken is not None:
            shown["recording"] = {
                "point": taken.point,
                "progress": min(1.0, round(taken.good_ns / LOOK_NS, 2)),
                "nobody": taken.nobody,
                "several": taken.several,
            }
        points = {}
        for point, look in self._looks.items():
            points[point] = _shown_look(look, *self._left_out[point])
        shown["points"] = points
        fitted = self.fitted
        if fitted is not None:
            shown["fitted"] = numbers_of(fitted.cone) | {
                "samples": fitted.samples,
                "held": fitted.held,
                "held_before": self._held_by(former),
            }
            shown["doubts"] = doubts(self._looks)
        return shown

    def _held_by(self, cone: Cone) -> int:
        return sum(held_by(cone, look.poses) for look in self._looks.values())


def numbers_of(cone: Cone) -> dict[str, float]:
    """Return a cone by the names of the configuration, in tenths of a degree."""
    return {
        "yaw": round(cone.yaw, 1),
        "pitch": round(cone.pitch, 1),
        "half_yaw": round(cone.half_yaw, 1),
        "half_pitch": round(cone.half_pitch, 1),
    }


def _shown_look(look: Look, nobody: int, several: int) -> dict[str, Any]:
    poses = [(round(yaw, 1), round(pitch, 1)) for yaw, pitch in look.poses]
    return {
        "poses": poses,
        "spread": round(look.spread, 1),
        "steady": look.is_steady,
        "nobody": nobody,
        "several": several,
    }
