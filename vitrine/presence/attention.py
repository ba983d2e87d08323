"""Whether a head is turned to the screen, and since when."""

from __future__ import annotations

from dataclasses import dataclass
from math import atan2, degrees
from typing import Final

from vitrine.mall import Camera, Screen

HALF_YAW: Final = 25.0
HALF_PITCH: Final = 20.0
HYSTERESIS: Final = 5.0
"""Degrees by which the cone is wider for a glance that has begun."""
VIEWING_DISTANCE_M: Final = 2.0
SETTLE_NS: Final = 250_000_000
"""A glance, and an excursion that ends it, must be seen to last so long."""
GAP_NS: Final = 600_000_000
"""A glance ends where the face was not seen for longer."""


@dataclass(frozen=True, slots=True)
class Cone:
    """The head poses that face the screen: around a centre, in degrees as in `Face`."""

    yaw: float = 0.0
    pitch: float = 0.0

    def holds(self, yaw: float, pitch: float, margin: float = 0.0) -> bool:
        """Whether a pose lies inside, the edge included."""
        return (
            abs(yaw - self.yaw) <= HALF_YAW + margin
            and abs(pitch - self.pitch) <= HALF_PITCH + margin
        )


def cone_of(screen: Screen, camera: Camera | None = None) -> Cone:
    """The cone around the middle of the screen, as a camera of its stand sees it.

    It is the camera's own `cone`, or follows from its `mount` (else the screen's `camera`): eyes 2 m in front
    of a camera at the screen's edge turn by atan(half the screen's size / 2 m) from the camera to the middle.
    Left and right are those of a person who faces the screen: a camera on the left sees heads turn to the
    picture's left.
    """
    if camera and camera.cone:
        return Cone(camera.cone.yaw, camera.cone.pitch)
    across = degrees(atan2(screen.width_m / 2, VIEWING_DISTANCE_M))
    down = degrees(atan2(screen.height_m / 2, VIEWING_DISTANCE_M))
    centres = {
        "above": Cone(pitch=-down),
        "below": Cone(pitch=down),
        "left": Cone(yaw=-across),
        "right": Cone(yaw=across),
        "centre": Cone(),
    }
    return centres[(camera.mount if camera else None) or screen.camera]


@dataclass(slots=True)
class Attention:
    """The open glance of one person, or what may become one."""

    since_ns: int | None = None
    """First view inside the cone."""
    inside_ns: int = 0
    """Last view inside the cone."""
    outside_ns: int | None = None
    """First view outside, of an excursion under way."""
    seen_ns: int = 0
    settled: bool = False
    """It has lasted long enough to be a glance."""

    def observe(
        self, at_ns: int, yaw: float, pitch: float, cone: Cone
    ) -> tuple[int, int] | None:
        """Take one view, in order of time; returns the glance that is over by now, if one is."""
        over = self.close() if at_ns - self.seen_ns > GAP_NS else None
        self.seen_ns = at_ns
        if cone.holds(yaw, pitch, margin=0.0 if self.since_ns is None else HYSTERESIS):
            self.since_ns = at_ns if self.since_ns is None else self.since_ns
            self.inside_ns = at_ns
            self.outside_ns = None
            self.settled = self.settled or at_ns - self.since_ns >= SETTLE_NS
        elif self.since_ns is not None:
            self.outside_ns = at_ns if self.outside_ns is None else self.outside_ns
            if at_ns - self.outside_ns >= SETTLE_NS:
                return self.close()
        return over

    def close(self) -> tuple[int, int] | None:
        """End the glance with the last view inside the cone; returns it, if there was one."""
        glance = self.glance()
        self.since_ns = None
        self.outside_ns = None
        self.settled = False
        return glance

    def glance(self) -> tuple[int, int] | None:
        """First and last view of the open glance."""
        return (
            (self.since_ns, self.inside_ns)
            if self.settled and self.since_ns is not None
            else None
        )

    def inside(self) -> bool:
        """Whether the last view was inside the cone."""
        return self.since_ns is not None and self.outside_ns is None

    def may_change_before(self, at_ns: int) -> bool:
        """Whether views to come can still decide if the person looked just before `at_ns`."""
        if self.since_ns is None or self.since_ns >= at_ns:
            return False
        return not self.settled or (
            self.outside_ns is not None and self.inside_ns < at_ns
        )
