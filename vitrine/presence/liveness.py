"""Liveness: people move, static faces do not (docs/metrics.md, Static faces)."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import exp, hypot, sqrt
from typing import Final

import numpy as np

from vitrine.clock import SECOND_NS
from vitrine.schemas import Face

# The constants below were chosen on three videos of people who stand or sit and
# on still pictures with noise and changing light; the table in docs/metrics.md,
# Static faces, says what they reach (python -m benchmarks.static_faces).
SMOOTHING_S: Final = 0.2
MOVED_FACES: Final = 0.012
"""Face heights by which a face that lives moves within seconds."""
MOVED_PX: Final = 0.25
"""Added to that, for what noise does to small faces."""
SIZE_SHARE: Final = 0.5
"""A face that grows by a hundredth moves by so many hundredths of its height."""
UNSETTLED_VIEWS: Final = 2
"""In its first views a track still finds its place."""

# Makes the points of the mean face as high as the boxes that YuNet finds.
FACE_HEIGHT: Final = 2.7
"""Height of a face in mean distances (root of the mean square) of its points from
their centre."""

# Somebody who passes draws the landmarks of a static face aside and lets them go.
# Chosen on one-off trials with pasted prints (docs/metrics.md, Static faces).
MOVE_NS: Final = SECOND_NS // 2
SURE_MOVES: Final = 4
"""Motion in so many half seconds proves liveness, whatever happens around the face."""
TRAVELLED_FACES: Final = 0.6
"""So does a place so many face heights from the first one."""

# In the videos of people 98 to 100 % of the views are followed by motion within 3 s.
UNPROVEN_NS: Final = 3 * SECOND_NS
"""A face that was there for so long and has not moved is static."""
HELD_NS: Final = 6 * SECOND_NS
"""So is one that moved only while others passed before it, and that for so long."""
STILL_NS: Final = 5 * SECOND_NS
"""So is, from then on, one that moved before and has kept still for so long."""


@dataclass(slots=True)
class Motion:
    """Keep where the points of a track are, smoothed, and how far they went of late.

    Each list holds x and y of the centre, and the size times `SIZE_SHARE`, in pixels.
    """

    at_ns: int = 0
    views: int = 0
    now: list[float] = field(default_factory=list)
    below: list[float] = field(default_factory=list)
    """Distance of `now` from the least since the face last moved."""
    above: list[float] = field(default_factory=list)
    """Distance of `now` from the most."""

    def observe(self, at_ns: int, face: Face) -> bool:
        """Take a view, in order of time; return true where the face has moved by now.

        The same view again changes nothing.
        """
        if at_ns == self.at_ns:
            return False
        passed_ns = at_ns - self.at_ns
        self.at_ns = at_ns
        measured, height_px = _measure(face)
        if self.views < UNSETTLED_VIEWS:
            self.views += 1
            self.now = measured
            self._restart()
            return False
        passed_s = passed_ns / SECOND_NS
        share = 1 - exp(-passed_s / SMOOTHING_S)
        self._follow(measured, share)
        limit_px = MOVED_FACES * height_px + MOVED_PX
        if self._range_px() <= limit_px:
            return False
        self._restart()
        return True

    def _follow(self, measured: list[float], share: float) -> None:
        """Move by a share of the way; rounded, so that a stored state is the same state."""
        for place, target in enumerate(measured):
            now = self.now[place]
            step = round(share * (target - now), 2)
            below = self.below[place] + step
            above = self.above[place] - step
            self.now[place] = round(now + step, 2)
            self.below[place] = round(max(0.0, below), 2)
            self.above[place] = round(max(0.0, above), 2)

    def _range_px(self) -> float:
        """Return the widest range that the face went through since it last moved."""
        ranges = []
        for place, below in enumerate(self.below):
            range_px = below + self.above[place]
            ranges.append(range_px)
        widest_px = max(ranges)
        return round(widest_px, 2)

    def _restart(self) -> None:
        nowhere = [0.0] * len(self.now)
        self.below = nowhere
        self.above = list(nowhere)


@dataclass(slots=True)
class Liveness:
    """Decide if a face has moved by itself; until then it may be static, or noise."""

    motion: Motion = field(default_factory=Motion)
    moved_ns: int = 0
    """Time of the last motion."""
    moves: int = 0
    """In how many half seconds it moved, up to `SURE_MOVES`."""
    origin: list[float] = field(default_factory=list)
    """x and y of the first view, until liveness is proven."""
    proven: bool = False

    def change_track(self) -> None:
        """Begin the motion anew: another track may lie a little beside the one before."""
        self.motion = Motion()

    def observe(
        self,
        at_ns: int,
        face: Face,
        last_height_px: float,
        *,
        covered: bool,
    ) -> None:
        """Take a view; the same view may be taken more than once.

        `last_height_px` is the height of the face in the view before. `covered`: somebody
        may stand before the face, who draws the landmarks of a static face aside.
        """
        moved = self.motion.observe(at_ns, face)
        travelled = self._has_travelled(face, last_height_px)
        if not (moved or travelled):
            return
        half_second = at_ns // MOVE_NS
        last_half_second = self.moved_ns // MOVE_NS
        if half_second > last_half_second:
            moves = self.moves + 1
            self.moves = min(moves, SURE_MOVES)
        self.moved_ns = at_ns
        if travelled or self.is_sure() or not covered:
            self.proven = True
        if self.proven:
            self.origin = []

    def _has_travelled(self, face: Face, last_height_px: float) -> bool:
        """Return true for an unproven face that is elsewhere by now, on whatever track."""
        if not self.origin:
            return False
        x, y, height_px = place_of(face)
        origin_x, origin_y = self.origin
        way_px = hypot(x - origin_x, y - origin_y)
        larger_px = max(height_px, last_height_px)
        return way_px >= TRAVELLED_FACES * larger_px

    def is_sure(self) -> bool:
        """Return true for a face that moved too often to be drawn aside by others."""
        return self.moves == SURE_MOVES

    def is_static(self, start_ns: int, at_ns: int) -> bool:
        """Return true for a face that keeps still by now; it was first seen at `start_ns`."""
        still_since_ns = max(start_ns, self.moved_ns)
        still_ns = at_ns - still_since_ns
        if self.proven:
            return still_ns >= STILL_NS
        there_ns = at_ns - start_ns
        return still_ns >= UNPROVEN_NS or there_ns >= HELD_NS


def place_of(face: Face) -> tuple[float, float, float]:
    """Return the centre and the height of a face, pixels."""
    left, top, width, height = face.box
    x = left + width / 2
    y = top + height / 2
    return (
        round(x, 2),
        round(y, 2),
        round(height, 2),
    )


def _measure(face: Face) -> tuple[list[float], float]:
    """Return x, y and size as `Motion` has them, and the height of the face; pixels."""
    points = np.array(face.points)
    centre = points.mean(axis=0)
    x, y = centre.tolist()
    variance = points.var(axis=0)
    spread_px = sqrt(variance.sum())
    height_px = FACE_HEIGHT * spread_px
    size = SIZE_SHARE * height_px
    measured = [
        round(x, 2),
        round(y, 2),
        round(size, 2),
    ]
    return measured, height_px
