"""Attention: the times for which a head is turned to the screen, with open eyes."""

from __future__ import annotations

from dataclasses import dataclass
from math import atan2, degrees
from typing import Final

from vitrine.clock import SECOND_NS
from vitrine.mall import Camera, Screen
from vitrine.mall.cameras import HALF_PITCH_DEG, HALF_YAW_DEG
from vitrine.schemas import Interval

# Chosen, not measured: a head at the edge of the cone would begin a glance in
# one frame and end it in the next.
HYSTERESIS_DEG: Final = 5.0
"""The cone is wider by this for a glance that has begun."""

# Chosen, not measured: about where people stop before a screen of 2 m.
VIEWING_DISTANCE_M: Final = 2.0

# Chosen, not measured: longer than a single wrong frame at 5 frames a second.
SETTLE_NS: Final = SECOND_NS // 4
"""A glance, and looking away that ends one, must be seen to last so long."""

# A blink takes 0.1 to 0.4 s.
BLINK_NS: Final = SECOND_NS // 2
"""Eyes that are closed for so long end a glance."""

# Chosen, not measured: a camera of two frames a second still shows glances.
GAP_NS: Final = 6 * SECOND_NS // 10
"""A glance ends where the face was not seen for longer."""


@dataclass(frozen=True, slots=True)
class Cone:
    """Represent the head poses that face the screen, around a centre.

    In degrees, with the signs of `Face`.
    """

    yaw: float = 0.0
    pitch: float = 0.0
    half_yaw: float = HALF_YAW_DEG
    half_pitch: float = HALF_PITCH_DEG

    def holds(
        self,
        yaw: float,
        pitch: float,
        margin: float = 0.0,
    ) -> bool:
        """Return true for a pose inside; the edge counts as inside."""
        aside = abs(yaw - self.yaw)
        raised = abs(pitch - self.pitch)
        if aside > self.half_yaw + margin:
            return False
        return raised <= self.half_pitch + margin


def cone_of(screen: Screen, camera: Camera | None = None) -> Cone:
    """Return the cone around the middle of the screen, as a camera of its stand sees it.

    A camera with a `cone` of its own has that. Otherwise the cone follows from the
    camera's `mount`, or from the screen's `camera` where it has none: eyes 2 m in front
    of a camera at the screen's edge turn by atan(half the screen's size / 2 m) from the
    camera to the middle. Left and right are those of a person who faces the screen: a
    camera on the left sees heads turn to the picture's left.
    """
    mount = screen.camera
    if camera is not None:
        if camera.cone is not None:
            return Cone(**camera.cone.model_dump())
        if camera.mount is not None:
            mount = camera.mount
    half_width_m = screen.width_m / 2
    half_height_m = screen.height_m / 2
    across = degrees(atan2(half_width_m, VIEWING_DISTANCE_M))
    down = degrees(atan2(half_height_m, VIEWING_DISTANCE_M))
    centres = {
        "above": Cone(pitch=-down),
        "below": Cone(pitch=down),
        "left": Cone(yaw=-across),
        "right": Cone(yaw=across),
        "centre": Cone(),
    }
    return centres[mount]


@dataclass(slots=True)
class Attention:
    """Keep the open glance of one person, or what may become one."""

    since_ns: int | None = None
    """First view inside the cone; None where no glance is open."""
    inside_ns: int = 0
    """Last view inside the cone with open eyes."""
    outside_ns: int | None = None
    """First view since then that was not."""
    seen_ns: int = 0
    settled: bool = False
    """The open glance has lasted long enough to be one."""
    faces: bool = False
    """The head was inside the cone at the last view, whatever the eyes did."""

    def observe(
        self,
        at_ns: int,
        yaw: float,
        pitch: float,
        cone: Cone,
        *,
        closed: bool = False,
    ) -> Interval | None:
        """Take a view, in order of time; return the glance that is over by now, if any.

        `closed`: the eyes are.
        """
        ended = None
        gap_ns = at_ns - self.seen_ns
        if gap_ns > GAP_NS:
            ended = self.close()
        self.seen_ns = at_ns
        margin = 0.0
        if self.since_ns is not None:
            margin = HYSTERESIS_DEG
        self.faces = cone.holds(yaw, pitch, margin)
        if self.faces and not closed:
            self._look(at_ns)
        elif self.since_ns is not None:
            lasting_ns = BLINK_NS if self.faces else SETTLE_NS
            return self._look_away(at_ns, lasting_ns)
        return ended

    def _look(self, at_ns: int) -> None:
        if self.since_ns is None:
            self.since_ns = at_ns
        self.inside_ns = at_ns
        self.outside_ns = None
        lasted_ns = at_ns - self.since_ns
        if lasted_ns >= SETTLE_NS:
            self.settled = True

    def _look_away(self, at_ns: int, lasting_ns: int) -> Interval | None:
        if self.outside_ns is None:
            self.outside_ns = at_ns
        away_ns = at_ns - self.outside_ns
        if away_ns < lasting_ns:
            return None
        return self.close()

    def close(self) -> Interval | None:
        """End the glance with the last look; return it, if there was one."""
        glance = self.glance()
        self.since_ns = None
        self.outside_ns = None
        self.settled = False
        return glance

    def glance(self) -> Interval | None:
        """Return the first and the last view of the open glance; None without one."""
        if self.since_ns is None or not self.settled:
            return None
        return self.since_ns, self.inside_ns

    def may_change_before(self, at_ns: int) -> bool:
        """Return true where views to come still decide about the time before `at_ns`."""
        if self.since_ns is None or self.since_ns >= at_ns:
            return False
        if not self.settled:
            return True
        return self.outside_ns is not None and self.inside_ns < at_ns
