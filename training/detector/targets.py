"""The answers that the detector's cells should give about a tile.

A face belongs to the strides that its size calls for, there to the cells near its middle (centre
sampling, Tian et al. 2019, arXiv:1904.01355); around them, and where nobody knows, a cell may say
anything.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from training.detector.picture import Floats
from training.detector.tile import SIDE, Tile
from vitrine.vision.detectors.single_shot import OUTPUTS, STRIDES

SPANS: Final = ((0.0, 44.0), (30.0, 100.0), (70.0, np.inf))
"""Sizes of faces (geometric mean of the box's sides, pixels) at each stride.

Some five strides, overlapping, so that no size falls between; chosen, not measured.
"""
NEAR_SPAN: Final = 1.6
"""A face so much smaller or larger than a stride's span is still no error there."""
INNER: Final = 0.3
"""Cells so near the middle, in sizes of the face, answer for it, at most…"""
MOST_STRIDES: Final = 1.5
"""…so many strides away (radius of Tian et al.), at least half a stride."""
MARGIN: Final = 0.75
"""Strides around those cells in which a cell may say anything."""
# FACE and NONE are the targets of the score as they stand, so the loss takes them unchanged.
FACE: Final = 1.0
NONE: Final = 0.0
UNKNOWN: Final = -1.0

Targets = tuple[Floats, Floats]


def cell_centres(stride: int) -> Floats:
    """Return the middle of each cell, (cells, 2) pixels, row by row."""
    cells = np.arange(SIDE // stride, dtype=np.float32)
    line = (cells + 0.5) * stride
    x, y = np.meshgrid(line, line)
    centres = np.stack([x, y], axis=-1)
    return centres.reshape(-1, 2)


CENTRES: Final = tuple(cell_centres(stride) for stride in STRIDES)


def targets(tile: Tile) -> Targets:
    """Return for all cells of all strides: state (cells,) and values (cells, 14).

    The state is FACE, NONE or UNKNOWN. The values are the network's outputs after the logit; they
    count where the state is FACE.
    """
    states: list[Floats] = []
    values: list[Floats] = []
    for stride, span, centres in zip(
        STRIDES,
        SPANS,
        CENTRES,
        strict=True,
    ):
        level = _Level(stride, span, centres)
        level.ignore(tile.ignored)
        level.answer(tile.boxes, tile.five)
        states.append(level.state)
        values.append(level.values)
    return np.concatenate(states), np.concatenate(values)


class _Level:
    """Hold the targets of the cells of one stride."""

    def __init__(
        self,
        stride: int,
        span: tuple[float, float],
        centres: Floats,
    ) -> None:
        self._stride = stride
        self._span = span
        self._centres = centres
        self.state = np.full(len(centres), NONE, np.float32)
        self.values = np.zeros((len(centres), OUTPUTS - 1), np.float32)

    def ignore(self, boxes: Floats) -> None:
        """Let the cells in these boxes say anything, and the nearest one of a tiny box."""
        for x, y, width, height in boxes:
            right = x + width
            bottom = y + height
            above_low = self._centres >= (x, y)
            below_high = self._centres <= (right, bottom)
            inside = (above_low & below_high).all(axis=1)
            away = self._distance(x + width / 2, y + height / 2)
            nearest = away <= self._stride / 2
            self.state[inside | nearest] = UNKNOWN

    def answer(self, boxes: Floats, five: Floats) -> None:
        """Make the cells near the middle of each face answer for it."""
        areas = boxes[:, 2:].prod(axis=1)
        sizes = np.sqrt(areas)
        # A smaller face in front of a larger one comes last and wins.
        largest_first = np.argsort(-sizes)
        for face in largest_first:
            self._answer_for(
                boxes[face],
                five[face],
                sizes[face],
            )

    def _answer_for(
        self,
        box: Floats,
        five: Floats,
        size: float,
    ) -> None:
        smallest, largest = self._span
        if not smallest / NEAR_SPAN <= size <= largest * NEAR_SPAN:
            return
        x, y, width, height = box
        middle = np.array([x + width / 2, y + height / 2])
        sides = np.array([width, height])
        stride = self._stride
        away = self._distance(*middle)
        inner = INNER * size
        reach = min(inner, MOST_STRIDES * stride)
        near = away <= max(reach, stride / 2)
        # A cell just outside sees nearly the same: it is neither right nor wrong.
        outer = inner + MARGIN * stride
        around = away <= max(outer, stride)
        was_none = self.state == NONE
        self.state[around & was_none] = UNKNOWN
        # Another stride answers for this face; this one may say so too.
        if not smallest <= size <= largest:
            self.state[near] = UNKNOWN
            return
        centres = self._centres[near]
        middle_off = middle - centres
        points_off = five - centres[:, None]
        in_strides = points_off / stride
        self.state[near] = FACE
        self.values[near, :2] = middle_off / stride
        self.values[near, 2:4] = np.log(sides / stride)
        self.values[near, 4:] = in_strides.reshape(-1, 10)

    def _distance(self, x: float, y: float) -> NDArray[np.float32]:
        """Return how far each cell is from a place, by the larger of x and y."""
        place = np.array([x, y], np.float32)
        off = np.abs(self._centres - place)
        return np.asarray(off.max(axis=1))
