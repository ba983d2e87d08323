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
    count = SIDE // stride
    cells = np.arange(count, dtype=np.float32)
    middles = cells + 0.5
    line = middles * stride
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
        count = len(centres)
        # The score is an output without a value: the state stands for it.
        values = OUTPUTS - 1
        self.state = np.full(count, NONE, np.float32)
        self.values = np.zeros((count, values), np.float32)

    def ignore(self, boxes: Floats) -> None:
        """Let the cells in these boxes say anything, and the nearest one of a tiny box."""
        for x, y, width, height in boxes:
            right = x + width
            bottom = y + height
            above_low = self._centres >= (x, y)
            below_high = self._centres <= (right, bottom)
            between = above_low & below_high
            inside = between.all(axis=1)
            middle_x = x + width / 2
            middle_y = y + height / 2
            away = self._distance(middle_x, middle_y)
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
        near_smallest = smallest / NEAR_SPAN
        near_largest = largest * NEAR_SPAN
        if not near_smallest <= size <= near_largest:
            return
        x, y, width, height = box
        middle_x = x + width / 2
        middle_y = y + height / 2
        stride = self._stride
        away = self._distance(middle_x, middle_y)
        inner = INNER * size
        most = MOST_STRIDES * stride
        reach = min(inner, most)
        near = away <= max(reach, stride / 2)
        # A cell just outside sees nearly the same: it is neither right nor wrong.
        margin = MARGIN * stride
        outer = inner + margin
        around = away <= max(outer, stride)
        was_none = self.state == NONE
        self.state[around & was_none] = UNKNOWN
        # Another stride answers for this face; this one may say so too.
        if not smallest <= size <= largest:
            self.state[near] = UNKNOWN
            return
        centres = self._centres[near]
        middle = np.array([middle_x, middle_y])
        sides = np.array([width, height])
        middle_off = (middle - centres) / stride
        log_sides = np.log(sides / stride)
        points_off = (five - centres[:, None]) / stride
        self.state[near] = FACE
        self.values[near, :2] = middle_off
        self.values[near, 2:4] = log_sides
        self.values[near, 4:] = points_off.reshape(-1, 10)

    def _distance(self, x: float, y: float) -> NDArray[np.float32]:
        """Return how far each cell is from a place, by the larger of x and y."""
        place = np.array([x, y], np.float32)
        off = np.abs(self._centres - place)
        return np.asarray(off.max(axis=1))
