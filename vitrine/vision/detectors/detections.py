"""The faces that a detector finds, and non-maximum suppression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from vitrine.vision.crop import Image

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Detections:
    """Hold n faces, best first, in pixels of the frame."""

    boxes: Floats
    """(n, 4): x, y, width, height; may reach over the edge of the frame."""
    scores: Floats
    """(n,), 0…1."""
    five: Floats
    """(n, 5, 2): the eyes, the nose tip, the mouth corners; the image's left first."""

    def __post_init__(self) -> None:
        count = len(self.scores)
        if self.boxes.shape != (count, 4) or self.five.shape != (count, 5, 2):
            raise ValueError(
                f"expected boxes ({count}, 4) and points ({count}, 5, 2), "
                f"not {self.boxes.shape} and {self.five.shape}"
            )

    def __len__(self) -> int:
        return len(self.scores)

    def __getitem__(self, chosen: NDArray[Any] | slice) -> Detections:
        return Detections(
            self.boxes[chosen],
            self.scores[chosen],
            self.five[chosen],
        )

    @property
    def corners(self) -> Floats:
        """(n, 4): x0, y0, x1, y1."""
        return to_corners(self.boxes)

    def before_scaling(self, scale: float) -> Detections:
        """Return the same in pixels of the picture that was scaled by `scale` to find them."""
        return Detections(
            self.boxes / scale,
            self.scores,
            self.five / scale,
        )

    @classmethod
    def none(cls) -> Detections:
        """Return no faces."""
        return cls(
            np.zeros((0, 4), np.float32),
            np.zeros(0, np.float32),
            np.zeros((0, 5, 2), np.float32),
        )


@dataclass(frozen=True, slots=True)
class Trust:
    """Say what a tracker makes of a detector's scores (after ByteTrack, arXiv:2110.06864)."""

    start: float
    """A lower score only confirms a face that is known already."""
    sure: float
    """A lower score has to be seen again before it is believed."""


class Detector(Protocol):
    """Represent anything that finds faces."""

    trust: Trust
    side: int
    """Pixels: larger pictures are scaled down to this longer side."""

    def detect(self, image: Image) -> Detections:
        """Return the faces of an (H, W, 3) BGR uint8 picture, also doubtful ones, best first."""


def to_corners(boxes: Floats) -> Floats:
    """Return boxes (n, 4) x, y, width, height as corners x0, y0, x1, y1."""
    low = boxes[:, :2]
    return np.hstack([low, low + boxes[:, 2:]])


def to_boxes(corners: Floats) -> Floats:
    """Return corners (n, 4) x0, y0, x1, y1 as boxes x, y, width, height."""
    low = corners[:, :2]
    return np.hstack([low, corners[:, 2:] - low])


def suppress(
    corners: Floats,
    scores: Floats,
    threshold: float,
    over: Literal["union", "smaller"] = "union",
) -> NDArray[np.intp]:
    """Return the indices to keep, best first: greedy non-maximum suppression of corners (n, 4).

    Boxes fall when they share more than `threshold` of the union, or of the smaller one, with a
    better box.
    """
    order = np.argsort(-scores, kind="stable")
    x0, y0, x1, y1 = corners.T
    area = (x1 - x0) * (y1 - y0)
    kept: list[int] = []
    while len(order):
        best = order[0]
        rest = order[1:]
        kept.append(int(best))
        width = np.minimum(x1[best], x1[rest]) - np.maximum(x0[best], x0[rest])
        height = np.minimum(y1[best], y1[rest]) - np.maximum(y0[best], y0[rest])
        shared = np.maximum(width, 0) * np.maximum(height, 0)
        if over == "union":
            whole = area[best] + area[rest] - shared
        else:
            whole = np.minimum(area[best], area[rest])
        order = rest[shared <= threshold * whole]
    return np.array(kept, dtype=np.intp)
