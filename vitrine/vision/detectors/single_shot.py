"""Our own detector: one network, strides 8, 16 and 32, one prediction a cell.

A cell predicts 15 numbers: the logit of a face; the box's centre off the cell's centre and the
logarithms of its width and height, in strides; five points off the cell's centre, in strides.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Self

import cv2
import numpy as np

from vitrine.vision.crop import Image
from vitrine.vision.detectors.detections import (
    Detections,
    Floats,
    Trust,
    suppress,
    to_boxes,
)
from vitrine.vision.detectors.scaling import padded_to
from vitrine.vision.models import DETECTOR_FILE, model_path
from vitrine.vision.networks import ON_CPU, Engine, Network, load_network

STRIDES: Final = (8, 16, 32)
OUTPUTS: Final = 15
# The network halves the picture five times.
MULTIPLE: Final = 32
# Share of the union from which two boxes are one face. With 0.35 some faces of a crowd had two
# boxes.
OVERLAP: Final = 0.25
# Bounds the time of the suppression. Chosen: far more than the faces of any frame.
CANDIDATES: Final = 1_000
GREY: Final = 127.5
# How much smaller the picture of the second look is. Chosen, not measured.
COARSE: Final = 4
# Size (square root of the area of the box, pixels) from which a face is looked for there too.
# Chosen, not measured.
LARGE: Final = 200
# Share of a box within a large face, and growth of the area, from which it is a part of that
# face. Chosen, not measured.
PART: Final = 0.6
PART_GROWTH: Final = 1.5
# Exponent beyond which a box's size means nothing; it keeps the exponential finite.
LARGEST_LOG: Final = 6


class SingleShot:
    """Find faces from about 12 pixels on, tilted by up to some 40 degrees."""

    # How the thresholds and the side were found stands in models/detector.card.md.
    trust = Trust(start=0.5, sure=0.8)
    side = 960

    def __init__(self, network: Network, threshold: float = 0.3) -> None:
        self._network = network
        self._least = float(np.log(threshold / (1 - threshold)))

    @classmethod
    def load(cls, engine: Engine = ON_CPU) -> Self:
        """Return it with the weights that ship. Raises ConfigurationError when they are missing."""
        return cls(load_network(model_path(DETECTOR_FILE), engine))

    def detect(self, image: Image) -> Detections:
        """See Detector.

        A second look at a smaller picture finds faces larger than those trained on.
        """
        found = self._look(image)
        if min(image.shape[:2]) < LARGE:
            return found
        scale = 1 / COARSE
        shrunk = cv2.resize(
            image,
            None,
            fx=scale,
            fy=scale,
            interpolation=cv2.INTER_AREA,
        )
        coarse = self._look(np.asarray(shrunk, np.uint8)).before_scaling(scale)
        large = coarse.boxes[:, 2:].prod(axis=1) >= LARGE**2
        return whole(joined(found, coarse[large]))

    def _look(self, image: Image) -> Detections:
        outputs = self._network.run(detector_input([image]))
        return decode(
            [output[0] for output in outputs],
            self._least,
        )


def detector_input(images: Sequence[Image]) -> Floats:
    """Return n BGR pictures (H, W, 3) of one size as (n, 3, H', W') float32 in −1…1.

    H' and W' are the next multiples of 32.
    """
    padded = [padded_to(image, MULTIPLE) for image in images]
    mean = (GREY, GREY, GREY)
    return np.asarray(cv2.dnn.blobFromImages(padded, 1 / GREY, mean=mean))


def decode(outputs: Sequence[Floats], least: float) -> Detections:
    """Return the faces whose logit reaches `least`, best first, of the maps (15, rows, columns)."""
    parts = []
    for output, stride in zip(outputs, STRIDES, strict=True):
        parts.append(_faces_of(output, stride, least))
    corners = np.concatenate([part[0] for part in parts])
    logits = np.concatenate([part[1] for part in parts])
    five = np.concatenate([part[2] for part in parts])
    best = np.argsort(-logits, kind="stable")[:CANDIDATES]
    kept = best[suppress(corners[best], logits[best], OVERLAP)]
    scores = 1 / (1 + np.exp(-logits[kept]))
    return Detections(to_boxes(corners[kept]), scores, five[kept])


def joined(one: Detections, other: Detections) -> Detections:
    """Return the faces of both, each once, best first."""
    if not len(other):
        return one
    both = Detections(
        np.concatenate([one.boxes, other.boxes]),
        np.concatenate([one.scores, other.scores]),
        np.concatenate([one.five, other.five]),
    )
    return both[suppress(both.corners, both.scores, OVERLAP)]


def whole(found: Detections) -> Detections:
    """Return the faces without halves of large ones, which look like half-hidden faces."""
    low, high = np.split(found.corners, 2, axis=1)
    shared_high = np.minimum(high[:, None], high)
    shared_low = np.maximum(low[:, None], low)
    shared = (shared_high - shared_low).clip(0).prod(axis=2)
    area = found.boxes[:, 2:].prod(axis=1)
    # Row: the face that may be a part; column: the face that it may be a part of.
    is_large = area >= LARGE**2
    is_larger = area > PART_GROWTH * area[:, None]
    is_better = found.scores >= found.scores[:, None]
    is_inside = shared > PART * area[:, None]
    is_part = (is_inside & is_large & is_larger & is_better).any(axis=1)
    return found[~is_part]


def _faces_of(
    output: Floats,
    stride: int,
    least: float,
) -> tuple[Floats, Floats, Floats]:
    """Return corners (n, 4), logits (n,) and points (n, 5, 2) of one stride."""
    rows, columns = np.nonzero(output[0] >= least)
    found = output[:, rows, columns].T
    logits = found[:, 0]
    offsets = found[:, 1:3]
    log_sizes = np.minimum(found[:, 3:5], LARGEST_LOG)
    points = found[:, 5:].reshape(-1, 5, 2)
    cell = np.stack([columns, rows], axis=1).astype(np.float32) + np.float32(0.5)
    centre = (cell + offsets) * stride
    half = np.exp(log_sizes) * np.float32(stride / 2)
    five = (cell[:, None] + points) * stride
    corners = np.hstack([centre - half, centre + half])
    return corners, logits, five
