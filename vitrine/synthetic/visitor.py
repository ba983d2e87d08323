"""Represent one visit to a stand, in metres and as pure functions of seconds since it opened."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import atan2, degrees, pi, sin
from operator import attrgetter
from typing import Final, Literal

from vitrine.synthetic.moves import Episode, smooth, strengths, unrest
from vitrine.synthetic.world import Point, towards, within_view
from vitrine.vision.pose import HeadPose

Floor = tuple[float, float]
"""x and z of a place on the floor, metres."""

Ease = Literal["walk", "stop", "go"]
"""At one speed; ever slower until a stop; ever faster."""

# Between a constant speed (1) and a constant force (2). Chosen, not measured, as are sway and bob.
EASING: Final = 1.6
SWAY_M: Final = 0.015
BOB_M: Final = 0.025


@dataclass(frozen=True)
class Leg:
    """Represent a part of somebody's way from `origin` to `target`."""

    start: float
    """When somebody is at the origin."""
    end: float
    """When somebody is at the target."""
    origin: Floor
    target: Floor
    ease: Ease = "walk"

    @property
    def heading(self) -> float:
        """Return degrees of yaw of somebody who looks where they go."""
        across = self.target[0] - self.origin[0]
        nearer = self.origin[1] - self.target[1]
        return degrees(atan2(across, nearer))

    def at(self, t: float) -> Floor:
        """Return the place at t seconds; before and after, an end of the way."""
        share = min(1.0, max(0.0, self.share(t)))
        if self.ease == "stop":
            share = 1 - (1 - share) ** EASING
        elif self.ease == "go":
            share = share**EASING
        x, z = self.origin
        to_x, to_z = self.target
        across = share * (to_x - x)
        along = share * (to_z - z)
        return x + across, z + along

    def share(self, t: float) -> float:
        """Return the share of the time that is over at t seconds; outside, below 0 or above 1."""
        return (t - self.start) / (self.end - self.start)

    @property
    def stands(self) -> bool:
        """Tell if somebody stays where they are."""
        return self.origin == self.target


@dataclass(frozen=True)
class Look:
    """Represent a turn of the head from `start`, within `turn` seconds, to what it follows."""

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
    """Represent one person at one stand once."""

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
    """Of all small motion, radians: people do not move in step."""
    party: float = 0.0
    """When the first of those came who are here together: nobody else comes then."""
    child: bool = False

    @cached_property
    def start(self) -> float:
        """Return when the visit begins."""
        return self.legs[0].start

    @cached_property
    def end(self) -> float:
        """Return when the visit ends."""
        return self.legs[-1].end

    @cached_property
    def spot(self) -> Floor | None:
        """Return where the visitor stands; None for one who walks on."""
        for leg in self.legs:
            if leg.stands:
                return leg.origin
        return None

    def head(self, t: float) -> Point:
        """Return the head's pivot, with the bob of steps and the sway of somebody who stands."""
        leg = self.legs[_latest(self.legs, t)]
        x, z = leg.at(t)
        if leg.stands:
            # It grows and fades within a second, so that nobody jumps.
            strength = min(1.0, t - leg.start, leg.end - t)
            swing = sin(0.9 * t + self.phase)
            sway = SWAY_M * swing * strength
            return x + sway, -self.height + 0.2 * sway, z
        # 1.8 steps a second, as people walk who are in no hurry. Chosen, not measured.
        step = abs(sin(1.8 * pi * t + self.phase))
        bob = BOB_M * step * _striding(leg, t)
        return x, -self.height - bob, z

    def turned(self, t: float) -> HeadPose:
        """Return how the head is turned in the world."""
        now = _latest(self.looks, t)
        look = self.looks[now]
        before = self.looks[max(now - 1, 0)]
        head = self.head(t)
        share = smooth((t - look.start) / look.turn)
        # Both aims follow the head as it moves, so that a turn has no jump at its ends.
        from_yaw, from_pitch, from_roll = _aim(before, head)
        to_yaw, to_pitch, to_roll = _aim(look, head)
        yaw = from_yaw + share * (to_yaw - from_yaw)
        pitch = from_pitch + share * (to_pitch - from_pitch)
        roll = from_roll + share * (to_roll - from_roll)
        extra_yaw, extra_pitch, extra_roll = unrest(t, self.phase)
        return HeadPose(
            yaw=yaw + extra_yaw,
            pitch=pitch + extra_pitch,
            roll=roll + extra_roll,
        )

    def expression(self, t: float) -> tuple[float, float]:
        """Return the strength of the smile and of the open mouth, 0 to 1."""
        return strengths(self.episodes, t)


def _latest(parts: Sequence[Leg] | Sequence[Look], t: float) -> int:
    """Return the index of the last part that has begun; 0 before all."""
    begun = bisect_right(parts, t, key=attrgetter("start"))
    return max(begun - 1, 0)


def _striding(leg: Leg, t: float) -> float:
    """Return how high the steps are, 0 to 1: lower beside a spot where somebody stands."""
    share = leg.share(t)
    # Over the last or first quarter of the time. Chosen, not measured.
    if leg.ease == "stop":
        return min(1.0, 4 * (1 - share))
    if leg.ease == "go":
        return min(1.0, 4 * share)
    return 1.0


def _aim(look: Look, head: Point) -> tuple[float, float, float]:
    """Return yaw, pitch and roll, degrees, of a head that looks so from its place."""
    yaw = look.yaw
    pitch = look.pitch
    if look.at is not None:
        to_yaw, to_pitch = towards(head, look.at)
        yaw += to_yaw
        pitch += to_pitch
    yaw, pitch = within_view(head, yaw, pitch)
    return yaw, pitch, look.roll
