"""One visit to a stand, in metres and as pure functions of seconds since it opened."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from math import atan2, degrees, pi, sin
from operator import attrgetter
from typing import Literal

from vitrine.synthetic.moves import Episode, smooth, strengths, unrest
from vitrine.synthetic.world import Point, towards, within_view
from vitrine.vision.pose import HeadPose

Floor = tuple[float, float]
"""x and z of a place on the floor, metres."""

Ease = Literal["walk", "stop", "go"]
"""At one speed; ever slower until a stop; ever faster."""


@dataclass(frozen=True)
class Leg:
    """A part of somebody's way: from `origin`, reached at `start`, to `target`, reached at `end`."""

    start: float
    end: float
    origin: Floor
    target: Floor
    ease: Ease = "walk"

    @property
    def heading(self) -> float:
        """Degrees of yaw of somebody who looks where they go."""
        return degrees(
            atan2(self.target[0] - self.origin[0], self.origin[1] - self.target[1])
        )

    def at(self, t: float) -> Floor:
        share = min(1.0, max(0.0, (t - self.start) / (self.end - self.start)))
        if self.ease == "stop":
            share = 1 - (1 - share) ** 1.6
        elif self.ease == "go":
            share = share**1.6
        (x0, z0), (x1, z1) = self.origin, self.target
        return x0 + share * (x1 - x0), z0 + share * (z1 - z0)

    @property
    def stands(self) -> bool:
        return self.origin == self.target


@dataclass(frozen=True)
class Look:
    """From `start` the head turns to something within `turn` seconds and follows it."""

    start: float
    turn: float
    at: Point | None
    """A place in the world; None for a direction."""
    yaw: float
    pitch: float
    roll: float
    """Degrees; beside the place, if there is one. Cut to what both cameras can see."""


@dataclass(frozen=True)
class Visitor:
    """One person at one stand once."""

    person: int
    number: int
    """Of this visit among all of the person, from 1."""
    height: float
    """Of the head's pivot above the floor, metres."""
    scale: float
    """Size of the head, 1 for a usual one."""
    legs: tuple[Leg, ...]
    looks: tuple[Look, ...]
    episodes: tuple[Episode, ...]
    phase: float

    @cached_property
    def start(self) -> float:
        return self.legs[0].start

    @cached_property
    def end(self) -> float:
        return self.legs[-1].end

    @cached_property
    def spot(self) -> Floor | None:
        """Where the visitor stands."""
        return next((leg.origin for leg in self.legs if leg.stands), None)

    def head(self, t: float) -> Point:
        """The head's pivot, with the bob of steps and the sway of somebody who stands."""
        leg = self._leg(t)
        x, z = leg.at(t)
        if leg.stands:
            sway = (
                0.015 * sin(0.9 * t + self.phase) * min(1.0, t - leg.start, leg.end - t)
            )
            return x + sway, -self.height + 0.2 * sway, z
        return (
            x,
            -self.height
            - 0.025 * abs(sin(1.8 * pi * t + self.phase)) * _striding(leg, t),
            z,
        )

    def turned(self, t: float) -> HeadPose:
        """How the head is turned in the world."""
        now = bisect_right(self.looks, t, key=attrgetter("start")) - 1
        look = self.looks[max(now, 0)]
        before = self.looks[max(now - 1, 0)]
        head = self.head(t)
        share = smooth((t - look.start) / look.turn)
        yaw, pitch, roll = (
            a + share * (b - a)
            for a, b in zip(_aim(before, head), _aim(look, head), strict=True)
        )
        extra = unrest(t, self.phase)
        return HeadPose(yaw + extra[0], pitch + extra[1], roll + extra[2])

    def expression(self, t: float) -> tuple[float, float]:
        """Strength of the smile and of the open mouth, 0 to 1."""
        return strengths(self.episodes, t)

    def _leg(self, t: float) -> Leg:
        return self.legs[
            max(bisect_right(self.legs, t, key=attrgetter("start")) - 1, 0)
        ]


def _striding(leg: Leg, t: float) -> float:
    share = (t - leg.start) / (leg.end - leg.start)
    return {"walk": 1.0, "stop": min(1.0, 4 * (1 - share)), "go": min(1.0, 4 * share)}[
        leg.ease
    ]


def _aim(look: Look, head: Point) -> tuple[float, float, float]:
    yaw, pitch = (0.0, 0.0) if look.at is None else towards(head, look.at)
    return *within_view(head, yaw + look.yaw, pitch + look.pitch), look.roll
