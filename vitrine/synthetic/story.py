"""The demo: who comes when, stands where in the picture, looks where and smiles."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from operator import attrgetter

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

WALK_YAW = 50.0
"""Degrees that a walker's head is turned at most."""


@dataclass(frozen=True)
class Place:
    """Where a head is: shares of the picture's width and height; `face` is the face's height likewise."""

    x: float
    y: float
    face: float


@dataclass(frozen=True)
class Gaze:
    """From `start` the head turns to a pose within `turn` seconds and stays."""

    start: float
    turn: float
    yaw: float
    pitch: float
    roll: float


@dataclass(frozen=True)
class Visit:
    """One person at the stand once: comes from `entry` to `spot` and leaves to `exit`."""

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
        if t < self.arrived:
            return self._between(
                self.entry, self.spot, (t - self.start) / (self.arrived - self.start), t
            )
        if t >= self.leaving:
            return self._between(
                self.spot, self.exit, (t - self.leaving) / (self.end - self.leaving), t
            )
        sway = 0.05 * self.spot.face * np.sin(0.9 * t + self.phase)
        return Place(self.spot.x + sway, self.spot.y + 0.3 * sway, self.spot.face)

    def _between(self, a: Place, b: Place, share: float, t: float) -> Place:
        s = smooth(share)
        x, y, face = (
            p + s * (q - p) for p, q in ((a.x, b.x), (a.y, b.y), (a.face, b.face))
        )
        step = (
            0.05
            * face
            * abs(np.sin(5.5 * t + self.phase))
            * np.sin(np.pi * min(1, max(0, share)))
        )
        return Place(x, y - step, face)

    def pose(self, t: float) -> HeadPose:
        """The sum of all turns so far, with the small motion of a living head."""
        yaw = self.gazes[0].yaw
        pitch = self.gazes[0].pitch
        roll = self.gazes[0].roll
        for before, now in pairwise(
            self.gazes[: bisect_right(self.gazes, t, key=attrgetter("start"))]
        ):
            s = smooth((t - now.start) / now.turn)
            yaw += s * (now.yaw - before.yaw)
            pitch += s * (now.pitch - before.pitch)
            roll += s * (now.roll - before.roll)
        extra = unrest(t, self.phase)
        return HeadPose(yaw + extra[0], pitch + extra[1], roll + extra[2])

    def expression(self, t: float) -> tuple[float, float]:
        """Strength of the smile and of the open mouth, 0 to 1."""
        return strengths(self.episodes, t)


def visits(seed: int, person: int, people: int) -> Iterator[Visit]:
    """The visits of one person of several, in order and without end."""
    own = np.random.default_rng([seed, person, 0])
    slot = (int(np.random.default_rng(seed).permutation(people)[person]) + 0.5) / people
    end = -8.0
    number = 0
    while True:
        number += 1
        rng = np.random.default_rng([seed, person, number])
        gap = 8.0 + person * rng.uniform(3, 6) if number == 1 else rng.uniform(7, 20)
        visit = _visit(
            rng,
            person,
            number,
            end + gap,
            0.12 + 0.76 * slot + own.uniform(-0.04, 0.04),
        )
        end = visit.end
        yield visit


def _visit(rng: Rng, person: int, number: int, start: float, x: float) -> Visit:
    face = rng.uniform(0.13, 0.32)
    spot = Place(x + rng.uniform(-0.05, 0.05), _height(face, rng), face)
    from_back = rng.uniform() < 0.4
    side, exit_side = (float(s) for s in rng.choice([-1, 1], 2))
    far = rng.uniform(0.07, 0.09) if from_back else face * rng.uniform(0.85, 1.1)
    entry = Place(
        0.5 + side * (0.5 + far), _height(far, rng) if from_back else spot.y, far
    )
    leave_face = face * rng.uniform(0.9, 1.1)
    leave = Place(0.5 + exit_side * (0.5 + leave_face), spot.y, leave_face)
    arrived = (
        start + rng.uniform(3.5, 5.0)
        if from_back
        else start + 1.5 + 3 * abs(spot.x - entry.x)
    )
    leaving = arrived + 3 + 22 * rng.beta(1.5, 2.2)
    end = leaving + 1.5 + 3 * abs(leave.x - spot.x)
    walk = Gaze(start - 1, 0.1, -side * WALK_YAW * (0.5 if from_back else 1), 0, 0)
    away = Gaze(leaving - 0.4, 0.6, exit_side * WALK_YAW, rng.normal(-3, 3), 0)
    gazes = (walk, *_gazes(rng, arrived - 0.8, leaving - 0.4), away)
    episodes = tuple(draw_episodes(rng, arrived, leaving))
    phase = float(rng.uniform(0, 6.28))
    return Visit(
        person,
        number,
        start,
        arrived,
        leaving,
        end,
        entry,
        spot,
        leave,
        gazes,
        episodes,
        phase,
    )


def _height(face: float, rng: Rng) -> float:
    """Where the head is: a camera a little above looks down, so who is nearer is lower; people differ."""
    return 0.22 + 0.75 * face + float(rng.normal(0, 0.25)) * 0.3 * face


def _gazes(rng: Rng, start: float, end: float) -> Iterator[Gaze]:
    """To the screen, with small shifts, and now and then somewhere else."""
    t = start
    attends = True
    while t < end:
        spell = min(
            end, t + (rng.uniform(2.5, 8) if attends else rng.uniform(0.8, 2.5))
        )
        aside = float(rng.choice([-1, 1])) * rng.uniform(30, 50), rng.normal(0, 7)
        yaw, pitch = (rng.normal(0, 6), rng.normal(-2, 4)) if attends else aside
        roll = rng.normal(0, 4)
        turn = rng.uniform(0.3, 0.6)
        while t < spell:
            yield Gaze(
                t, turn, yaw + rng.normal(0, 2.5), pitch + rng.normal(0, 2), roll
            )
            t = t + rng.uniform(0.8, 2.0)
            turn = rng.uniform(0.12, 0.25)
        t = spell
        attends = not attends
