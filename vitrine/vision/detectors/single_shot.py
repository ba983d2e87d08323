"""Our own detector: one network, strides 8, 16 and 32, one prediction a cell.

A cell predicts 15 numbers: the logit of a face; the box's centre off the cell's centre and the logarithms of
its width and height, in strides; five points off the cell's centre, in strides.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Self

import cv2
import numpy as np

from vitrine.vision.crop import Image
from vitrine.vision.detectors.detections import Detections, Floats, Trust, suppress
from vitrine.vision.models import DETECTOR_FILE, model_path
from vitrine.vision.networks import Network, load_network

STRIDES: Final = (8, 16, 32)
OUTPUTS: Final = 15
MULTIPLE: Final = 32
OVERLAP: Final = 0.25
CANDIDATES: Final = 1_000
GREY: Final = 127.5
COARSE: Final = 4
"""How much smaller the picture of the second look is."""
LARGE: Final = 200
"""Size (square root of the area of the box, pixels) from which a face is looked for there too."""
PART: Final = 0.6
"""Share of a box within a large face, from which it is a part of that face."""


class SingleShot:
    """Finds faces from about 12 pixels on, tilted by up to some 40 degrees."""

    trust = Trust(start=0.5, sure=0.8)
    side = 960

    def __init__(self, network: Network, threshold: float = 0.3) -> None:
        self._network = network
        self._least = float(np.log(threshold / (1 - threshold)))

    @classmethod
    def load(cls, threads: int = 1) -> Self:
        """With the weights that ship. Raises ConfigurationError when they are missing."""
        return cls(load_network(model_path(DETECTOR_FILE), threads=threads))

    def detect(self, image: Image) -> Detections:
        """See Detector. A second look at the picture made small finds faces larger than those trained on."""
        found = self._look(image)
        if min(image.shape[:2]) < LARGE:
            return found
        shrunk = cv2.resize(
            image, None, fx=1 / COARSE, fy=1 / COARSE, interpolation=cv2.INTER_AREA
        )
        coarse = self._look(np.asarray(shrunk, np.uint8)).before_scaling(1 / COARSE)
        return whole(
            joined(found, coarse[coarse.boxes[:, 2:].prod(axis=1) >= LARGE**2])
        )

    def _look(self, image: Image) -> Detections:
        return decode(
            [output[0] for output in self._network.run(detector_input([image]))],
            self._least,
        )


def detector_input(images: Sequence[Image]) -> Floats:
    """n BGR pictures (H, W, 3) of one size → (n, 3, H', W') float32 in −1…1, sides multiples of 32."""
    height, width = images[0].shape[:2]
    below = -height % MULTIPLE
    right = -width % MULTIPLE
    if below or right:
        edge = cv2.BORDER_CONSTANT
        images = [cv2.copyMakeBorder(i, 0, below, 0, right, edge) for i in images]  # type: ignore[misc]
    return np.asarray(cv2.dnn.blobFromImages(images, 1 / GREY, mean=(GREY, GREY, GREY)))


def decode(outputs: Sequence[Floats], least: float) -> Detections:
    """The maps (15, rows, columns) of each stride → faces whose logit reaches `least`, best first."""
    levels = [
        _faces_of(output, stride, least)
        for output, stride in zip(outputs, STRIDES, strict=True)
    ]
    corners, logits, five = (
        np.concatenate(parts) for parts in zip(*levels, strict=True)
    )
    best = np.argsort(-logits, kind="stable")[:CANDIDATES]
    kept = best[suppress(corners[best], logits[best], OVERLAP)]
    boxes = np.hstack([corners[kept, :2], corners[kept, 2:] - corners[kept, :2]])
    return Detections(boxes, 1 / (1 + np.exp(-logits[kept])), five[kept])


def joined(one: Detections, other: Detections) -> Detections:
    """Both, each face once, best first."""
    if not len(other):
        return one
    boxes, scores, five = (
        np.concatenate(parts)
        for parts in (
            (one.boxes, other.boxes),
            (one.scores, other.scores),
            (one.five, other.five),
        )
    )
    both = Detections(boxes, scores, five)
    return both[suppress(both.corners, scores, OVERLAP)]


def whole(found: Detections) -> Detections:
    """Without the halves of large faces, which look like faces that something hides."""
    low, high = np.split(found.corners, 2, axis=1)
    shared = (
        (np.minimum(high[:, None], high) - np.maximum(low[:, None], low))
        .clip(0)
        .prod(axis=2)
    )
    area = found.boxes[:, 2:].prod(axis=1)
    hides = (
        (area >= LARGE**2)
        & (area > 1.5 * area[:, None])
        & (found.scores >= found.scores[:, None])
    )
    return found[~((shared > PART * area[:, None]) & hides).any(axis=1)]


def _faces_of(
    output: Floats, stride: int, least: float
) -> tuple[Floats, Floats, Floats]:
    """One stride's corners (n, 4), logits (n,) and points (n, 5, 2)."""
    rows, columns = np.nonzero(output[0] >= least)
    found = output[:, rows, columns].T
    cell = np.stack([columns, rows], axis=1).astype(np.float32) + np.float32(0.5)
    centre = (cell + found[:, 1:3]) * stride
    half = np.exp(np.minimum(found[:, 3:5], 6)) * (stride / 2)
    five = (cell[:, None] + found[:, 5:].reshape(-1, 5, 2)) * stride
    return np.hstack([centre - half, centre + half]), found[:, 0], five
