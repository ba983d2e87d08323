"""The people before one camera: of the demo, or of a scene with stands and views."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import numpy as np

from vitrine.synthetic.head import Stance
from vitrine.synthetic.mesh import EYE_DISTANCE
from vitrine.synthetic.options import Options
from vitrine.synthetic.people import load_basis
from vitrine.synthetic.scenes import Scene
from vitrine.synthetic.story import Visit, visits
from vitrine.synthetic.timetable import Timetable
from vitrine.synthetic.visitor import Visitor
from vitrine.synthetic.world import EYE_DISTANCE_M, SCREEN, VIEWS, Viewpoint
from vitrine.vision.pose import HeadPose

Size = tuple[int, int]
"""Width and height of the picture."""


@dataclass(frozen=True)
class Actor:
    """One person who is at the stand, as functions of seconds since it opened."""

    person: int
    visit: int
    """1 for the first time that this person is at any stand of the mall."""
    day: int
    stance: Callable[[float], Stance]
    """As the camera sees it."""
    facing: Callable[[float], HeadPose]
    """The head's pose relative to the line from the middle of the screen."""


class Cast(Protocol):
    """The people before one camera."""

    def at(self, day: int, t: float) -> list[Actor]:
        """Who is at the stand t seconds after it opened on a day (from 0), from far to near."""


def cast_of(options: Options, size: Size) -> Cast:
    """The people whom the camera that the options speak of sees."""
    return (
        StandCast(options, options.preset, size)
        if options.preset
        else DemoCast(options, size)
    )


class DemoCast:
    """People who are placed in the picture itself; the camera is where the screen is."""

    def __init__(self, options: Options, size: Size) -> None:
        self._size = size
        self._rest: list[Iterator[Visit]] = [
            visits(options.seed, person, options.people)
            for person in range(options.people)
        ]
        self._drawn: list[list[Visit]] = [[next(rest)] for rest in self._rest]
        self._face_height = float(np.ptp(load_basis().mean_shape[:, 1])) / EYE_DISTANCE
        """In eye distances."""

    def at(self, day: int, t: float) -> list[Actor]:
        for rest, drawn in zip(self._rest, self._drawn, strict=True):
            while drawn[-1].end <= t:
                drawn.append(next(rest))
        present = [v for drawn in self._drawn for v in drawn if v.start <= t < v.end]
        present.sort(key=lambda v: v.place(t).face)
        return [
            Actor(v.person, v.number, day, partial(self._stance, v), v.pose)
            for v in present
        ]

    def _stance(self, visit: Visit, t: float) -> Stance:
        place, (width, height) = visit.place(t), self._size
        eye_distance = place.face * height / self._face_height
        return Stance(
            visit.pose(t),
            (place.x * width, place.y * height),
            eye_distance,
            *visit.expression(t),
        )


class StandCast:
    """People of a mall who are at one of its stands, seen from one of the stand's two cameras."""

    def __init__(self, options: Options, scene: Scene, size: Size) -> None:
        self._size = size
        self._stand = options.stand
        self._timetable = Timetable(options, scene)
        self._view = VIEWS[options.view]

    def at(self, day: int, t: float) -> list[Actor]:
        there = self._timetable.at(day, self._stand, t)
        there.sort(key=lambda visitor: -self._view.project(visitor.head(t), 1.0)[2])
        return [
            Actor(
                v.person,
                v.number,
                day,
                partial(self._stance, v),
                partial(_pose, SCREEN, v),
            )
            for v in there
        ]

    def _stance(self, visitor: Visitor, t: float) -> Stance:
        focal = float(max(self._size))
        right, below, depth = self._view.project(visitor.head(t), focal)
        return Stance(
            _pose(self._view, visitor, t),
            (self._size[0] / 2 + right, self._size[1] / 2 + below),
            focal * EYE_DISTANCE_M * visitor.scale / depth,
            *visitor.expression(t),
        )


def _pose(seen_from: Viewpoint, visitor: Visitor, t: float) -> HeadPose:
    return seen_from.pose(visitor.head(t), visitor.turned(t))
