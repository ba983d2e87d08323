"""Who is at which stand of a mall when."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
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
NEXT_DAY: Final = 0.3
"""Share of arrivals, from the second day on, of people who were there on an earlier day."""


@dataclass
class _Person:
    """Where somebody was last."""

    visits: int = 0
    day: int = -1
    stand: int = 0
    end: float = 0.0


@dataclass
class _Day:
    """Visits by their start, for each stand."""

    visitors: list[list[Visitor]] = field(default_factory=lambda: [[] for _ in range(STANDS)])
    longest: float = 0.0
    """Seconds."""

    def open(self, stand: int, t: float) -> list[Visitor]:
        """Visits to a stand (from 0) that end after t, of those drawn."""
        there = self.visitors[stand]
        recent = there[bisect_right(there, t - self.longest, key=attrgetter("start")) :]
        return [visitor for visitor in recent if visitor.end > t]


class Timetable:
    """All visits to all stands of a mall; those already drawn are kept."""

    def __init__(self, options: Options, scene: Scene) -> None:
        self._options, self._scene = options, scene
        self._people: list[_Person] = []
        self._recent: list[int] = []
        """Who left a stand so lately that they may come to one again."""
        self._days: list[_Day] = []
        self._next: Iterator[tuple[float, int, Rng]] = iter(())
        self._pending: tuple[float, int, Rng] | None = None

    def at(self, day: int, stand: int, t: float) -> list[Visitor]:
        """Who is at a stand (from 1) t seconds after it opened on a day (from 0)."""
        self._draw(day, t)
        return [visitor for visitor in self._days[day].open(stand - 1, t) if visitor.start <= t]

    def _draw(self, day: int, t: float) -> None:
        """Draw all arrivals up to this time; the days before are drawn to their end."""
        while len(self._days) <= day:
            if self._days:
                self._draw_day(self._options.seconds or 0.0)
            self._days.append(_Day())
            self._recent = []
            self._next = self._arrivals(len(self._days) - 1)
            self._pending = next(self._next)
        if day == len(self._days) - 1:
            self._draw_day(t)

    def _draw_day(self, until: float) -> None:
        while self._pending is not None and self._pending[0] <= until:
            self._arrive(*self._pending)
            self._pending = next(self._next)

    def _arrivals(self, day: int) -> Iterator[tuple[float, int, Rng]]:
        """Time, stand (from 0) and random numbers of each arrival, in order of time."""
        rng = np.random.default_rng([self._options.seed, 2**33, day])
        t = 0.0
        for number in range(2**31):
            t += rng.exponential(60 / (self._scene.arrivals * STANDS))
            stand = int(rng.integers(STANDS))
            yield t, stand, np.random.default_rng([self._options.seed, 2**33, day, number])

    def _arrive(self, start: float, stand: int, rng: Rng) -> None:
        day = self._days[-1]
        there = day.open(stand, start)
        size = int(rng.choice([2, 3])) if rng.uniform() < self._scene.grouped else 1
        plan = draw_plan(rng, self._scene, start)
        group: list[Visitor] = []
        for place in range(min(size, self._options.people - len(there))):
            body = self._choose(rng, start, stand)
            group.append(draw_visitor(rng, body, plan, [*there, *group], place))
            self._note(group[-1], stand)
        for visitor in group:
            insort(day.visitors[stand], visitor, key=attrgetter("start"))

    def _note(self, visitor: Visitor, stand: int) -> None:
        day = self._days[-1]
        day.longest = max(day.longest, visitor.end - visitor.start)
        if self._people[visitor.person].day < len(self._days) - 1:
            self._recent.append(visitor.person)
        self._people[visitor.person] = _Person(visitor.number, len(self._days) - 1, stand, visitor.end)

    def _choose(self, rng: Rng, start: float, stand: int) -> Body:
        """Somebody seen before, or a new person."""
        candidates: Sequence[int] = ()
        scene, chance = self._scene, rng.uniform()
        if chance < scene.returning:
            candidates = self._left(start, scene.returns_after, lambda at: at == stand)
        elif chance < scene.returning + scene.wandering:
            candidates = self._left(start, BETWEEN_STANDS, lambda at: at != stand)
        elif len(self._days) > 1 and rng.uniform() < NEXT_DAY:
            candidates = self._of_earlier_days(stand)
        if candidates:
            person = int(rng.choice(candidates))
        else:
            person = len(self._people)
            self._people.append(_Person())
        own = np.random.default_rng([self._options.seed, 2**33, 2**32, person])
        return draw_body(own, person, self._people[person].visits + 1)

    def _left(self, now: float, ago: tuple[float, float], where: Callable[[int], bool]) -> list[int]:
        """Who left such a stand so many seconds ago, and went to no other since."""
        self._recent = [i for i in self._recent if now - self._people[i].end <= LONGEST_AGO]
        return [
            i
            for i in self._recent
            if ago[0] <= now - self._people[i].end <= ago[1] and where(self._people[i].stand)
        ]

    def _of_earlier_days(self, stand: int) -> list[int]:
        today = len(self._days) - 1
        return [i for i, p in enumerate(self._people) if p.day < today and p.stand == stand]
