"""How a living head moves: soft turns, small unrest, expressions that come and go; functions of seconds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

Rng = np.random.Generator


@dataclass(frozen=True)
class Episode:
    """An expression that rises, is held and falls between two times."""

    start: float
    end: float
    smile: bool
    strength: float

    def at(self, t: float) -> float:
        return (
            self.strength
            * smooth((t - self.start) / 0.35)
            * smooth((self.end - t) / 0.5)
        )


def smooth(share: float) -> float:
    """From 0 to 1 without a jump of speed; shares outside stay at the ends."""
    s = min(1.0, max(0.0, share))
    return s * s * (3 - 2 * s)


def unrest(t: float, phase: float) -> tuple[float, float, float]:
    """Degrees by which a head that keeps still moves in yaw, pitch and roll."""
    phases = phase + np.arange(3)
    yaw, pitch, roll = 0.7 * np.sin(2.1 * t + phases) + 0.35 * np.sin(
        5.3 * t + 2 * phases
    )
    return float(yaw), float(pitch), 0.6 * float(roll)


def draw_episodes(rng: Rng, start: float, end: float) -> Iterator[Episode]:
    """Smiles and open mouths one after the other, all over by `end`."""
    t = start + rng.exponential(3)
    while t + 1.2 < end:
        length = rng.uniform(1.2, 3.5)
        yield Episode(
            t, min(end, t + length), bool(rng.uniform() < 0.65), rng.uniform(0.5, 1.0)
        )
        t += length + 0.5 + rng.exponential(4)


def strengths(shown: Sequence[Episode], t: float) -> tuple[float, float]:
    """Strength of the smile and of the open mouth, 0 to 1."""
    smiles = [e.at(t) for e in shown if e.smile]
    mouths = [e.at(t) for e in shown if not e.smile]
    return max(smiles, default=0.0), max(mouths, default=0.0)
