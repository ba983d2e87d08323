"""Tell the demo: who comes when, stands where in the picture, looks where and smiles."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from operator import attrgetter
from typing import Final

import numpy as np

from vitrine.synthetic.moves import (
    Episode,
    Rng,
    draw_episodes,
    smooth,
    strengths,
    unrest,
)
from vitrine.vision.pose import HeadPose

# The numbers of this module are chosen, not measured: the demo shows what the system does.
WALK_YAW: Final = 50.0
"""Degrees that a walker's head is turned at most."""


@dataclass(frozen=True)
class Place:
    """Tell where a head is, in shares of the picture's width and height."""

    x: float
    y: float
    face: float
    """Height of the face, as a share of the picture's."""


@dataclass(frozen=True)
class Gaze:
    """Represent a turn of the head to a pose: from `start`, within `turn` seconds."""

    start: float
    turn: float
    yaw: float
    pitch: float
    roll: float


@dataclass(frozen=True)
class Visit:
    """Represent one person at the stand once, from `entry` to `spot` and to `exit`."""

    person: int
    number: int
    start: float
    arrived: float
    leaving: float
    end: float
    entry: Place
    spot: Place
    exit: Place
    gazes: tuple[Gaze, ...]
    episodes: tuple[Episode, ...]
    phase: float

    def place(self, t: float) -> Place:
        """Return where the head is at t seconds, with steps and sway."""
        spot = self.spot
        if t < self.arrived:
            share = (t - self.start) / (self.arrived - self.start)
            return self._between(self.entry, spot, share, t)
        if t >= self.leaving:
            share = (t - self.leaving) / (self.end - self.leaving)
            return self._between(spot, self.exit, share, t)
        swing = np.sin(0.9 * t + self.phase)
        sway = 0.05 * spot.face * swing
        return Place(
            x=spot.x + sway,
            y=spot.y + 0.3 * sway,
            face=spot.face,
        )

    def _between(
        self,
        a: Place,
        b: Place,
        share: float,
        t: float,
    ) -> Place:
        s = smooth(share)
        x = a.x + s * (b.x - a.x)
        y = a.y + s * (b.y - a.y)
        face = a.face + s * (b.face - a.face)
        within = min(1, max(0, share))
        # Steps grow from a stand and fade to one.
        stride = np.sin(np.pi * within)
        rise = abs(np.sin(5.5 * t + self.phase))
        step = 0.05 * face * rise * stride
        return Place(x, y - step, face)

    def pose(self, t: float) -> HeadPose:
        """Return the sum of all turns so far, with the small motion of a head that keeps still."""
        begun = bisect_right(self.gazes, t, key=attrgetter("start"))
        first = self.gazes[0]
        yaw = first.yaw
        pitch = first.pitch
        roll = first.roll
        for before, now in pairwise(self.gazes[:begun]):
            s = smooth((t - now.start) / now.turn)
            yaw += s * (now.yaw - before.yaw)
            pitch += s * (now.pitch - before.pitch)
            roll += s * (now.roll - before.roll)
        extra_yaw, extra_pitch, extra_roll = unrest(t, self.phase)
        return HeadPose(
            yaw=yaw + extra_yaw,
            pitch=pitch + extra_pitch,
            roll=roll + extra_roll,
        )

    def expression(self, t: float) -> tuple[float, float]:
        """Return the strength of the smile and of the open mouth, 0 to 1."""
        return strengths(self.episodes, t)


def visits(seed: int, person: int, people: int) -> Iterator[Visit]:
    """Yield the visits of one person of several, in order and without end."""
    own = np.random.default_rng([seed, person, 0])
    # Of the seed alone, so that everybody has a slot of their own.
    slots = np.random.default_rng(seed).permutation(people)
    slot = (int(slots[person]) + 0.5) / people
    # Some are there when the demo begins.
    end = -8.0
    number = 0
    while True:
        number += 1
        rng = np.random.default_rng([seed, person, number])
        gap = _gap(rng, person, number)
        # Not at the very edge, where half of the face would be outside.
        middle = 0.12 + 0.76 * slot
        x = middle + own.uniform(-0.04, 0.04)
        visit = _visit(
            rng,
            person,
            number,
            start=end + gap,
            x=x,
        )
        end = visit.end
        yield visit


def _gap(rng: Rng, person: int, number: int) -> float:
    """Draw the seconds before a visit; at first people come one after the other."""
    if number == 1:
        return 8.0 + person * rng.uniform(3, 6)
    return rng.uniform(7, 20)


def _visit(
    rng: Rng,
    person: int,
    number: int,
    start: float,
    x: float,
) -> Visit:
    face = rng.uniform(0.13, 0.32)
    spot = Place(
        x=x + rng.uniform(-0.05, 0.05),
        y=_height(face, rng),
        face=face,
    )
    from_back = rng.uniform() < 0.4
    sides = rng.choice([-1, 1], 2)
    side, exit_side = sides.astype(float).tolist()
    entry = _entry(rng, spot, side, from_back)
    leave_face = face * rng.uniform(0.9, 1.1)
    leave = Place(
        x=_outside(exit_side, leave_face),
        y=spot.y,
        face=leave_face,
    )
    # Away from the side of the entry, and half as far for who comes from the back.
    walk_yaw = -side * WALK_YAW
    if from_back:
        walk_yaw /= 2
        arrived = start + rng.uniform(3.5, 5.0)
    else:
        arrived = start + 1.5 + 3 * abs(spot.x - entry.x)
    leaving = arrived + 3 + 22 * rng.beta(1.5, 2.2)
    # Over before the visit begins: who enters walks already.
    walk = Gaze(
        start=start - 1,
        turn=0.1,
        yaw=walk_yaw,
        pitch=0,
        roll=0,
    )
    away = Gaze(
        start=leaving - 0.4,
        turn=0.6,
        yaw=exit_side * WALK_YAW,
        pitch=rng.normal(-3, 3),
        roll=0,
    )
    # Heads turn to the screen before the feet stop, and away before they go.
    standing = _gazes(rng, arrived - 0.8, leaving - 0.4)
    gazes = (walk, *standing, away)
    episodes = draw_episodes(rng, arrived, leaving)
    return Visit(
        person=person,
        number=number,
        start=start,
        arrived=arrived,
        leaving=leaving,
        end=leaving + 1.5 + 3 * abs(leave.x - spot.x),
        entry=entry,
        spot=spot,
        exit=leave,
        gazes=gazes,
        episodes=tuple(episodes),
        phase=float(rng.uniform(0, 6.28)),
    )


def _outside(side: float, face: float) -> float:
    """Return the x of a face that has just left the picture on a side, -1 or 1."""
    return 0.5 + side * (0.5 + face)


def _entry(
    rng: Rng,
    spot: Place,
    side: float,
    from_back: bool,
) -> Place:
    """Return where somebody comes from: far away, with a small face, or as near as the spot."""
    if from_back:
        face = rng.uniform(0.07, 0.09)
        y = _height(face, rng)
    else:
        face = spot.face * rng.uniform(0.85, 1.1)
        y = spot.y
    x = _outside(side, face)
    return Place(x, y, face)


def _height(face: float, rng: Rng) -> float:
    """Draw where a head is, as a share of the picture's height.

    A camera a little above looks down, so who is nearer is lower; people differ.
    """
    taller = float(rng.normal(0, 0.25))
    return 0.22 + 0.75 * face + taller * 0.3 * face


def _gazes(rng: Rng, start: float, end: float) -> Iterator[Gaze]:
    """Yield gazes to the screen, with small shifts, and now and then somewhere else."""
    t = start
    attends = True
    while t < end:
        # People look at the screen for longer than away.
        length = rng.uniform(2.5, 8) if attends else rng.uniform(0.8, 2.5)
        spell = min(end, t + length)
        # Drawn in both cases, so that the next numbers do not depend on it.
        yaw = float(rng.choice([-1, 1])) * rng.uniform(30, 50)
        pitch = rng.normal(0, 7)
        if attends:
            yaw = rng.normal(0, 6)
            pitch = rng.normal(-2, 4)
        roll = rng.normal(0, 4)
        turn = rng.uniform(0.3, 0.6)
        while t < spell:
            yield Gaze(
                start=t,
                turn=turn,
                yaw=yaw + rng.normal(0, 2.5),
                pitch=pitch + rng.normal(0, 2),
                roll=roll,
            )
            t = t + rng.uniform(0.8, 2.0)
            turn = rng.uniform(0.12, 0.25)
        t = spell
        attends = not attends
