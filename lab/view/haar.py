"""A cascade of Haar features (Viola and Jones 2001) from OpenCV's own file.

OpenCV 5 has no cascades any more. The arithmetic is that of OpenCV 4's `CascadeClassifier`; all
windows of a picture go through a stage together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

from vitrine.errors import ConfigurationError
from vitrine.vision.detectors.detections import Floats

# Between two sizes of windows, and pixels of the picture between two windows: as in OpenCV.
STEP: Final = 1.1
STRIDE: Final = 2
# Subtracted from the thresholds of stages, as in OpenCV: they are rounded.
ROUNDED: Final = 1e-5
# Windows that share so much of their union are one face. Chosen, not measured.
SAME: Final = 0.4
# Fewer windows are noise: OpenCV's default.
LEAST_NEIGHBOURS: Final = 3
# A feature has two or three rectangles of four corners.
CORNERS: Final = 12


@dataclass(frozen=True, slots=True)
class Stage:
    """Hold one stage: n features, each compared with a threshold."""

    rows: NDArray[np.intp]
    """(n, 12): where the corners of its rectangles lie in the window."""
    columns: NDArray[np.intp]
    weights: NDArray[np.float64]
    """(n, 12) of the integral image at those corners."""
    thresholds: NDArray[np.float64]
    """(n,)."""
    leaves: NDArray[np.float64]
    """(n, 2): what a feature below its threshold adds, and one above."""
    least: float
    """A window of a lower sum holds no face."""

    def sums(
        self,
        integral: NDArray[np.float64],
        places: NDArray[np.intp],
        spread: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Return the sums (m,) of windows with these corners in the flat integral image.

        `spread` (m,) is each window's area times the deviation of its greys.
        """
        offsets = self.rows * integral.shape[1] + self.columns
        corners = integral.ravel()[places[:, None, None] + offsets]
        values = (corners * self.weights).sum(axis=2)
        above = values >= self.thresholds * spread[:, None]
        chosen = np.where(above, self.leaves[:, 1], self.leaves[:, 0])
        return np.asarray(chosen.sum(axis=1))


class Cascade:
    """Find faces of at least the cascade's own size in grey pictures."""

    def __init__(self, stages: Sequence[Stage], side: int) -> None:
        """Take the stages, and the side of their window in pixels."""
        self._stages = stages
        self._side = side

    @classmethod
    def load(cls, path: Path) -> Cascade:
        """Read OpenCV's file. Raises ConfigurationError for one that it cannot be."""
        try:
            return _read(path)
        except (cv2.error, SystemError, TypeError, ValueError, IndexError) as error:
            raise ConfigurationError(
                f"{path} is no cascade of upright Haar stumps ({error}); "
                "fetch haarcascade_frontalface_default.xml of OpenCV 4 again"
            ) from None

    def find(self, grey: NDArray[np.uint8]) -> tuple[Floats, NDArray[np.int64]]:
        """Return boxes (n, 4) of a picture (H, W), and on each the number of windows."""
        found = []
        scale = 1.0
        while min(grey.shape) / scale >= self._side:
            size = (round(grey.shape[1] / scale), round(grey.shape[0] / scale))
            small = cv2.resize(grey, size, interpolation=cv2.INTER_LINEAR)
            corners = self._windows(np.asarray(small, np.uint8), scale)
            sides = np.full_like(corners, self._side)
            found.append(np.hstack([corners, sides]) * scale)
            scale *= STEP
        windows = np.concatenate(found) if found else np.zeros((0, 4))
        return _grouped(windows.astype(np.float32))

    def _windows(self, grey: NDArray[np.uint8], scale: float) -> NDArray[np.float64]:
        """Return the upper left corners (n, 2) of the windows that hold a face."""
        total, squares = cv2.integral2(grey, sdepth=cv2.CV_64F, sqdepth=cv2.CV_64F)
        stride = STRIDE if scale < STRIDE else 1
        height, width = grey.shape
        rows, columns = np.mgrid[
            0 : height - self._side + 1 : stride,
            0 : width - self._side + 1 : stride,
        ]
        places = (rows * total.shape[1] + columns).ravel()
        spread = self._spread(
            np.asarray(total, np.float64),
            np.asarray(squares, np.float64),
            places,
        )
        for stage in self._stages:
            sums = stage.sums(np.asarray(total, np.float64), places, spread)
            left = sums >= stage.least
            places = places[left]
            spread = spread[left]
        found = np.divmod(places, total.shape[1])
        return np.stack([found[1], found[0]], axis=1).astype(np.float64)

    def _spread(
        self,
        total: NDArray[np.float64],
        squares: NDArray[np.float64],
        places: NDArray[np.intp],
    ) -> NDArray[np.float64]:
        """Return the area times the deviation (n,) of each window but its edge."""
        inner = self._side - 2
        stride = total.shape[1]
        first = places + stride + 1
        last = first + inner * stride + inner

        def inside(image: NDArray[np.float64]) -> NDArray[np.float64]:
            flat = image.ravel()
            right = flat[first + inner]
            below = flat[first + inner * stride]
            return np.asarray(flat[last] - right - below + flat[first])

        area = inner * inner
        variance = area * inside(squares) - inside(total) ** 2
        return np.where(variance > 0, np.sqrt(np.maximum(variance, 0)), 1.0)


def _grouped(windows: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """Return the mean boxes of windows (n, 4) that are one face, and how many each had."""
    low = windows[:, :2]
    high = low + windows[:, 2:]
    inner = np.minimum(high[:, None], high) - np.maximum(low[:, None], low)
    shared = np.prod(np.maximum(inner, 0), axis=2)
    areas = np.prod(windows[:, 2:], axis=1)
    alike = shared > SAME * (areas[:, None] + areas - shared)
    count, names = connected_components(alike, directed=False)
    boxes = []
    neighbours = []
    for name in range(count):
        group = windows[names == name]
        if len(group) >= LEAST_NEIGHBOURS:
            boxes.append(group.mean(axis=0))
            neighbours.append(len(group))
    shape = np.array(boxes, np.float32).reshape(-1, 4)
    return shape, np.array(neighbours, np.int64)


def _read(path: Path) -> Cascade:
    """Return the cascade of a file. Raises what OpenCV or a wrong form does."""
    file = cv2.FileStorage(str(path), cv2.FILE_STORAGE_READ)
    root = file.getNode("cascade")
    if root.empty():
        raise ValueError("it holds no cascade")
    side = round(root.getNode("width").real())
    features = [_feature(node) for node in _items(root.getNode("features"))]
    stages = [_stage(node, features) for node in _items(root.getNode("stages"))]
    file.release()
    return Cascade(stages, side)


def _items(node: Any) -> list[Any]:
    return [node.at(number) for number in range(node.size())]


def _numbers(node: Any) -> list[float]:
    return [item.real() for item in _items(node)]


def _feature(node: Any) -> NDArray[np.float64]:
    """Return the corners (12, 3) of a feature: row, column, weight."""
    if not node.getNode("tilted").empty() and node.getNode("tilted").real():
        raise ValueError("it has tilted features")
    corners = []
    for item in _items(node.getNode("rects")):
        x, y, width, height, weight = _numbers(item)
        corners += [
            (y, x, weight),
            (y, x + width, -weight),
            (y + height, x, -weight),
            (y + height, x + width, weight),
        ]
    corners += [(0, 0, 0)] * (CORNERS - len(corners))
    return np.array(corners, np.float64)


def _stage(node: Any, features: Sequence[NDArray[np.float64]]) -> Stage:
    used = []
    thresholds = []
    leaves = []
    for weak in _items(node.getNode("weakClassifiers")):
        _, _, feature, threshold = _numbers(weak.getNode("internalNodes"))
        used.append(features[int(feature)])
        thresholds.append(threshold)
        leaves.append(_numbers(weak.getNode("leafValues")))
    corners = np.array(used)
    return Stage(
        rows=corners[..., 0].astype(np.intp),
        columns=corners[..., 1].astype(np.intp),
        weights=corners[..., 2],
        thresholds=np.array(thresholds),
        leaves=np.array(leaves),
        least=node.getNode("stageThreshold").real() - ROUNDED,
    )
