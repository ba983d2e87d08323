"""Move a head: soft turns, small unrest, expressions that come and go; functions of seconds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

Rng = np.random.Generator


# Smiles come faster than they go. Chosen by eye, as are the other numbers here.
RISE_S: Final = 0.35
FALL_S: Final = 0.5
SHORTEST_S: Final = 1.2


@dataclass(frozen=True)
class Episode:
    """Represent an expression that rises, is held and falls between two times."""

    start: float
    end: float
    smile: bool
    strength: float

    def at(self, t: float) -> float:
        """Return the strength at t seconds, 0 to 1."""
        rise = smooth((t - self.start) / RISE_S)
        fall = smooth((self.end - t) / FALL_S)
        return self.strength * rise * fall


def smooth(share: float) -> float:
    """Return a way from 0 to 1 without a jump of speed; shares outside stay at the ends."""
    # 3s² − 2s³, whose slope is 0 at both ends.
    s = min(1.0, max(0.0, share))
    return s * s * (3 - 2 * s)


def unrest(t: float, phase: float) -> tuple[float, float, float]:
    """Return degrees by which a head that keeps still moves in yaw, pitch and roll."""
    # One radian apart, so that the three do not move in step.
    phases = phase + np.arange(3)
    slow = 0.7 * np.sin(2.1 * t + phases)
    fast = 0.35 * np.sin(5.3 * t + 2 * phases)
    yaw, pitch, roll = (slow + fast).tolist()
    # Heads tilt less than they turn.
    return yaw, pitch, 0.6 * roll


# What networks take for a smile: at 1 they see half of one in a drawn face, at 3 nearly always.
# Measured on 36 faces of the scene `quiet`.
BROAD: Final = 3.0
"""Strength of a scripted smile."""
SMILE_AFTER_S: Final = 4.0
SMILES_FOR_S: Final = 3.0


def scripted_episode(start: float) -> Episode:
    """Return the smile of somebody who stands back from `start` on."""
    begin = start + SMILE_AFTER_S
    return Episode(
        start=begin,
        end=begin + SMILES_FOR_S,
        smile=True,
        strength=BROAD,
    )


def draw_episodes(rng: Rng, start: float, end: float) -> Iterator[Episode]:
    """Draw smiles and open mouths one after the other, all over by `end`."""
    t = start + rng.exponential(3)
    # Until there is no room for one more.
    while t + SHORTEST_S < end:
        length = rng.uniform(SHORTEST_S, 3.5)
        yield Episode(
            start=t,
            end=min(end, t + length),
            smile=bool(rng.uniform() < 0.65),
            strength=rng.uniform(0.5, 1.0),
        )
        pause = 0.5 + rng.exponential(4)
        t += length + pause


def strengths(shown: Sequence[Episode], t: float) -> tuple[float, float]:
    """Return the strength of the smile and of the open mouth, 0 to 1."""
    smile = 0.0
    open_mouth = 0.0
    for episode in shown:
        strength = episode.at(t)
        if episode.smile:
            smile = max(smile, strength)
        else:
            open_mouth = max(open_mouth, strength)
    return smile, open_mouth
