"""What the detector's cells should say about a tile.

A face belongs to the strides that its size calls for, there to the cells near its middle (centre sampling,
Tian et al. 2019, arXiv:1904.01355); around them, and where nobody knows, a cell may say what it likes.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from training.tiles import SIDE, Tile
from vitrine.vision.detectors.single_shot import OUTPUTS, STRIDES

SPANS: Final = ((0.0, 44.0), (30.0, 100.0), (70.0, np.inf))
"""Sizes of faces (geometric mean of the box's sides, pixels) at each stride."""
NEAR_SPAN: Final = 1.6
"""A face so much smaller or larger than a stride's span is still no error there."""
INNER: Final = 0.3
"""Cells so near the middle, in sizes of the face, answer for it, at most…"""
MOST_STRIDES: Final = 1.5
"""…so many strides away, at least half a stride."""
FACE = 1.0
NONE = 0.0
UNKNOWN = -1.0

Targets = tuple[NDArray[np.float32], NDArray[np.float32]]


def cell_centres(stride: int) -> NDArray[np.float32]:
    """(cells, 2) pixels, row by row."""
    line = (np.arange(SIDE // stride, dtype=np.float32) + 0.5) * stride
    return np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)


CENTRES: Final = tuple(cell_centres(stride) for stride in STRIDES)


def targets(tile: Tile) -> Targets:
    """For all cells of all strides: state (cells,), FACE, NONE or UNKNOWN, and values (cells, 14).

    The values are the network's outputs after the logit; they count where the state is FACE.
    """
    levels = [
        _targets(tile, stride, span, centres)
        for stride, span, centres in zip(STRIDES, SPANS, CENTRES, strict=True)
    ]
    return np.concatenate([state for state, _ in levels]), np.concatenate(
        [values for _, values in levels]
    )


def _targets(
    tile: Tile, stride: int, span: tuple[float, float], centres: NDArray[np.float32]
) -> Targets:
    state = np.full(len(centres), NONE, np.float32)
    values = np.zeros((len(centres), OUTPUTS - 1), np.float32)
    for x, y, width, height in tile.ignored:
        inside = ((centres >= (x, y)) & (centres <= (x + width, y + height))).all(
            axis=1
        )
        state[
            inside | (_distance(centres, x + width / 2, y + height / 2) <= stride / 2)
        ] = UNKNOWN
    sizes = np.sqrt(tile.boxes[:, 2:].prod(axis=1))
    for face in np.argsort(
        -sizes
    ):  # a smaller face in front of a larger one comes last and wins
        x, y, width, height = tile.boxes[face]
        size = sizes[face]
        if not span[0] / NEAR_SPAN <= size <= span[1] * NEAR_SPAN:
            continue
        away = _distance(centres, x + width / 2, y + height / 2)
        near = away <= max(stride / 2, min(MOST_STRIDES * stride, INNER * size))
        around = away <= max(stride, INNER * size + 0.75 * stride)
        state[around & (state == NONE)] = UNKNOWN
        if not span[0] <= size <= span[1]:
            state[near] = UNKNOWN
            continue
        state[near] = FACE
        off = (np.array([x + width / 2, y + height / 2]) - centres[near]) / stride
        values[near, :2] = off
        values[near, 2:4] = np.log(np.array([width, height]) / stride)
        values[near, 4:] = (
            (tile.five[face] - centres[near][:, None]) / stride
        ).reshape(-1, 10)
    return state, values


def _distance(centres: NDArray[np.float32], x: float, y: float) -> NDArray[np.float32]:
    return np.asarray(np.abs(centres - np.array([x, y], np.float32)).max(axis=1))
