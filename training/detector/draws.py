"""Draws that tiles are composed by: sizes of faces, turns, hidden parts, fading edges.

Shares and bounds were chosen by looking at tiles, not measured.
"""

from typing import Final

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from training.detector.picture import Floats
from training.detector.tile import SIDE
from training.pictures.chance import log_uniform

SIZES: Final = (10.0, 40.0, 110.0, 230.0)
"""Bounds of the sizes of faces (geometric mean of the box's sides), each span log-uniform…"""
SIZE_SHARES: Final = (0.6, 0.26, 0.14)
"""…and how many are drawn from each span: most faces of a mall are far away."""
FACE_COUNTS: Final = (0.25, 0.2, 0.18, 0.15, 0.12, 0.1)
"""Shares of tiles that are given 0, 1, … 5 faces."""
MASK: Final = 64
"""Side of the masks."""


def part_of_face(box: Floats, rng: Generator) -> tuple[int, int, int, int]:
    """Draw the bounds of what is hidden: the lower, left or right part, as x0, y0, x1, y1."""
    share = rng.uniform(0.15, 0.55)
    x, y, width, height = box
    rest = 1 - share
    side = rng.integers(3)
    # Below: a scarf, a counter, somebody in front. At a side: a neighbour, a door frame.
    if side == 0:
        y = y + rest * height
        height = share * height
    else:
        x = x + (side - 1) * rest * width
        width = share * width
    right = x + width
    bottom = y + height
    outline = np.round([x, y, right, bottom])
    bounds = outline.astype(int)
    inside = bounds.clip(0, SIDE)
    x0, y0, x1, y1 = inside.tolist()
    return x0, y0, x1, y1


def turn_of_head(rng: Generator) -> float:
    """Draw degrees: heads are mostly upright, one in four hangs to a side."""
    if rng.random() < 0.25:
        return rng.uniform(-40, 40)
    return rng.normal(0, 8)


def face_sizes(rng: Generator) -> list[float]:
    """Draw the sizes of the faces that a tile is given."""
    drawn = rng.choice(len(FACE_COUNTS), p=FACE_COUNTS)
    count = int(drawn)
    return [face_size(rng) for _ in range(count)]


def face_size(rng: Generator) -> float:
    # A span first, so that the many small faces do not leave large ones out.
    drawn = rng.choice(len(SIZE_SHARES), p=SIZE_SHARES)
    span = int(drawn)
    smallest = SIZES[span]
    largest = SIZES[span + 1]
    return log_uniform(smallest, largest, rng)


def fading_masks() -> list[Floats]:
    """Return how a picture's edge fades, (64, 64) each.

    Not at all, at once, slowly, with round corners.
    """
    middles = np.arange(MASK) + 0.5
    shares = middles / MASK
    # From the middle of the mask, where it is 0, to its edge, where it is 1.
    line = np.abs(shares * 2 - 1)
    across, down = np.meshgrid(line, line)
    square = np.maximum(across, down)
    # A superellipse: a square with round corners.
    powers = across**4 + down**4
    rounded = powers**0.25
    whole = np.ones((MASK, MASK), np.float32)
    return [
        whole,
        _fading(square, 0.08),
        _fading(square, 0.25),
        _fading(rounded, 0.15),
    ]


def _fading(reach: NDArray[np.float64], width: float) -> Floats:
    """Return 1 inside and 0 at the edge, where `reach` is 1; between them over a width."""
    to_edge = 1 - reach
    inside = to_edge / width
    mask = inside.clip(0, 1)
    return mask.astype(np.float32)
