"""Who is at which stand of a mall when."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Final

import numpy as np

from vitrine.synthetic.behaviour import Body, draw_body, draw_plan, draw_visitor
from vitrine.synthetic.moves import Rng
from vitrine.synthetic.options import Options
from vitrine.synthetic.scenes import Scene
from vitrine.synthetic.visitor import Visitor

STANDS: Final = 4
BETWEEN_STANDS: Final = (25.0, 240.0)
"""Seconds from one stand to another."""
LONGEST_AGO: Final = 300.0
"""Nobody comes to a stand later than this after the one before, seconds."""
REMEMBERED: Final = 120.0
"""Seconds for which those who left a stand are kept."""
MOST_REMEMBERED: Final = 200
NEXT_DAY: Final = 0.3
"""Share of arrivals, from the second day on, of people who were there on an earlier day."""


@dataclass
class _Person:
    """Where somebody was last."""

    visits: int = 0
    day: int = -1
    stand: int = 0
    end: float = 0.0


class Timetable:
    """All visits to all stands of a mall, drawn in order of time.

    Who has left long ago is forgotten; to ask about an earlier time draws everything anew.
    """

    def __init__(self, options: Options, scene: Scene) -> None:
        self._options = options
        self._scene = scene
        self._start_over()

    def at(self, day: int, stand: int, t: float) -> list[Visitor]:
        """Who is at a stand (from 1) t seconds after it opened on a day (from 0)."""
        if (day, t) < self._known_from:
            self._start_over()
        while self._day < day:
            self._draw(self._options.seconds or 0.0)
            self._open(self._day + 1)
        self._draw(t)
        return [visitor for visitor in self._there(stand - 1, t) if visitor.start <= t]

    def _start_over(self) -> None:
        self._people: list[_Person] = []
        self._open(0)

    def _open(self, day: int) -> None:
        """Begin a day."""
        self._day = day
        self._known_from = (day, 0.0)
        self._visitors: list[list[Visitor]] = [[] for _ in range(STANDS)]
        self._longest = 0.0
        self._recent: list[int] = []
        """Who left a stand so lately that they may come to one again."""
        self._arrivals_to_come = self._arrivals(day)
        self._next = next(self._arrivals_to_come)

    def _draw(self, until: float) -> None:
        """Draw all arrivals up to this time of the day."""
        while self._next[0] <= until:
            self._arrive(*self._next)
            self._next = next(self._arrivals_to_come)

    def _there(self, stand: int, t: float) -> list[Visitor]:
        """Visits to a stand (from 0) that end after t, of those drawn."""
        there = self._visitors[stand]
        recent = there[
            bisect_right(there, t - self._longest, key=attrgetter("start")) :
        ]
        return [visitor for visitor in recent if visitor.end > t]

    def _forget(self, stand: int, now: float) -> None:
        """Let go of a stand's old visits, now and then."""
        if len(self._visitors[stand]) > MOST_REMEMBERED:
            since = now - REMEMBERED
            self._visitors[stand] = [v for v in self._visitors[stand] if v.end > since]
            self._known_from = max(self._known_from, (self._day, since))

    def _arrivals(self, day: int) -> Iterator[tuple[float, int, Rng]]:
        """Time, stand (from 0) and random numbers of each arrival, in order of time."""
        rng = np.random.default_rng([self._options.seed, 2**33, day])
        t = 0.0
        for number in range(2**31):
            t += rng.exponential(60 / (self._scene.arrivals * STANDS))
            stand = int(rng.integers(STANDS))
            yield (
                t,
                stand,
                np.random.default_rng([self._options.seed, 2**33, day, number]),
            )

    def _arrive(self, start: float, stand: int, rng: Rng) -> None:
        self._forget(stand, start)
        there = self._there(stand, start)
        size = int(rng.choice([2, 3])) if rng.uniform() < self._scene.grouped else 1
        plan = draw_plan(rng, self._scene, start)
        group: list[Visitor] = []
        for place in range(min(size, self._options.people - len(there))):
            body = self._choose(rng, start, stand)
            group.append(draw_visitor(rng, body, plan, [*there, *group], place))
            self._note(group[-1], stand)
        for visitor in group:
            insort(self._visitors[stand], visitor, key=attrgetter("start"))

    def _note(self, visitor: Visitor, stand: int) -> None:
        self._longest = max(self._longest, visitor.end - visitor.start)
        if self._people[visitor.person].day < self._day:
            self._recent.append(visitor.person)
        self._people[visitor.person] = _Person(
            visitor.number, self._day, stand, visitor.end
        )

    def _choose(self, rng: Rng, start: float, stand: int) -> Body:
        """Somebody seen before, or a new person."""
        candidates: Sequence[int] = ()
        scene = self._scene
        chance = rng.uniform()
        if chance < scene.returning:
            candidates = self._left(start, scene.returns_after, lambda at: at == stand)
        elif chance < scene.returning + scene.wandering:
            candidates = self._left(start, BETWEEN_STANDS, lambda at: at != stand)
        elif self._day and rng.uniform() < NEXT_DAY:
            candidates = self._of_earlier_days(stand)
        if candidates:
            person = int(rng.choice(candidates))
        else:
            person = len(self._people)
            self._people.append(_Person())
        own = np.random.default_rng([self._options.seed, 2**33, 2**32, person])
        return draw_body(own, person, self._people[person].visits + 1)

    def _left(
        self, now: float, ago: tuple[float, float], where: Callable[[int], bool]
    ) -> list[int]:
        """Who left such a stand so many seconds ago, and went to no other since."""
        self._recent = [
            i for i in self._recent if now - self._people[i].end <= LONGEST_AGO
        ]
        return [
            i
            for i in self._recent
            if ago[0] <= now - self._people[i].end <= ago[1]
            and where(self._people[i].stand)
        ]

    def _of_earlier_days(self, stand: int) -> list[int]:
        return [
            i
            for i, p in enumerate(self._people)
            if p.day < self._day and p.stand == stand
        ]
