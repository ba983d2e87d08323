"""Points of heads that turn, of photos that are tilted, and of paper that is bent."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.builders import make_face
from vitrine.schemas import Face
from vitrine.vision.pose import mean_shape, rotation

Numbers = NDArray[np.float64]
SIDE = 60.0
"""Pixels between the outer eye corners, straight ahead."""
MIDDLE = np.array([320.0, 180.0])
DISTANCE = 15.0
"""Of what is held before the camera, in the same unit as the mean face."""


def head(yaw: float = 0.0, pitch: float = 0.0) -> Numbers:
    """The points (68, 2) of a head that turned."""
    return _seen(mean_shape(), yaw, pitch)


def photo(
    yaw: float = 0.0, pitch: float = 0.0, *, looks: float = 0.0, bent: float = 0.0
) -> Numbers:
    """The points (68, 2) of a print that is tilted, of a face that looks aside.

    `bent` is the angle, radians, by which its edges are turned away.
    """
    flat = _turned(mean_shape(), looks, 0.0)
    flat[:, 2] = 0
    if bent:
        radius = 1 / bent
        angle = flat[:, 0] / radius
        flat[:, 0] = radius * np.sin(angle)
        flat[:, 2] = radius * (1 - np.cos(angle))
    return _seen(flat, yaw, pitch)


def speaking(open_by: float) -> Numbers:
    """The points (68, 2) of a mouth that opens, in distances of the outer eye corners."""
    shape = mean_shape().copy()
    shape[[57, 58, 56, 66, 67, 65], 1] += open_by
    return _seen(shape, 0.0, 0.0)


def face_with(points: Numbers, track: str = "a", **fields: Any) -> Face:
    """A face with these points, its box around them."""
    left, top = points.min(axis=0).tolist()
    width, height = np.ptp(points, axis=0).tolist()
    values: dict[str, Any] = {
        "box": (left, top, width, height),
        "points": tuple(map(tuple, points.tolist())),
    }
    return make_face(track, **{**values, **fields})


def _turned(shape: Numbers, yaw: float, pitch: float) -> Numbers:
    return np.asarray(shape @ rotation(yaw, pitch, 0).T)


def _seen(shape: Numbers, yaw: float, pitch: float) -> Numbers:
    space = _turned(shape, yaw, pitch)
    nearness = DISTANCE / (DISTANCE + space[:, 2:])
    return np.asarray(MIDDLE + SIDE * space[:, :2] * nearness)
