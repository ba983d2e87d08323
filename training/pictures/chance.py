"""Draws that several kinds of views share; all chance comes from the generator passed in."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

T = TypeVar("T")


def one_of(things: Sequence[T], rng: Generator) -> T:
    """Draw one of some things, each as likely as the others."""
    place = int(rng.integers(len(things)))
    return things[place]


def factor(deviation: float, rng: Generator) -> float:
    """Draw a factor around 1; `deviation` is that of its logarithm."""
    logarithm = rng.normal(0, deviation)
    return float(np.exp(logarithm))


def factors(deviation: float, count: int, rng: Generator) -> NDArray[np.float64]:
    """Draw several factors around 1, (count,)."""
    logarithms = rng.normal(0, deviation, count)
    return np.exp(logarithms)


def rectangle(
    side: int,
    most: float,
    rng: Generator,
) -> tuple[slice, slice]:
    """Draw rows and columns of a patch of a square; its sides are shares of 0.1 to `most`."""
    sides = rng.uniform(0.1, most, 2) * side
    height, width = sides.astype(int)
    room = [side - height, side - width]
    top, left = rng.integers(0, room)
    rows = slice(top, top + height)
    columns = slice(left, left + width)
    return rows, columns


def colour(rng: Generator) -> NDArray[np.uint8]:
    """Draw a colour, (3,)."""
    return rng.integers(
        0,
        256,
        3,
        np.uint8,
    )


def log_uniform(
    low: float,
    high: float,
    rng: Generator,
) -> float:
    """Draw between two bounds, each doubling as likely as the others."""
    least = np.log(low)
    most = np.log(high)
    drawn = rng.uniform(least, most)
    return float(np.exp(drawn))
