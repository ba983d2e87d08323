"""Tell who is at which stand of a mall when."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from operator import attrgetter
from typing import Final

import numpy as np

from vitrine.synthetic.behaviour import Body, draw_body, draw_plan, draw_visitor
from vitrine.synthetic.moves import Rng
from vitrine.synthetic.options import Options
from vitrine.synthetic.scenes import Scene
from vitrine.synthetic.visitor import Visitor

# The numbers of this module are chosen, not measured; docs/synthetic.md says what comes out.
STANDS: Final = 4
BETWEEN_STANDS: Final = (25.0, 240.0)
"""Seconds from one stand to another."""
# The longest `returns_after` of the scenes.
LONGEST_AGO: Final = 600.0
"""Nobody comes to a stand later than this after the one before, seconds."""
# A time so far back can be asked for without drawing everything anew.
REMEMBERED: Final = 120.0
"""Seconds for which those who left a stand are kept."""
MOST_REMEMBERED: Final = 200
"""Visits of a stand from which old ones are forgotten."""
NEXT_DAY: Final = 0.3
"""Share of arrivals, from the second day on, of people who were there on an earlier day."""


@dataclass
class _Person:
    """Tell where somebody was last."""

    visits: int = 0
    day: int = -1
    stand: int = 0
    end: float = 0.0


class Timetable:
    """Draw all visits to all stands of a mall, in order of time.

    Who has left long ago is forgotten; to ask about an earlier time draws everything anew.
    """

    def __init__(self, options: Options, scene: Scene) -> None:
        self._options = options
        self._scene = scene
        self._start_over()

    def at(self, day: int, stand: int, t: float) -> list[Visitor]:
        """Return who is at a stand (from 1) t seconds after it opened on a day (from 0)."""
        # What was forgotten can only be drawn again from the start.
        if (day, t) < self._known_from:
            self._start_over()
        while self._day < day:
            # Only options with a length have several days.
            closing = self._options.seconds or 0.0
            self._draw(closing)
            self._open(self._day + 1)
        self._draw(t)
        there = self._there(stand - 1, t)
        return [visitor for visitor in there if visitor.start <= t]

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
        """Return the drawn visits to a stand (from 0) that end after t."""
        there = self._visitors[stand]
        # Who came earlier than the longest visit ago has left.
        since = t - self._longest
        first = bisect_right(there, since, key=attrgetter("start"))
        return [visitor for visitor in there[first:] if visitor.end > t]

    def _forget(self, stand: int, now: float) -> None:
        """Let go of a stand's old visits, now and then."""
        visitors = self._visitors[stand]
        if len(visitors) <= MOST_REMEMBERED:
            return
        since = now - REMEMBERED
        kept = [visitor for visitor in visitors if visitor.end > since]
        self._visitors[stand] = kept
        known_from = self._day, since
        self._known_from = max(self._known_from, known_from)

    def _arrivals(self, day: int) -> Iterator[tuple[float, int, Rng]]:
        """Yield time, stand (from 0) and random numbers of each arrival, in order of time."""
        rng = self._rng(day)
        a_minute = self._scene.arrivals * STANDS
        between = 60 / a_minute
        t = 0.0
        for number in count():
            t += rng.exponential(between)
            stand = int(rng.integers(STANDS))
            yield t, stand, self._rng(day, number)

    def _rng(self, *stream: int) -> Rng:
        """Return the generator of a day, a group or a person, independent of the others."""
        # 2**32 is for what the mall draws (`mall.py`).
        seeds = [self._options.seed, 2**33, *stream]
        return np.random.default_rng(seeds)

    def _arrive(
        self,
        start: float,
        stand: int,
        rng: Rng,
    ) -> None:
        """Draw a group's visit; who would be too many does not come."""
        self._forget(stand, start)
        there = self._there(stand, start)
        size = 1
        if rng.uniform() < self._scene.grouped:
            size = int(rng.choice([2, 3]))
        room = self._options.people - len(there)
        plan = draw_plan(rng, self._scene, start)
        group: list[Visitor] = []
        for place in range(min(size, room)):
            body = self._choose(rng, start, stand)
            visitor = draw_visitor(
                rng,
                body,
                plan,
                others=[*there, *group],
                place=place,
            )
            group.append(visitor)
            self._note(visitor, stand)
        # The next group may start before the last of this one.
        by_start = attrgetter("start")
        for visitor in group:
            insort(self._visitors[stand], visitor, key=by_start)

    def _note(self, visitor: Visitor, stand: int) -> None:
        """Remember where somebody was last."""
        length = visitor.end - visitor.start
        self._longest = max(self._longest, length)
        if self._people[visitor.person].day < self._day:
            self._recent.append(visitor.person)
        self._people[visitor.person] = _Person(
            visits=visitor.number,
            day=self._day,
            stand=stand,
            end=visitor.end,
        )

    def _choose(
        self,
        rng: Rng,
        start: float,
        stand: int,
    ) -> Body:
        """Return somebody seen before, or a new person."""
        candidates = self._candidates(rng, start, stand)
        if candidates:
            person = int(rng.choice(candidates))
        else:
            person = len(self._people)
            self._people.append(_Person())
        own = self._rng(2**32, person)
        visit = self._people[person].visits + 1
        return draw_body(own, person, visit, self._scene.children)

    def _candidates(
        self,
        rng: Rng,
        now: float,
        stand: int,
    ) -> list[int]:
        """Return who may come to a stand again; nobody for a new person."""
        scene = self._scene
        people = self._people
        chance = rng.uniform()
        if chance < scene.returning:
            left = self._left(now, scene.returns_after)
            return [i for i in left if people[i].stand == stand]
        if chance < scene.returning + scene.wandering:
            left = self._left(now, BETWEEN_STANDS)
            return [i for i in left if people[i].stand != stand]
        if self._day and rng.uniform() < NEXT_DAY:
            return self._of_earlier_days(stand)
        return []

    def _left(self, now: float, ago: tuple[float, float]) -> list[int]:
        """Return who left a stand so many seconds ago, and went to no other since."""
        shortest, longest = ago
        recent = []
        left = []
        for person in self._recent:
            since = now - self._people[person].end
            if since > LONGEST_AGO:
                continue
            recent.append(person)
            if shortest <= since <= longest:
                left.append(person)
        self._recent = recent
        return left

    def _of_earlier_days(self, stand: int) -> list[int]:
        """Return who was at a stand on an earlier day and at none today."""
        found = []
        for number, person in enumerate(self._people):
            if person.stand == stand and person.day < self._day:
                found.append(number)
        return found
