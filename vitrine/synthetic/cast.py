"""Place the people before one camera: of the demo, or of a scene with stands and views."""

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
    """Represent one person who is at the stand, as functions of seconds since it opened."""

    person: int
    visit: int
    """1 for the first time that this person is at any stand of the mall."""
    day: int
    stance: Callable[[float], Stance]
    """As the camera sees it."""
    facing: Callable[[float], HeadPose]
    """The head's pose relative to the line from the middle of the screen."""
    party: float = 0.0
    """The same for those who came together; 0 in the demo, where all come alone."""
    child: bool = False


class Cast(Protocol):
    """Know the people before one camera."""

    def at(self, day: int, t: float) -> list[Actor]:
        """Return who is there t seconds after opening on a day (from 0), from far to near."""


def cast_of(options: Options, size: Size) -> Cast:
    """Return the people whom the camera that the options speak of sees."""
    if options.preset:
        return StandCast(options, options.preset, size)
    return DemoCast(options, size)


class _Visits:
    """Hold the visits of one person of the demo, as far as they are drawn."""

    def __init__(self, to_come: Iterator[Visit]) -> None:
        self._to_come = to_come
        first = next(to_come)
        self._drawn = [first]

    def at(self, t: float) -> list[Visit]:
        """Return the visit that goes on at t seconds; none between two."""
        while self._drawn[-1].end <= t:
            visit = next(self._to_come)
            self._drawn.append(visit)
        return [visit for visit in self._drawn if visit.start <= t < visit.end]


class DemoCast:
    """Place people in the picture itself; the camera is where the screen is."""

    def __init__(self, options: Options, size: Size) -> None:
        self._size = size
        self._visits: list[_Visits] = []
        for person in range(options.people):
            to_come = visits(options.seed, person, options.people)
            self._visits.append(_Visits(to_come))
        shape = load_basis().mean_shape
        height = float(np.ptp(shape[:, 1]))
        self._face_height = height / EYE_DISTANCE
        """In eye distances."""

    def at(self, day: int, t: float) -> list[Actor]:
        """Return who is there, by the size of their faces."""
        present: list[Visit] = []
        for own in self._visits:
            present += own.at(t)
        # Who has the larger face is nearer, and drawn over the others.
        present.sort(key=lambda visit: visit.place(t).face)
        return [self._actor(visit, day) for visit in present]

    def _actor(self, visit: Visit, day: int) -> Actor:
        return Actor(
            person=visit.person,
            visit=visit.number,
            day=day,
            stance=partial(self._stance, visit),
            facing=visit.pose,
        )

    def _stance(self, visit: Visit, t: float) -> Stance:
        width, height = self._size
        place = visit.place(t)
        pivot = place.x * width, place.y * height
        face_height = place.face * height
        smile, open_mouth = visit.expression(t)
        return Stance(
            pose=visit.pose(t),
            pivot=pivot,
            eye_distance=face_height / self._face_height,
            smile=smile,
            open_mouth=open_mouth,
        )


class StandCast:
    """Place people of a mall at one of its stands, seen from one of the stand's two cameras."""

    def __init__(
        self,
        options: Options,
        scene: Scene,
        size: Size,
    ) -> None:
        self._size = size
        self._stand = options.stand
        self._timetable = Timetable(options, scene)
        self._view = VIEWS[options.view]

    def at(self, day: int, t: float) -> list[Actor]:
        """Return who is there, by the distance from the camera."""
        there = self._timetable.at(day, self._stand, t)
        there.sort(
            key=lambda visitor: self._depth(visitor, t),
            reverse=True,
        )
        return [self._actor(visitor, day) for visitor in there]

    def _depth(self, visitor: Visitor, t: float) -> float:
        head = visitor.head(t)
        _, _, depth = self._view.project(head, focal=1.0)
        return depth

    def _actor(self, visitor: Visitor, day: int) -> Actor:
        return Actor(
            person=visitor.person,
            visit=visitor.number,
            day=day,
            stance=partial(self._stance, visitor),
            facing=partial(_pose, SCREEN, visitor),
            party=visitor.party,
            child=visitor.child,
        )

    def _stance(self, visitor: Visitor, t: float) -> Stance:
        width, height = self._size
        focal = float(max(width, height))
        head = visitor.head(t)
        right, below, depth = self._view.project(head, focal)
        pivot = width / 2 + right, height / 2 + below
        at_one_metre = focal * EYE_DISTANCE_M * visitor.scale
        smile, open_mouth = visitor.expression(t)
        return Stance(
            pose=_pose(self._view, visitor, t),
            pivot=pivot,
            eye_distance=at_one_metre / depth,
            smile=smile,
            open_mouth=open_mouth,
        )


def _pose(
    seen_from: Viewpoint,
    visitor: Visitor,
    t: float,
) -> HeadPose:
    head = visitor.head(t)
    turned = visitor.turned(t)
    return seen_from.pose(head, turned)
