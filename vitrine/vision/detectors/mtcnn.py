"""MTCNN (Zhang et al. 2016, arXiv:1604.02878): three networks, each refines the one before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple, Self

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
from vitrine.vision.detectors.mtcnn_graphs import (
    Stage,
    build_graph,
    read_weights,
)
from vitrine.vision.networks import ON_CPU, Engine, Network, OnnxNetwork

# Side of the picture that one output of the first network sees; its outputs are STRIDE pixels
# apart.
CELL: Final = 12
STRIDE: Final = 2
# The square root of a half, as published: each picture of the pyramid has half the area of the
# last.
PYRAMID: Final = 0.709
MID_GREY: Final = (127.5, 127.5, 127.5)
# The smallest face for 44 ms a frame of 640×360; half of it takes four times as long.
MIN_FACE: Final = 24
# Shares from which two boxes are one face, as published: within one picture of the pyramid, and
# between.
OVERLAP_IN_PICTURE: Final = 0.5
OVERLAP: Final = 0.7


class Thresholds(NamedTuple):
    """Hold the face probabilities that the three networks ask for. Chosen, not measured."""

    proposal: float = 0.5
    refinement: float = 0.6
    output: float = 0.5


class Mtcnn:
    """Find upright faces of at least `min_face` pixels; the time grows with 1 / min_face²."""

    # Chosen, not measured. Its scores are high: what it doubts has less than 0.995.
    trust = Trust(start=0.8, sure=0.995)
    side = 640

    def __init__(
        self,
        networks: tuple[Network, Network, Network],
        min_face: int = MIN_FACE,
        thresholds: Thresholds = Thresholds(),  # noqa: B008 - immutable
    ) -> None:
        self._proposal, self._refinement, self._output = networks
        self._min_face = min_face
        self._thresholds = thresholds

    @classmethod
    def load(cls, min_face: int = MIN_FACE, engine: Engine = ON_CPU) -> Self:
        """Return it with the weights of the `mtcnn` wheel.

        Raises ConfigurationError without the wheel.
        """
        networks = (
            _network("pnet", engine),
            _network("rnet", engine),
            _network("onet", engine),
        )
        return cls(networks, min_face)

    def detect(self, image: Image) -> Detections:
        """See Detector."""
        corners = self._propose(image)
        if len(corners):
            corners = self._refine(image, corners)
        if not len(corners):
            return Detections.none()
        return self._finish(image, corners)

    def _propose(self, image: Image) -> Floats:
        """Return squares (n, 4) that may hold a face, from a pyramid of scaled pictures."""
        height, width = image.shape[:2]
        found = [np.zeros((0, 4), np.float32)]
        scores = [np.zeros(0, np.float32)]
        level = image
        for scale in scales(image, self._min_face):
            size = (round(width * scale), round(height * scale))
            level = cv2.resize(
                level,
                size,
                interpolation=cv2.INTER_AREA,
            )  # type: ignore[assignment]
            found_here, scores_here = self._propose_at(level, scale)
            found.append(found_here)
            scores.append(scores_here)
        corners = np.concatenate(found)
        kept = suppress(corners, np.concatenate(scores), OVERLAP)
        return squares(corners[kept])

    def _propose_at(self, level: Image, scale: float) -> tuple[Floats, Floats]:
        """Return corners (n, 4), in pixels of the frame, and scores (n,) of one scaled picture."""
        blob = cv2.dnn.blobFromImage(level)
        offsets, faces = self._proposal.run(blob)  # type: ignore[arg-type]
        rows, columns = np.nonzero(faces[0, 1] > self._thresholds.proposal)
        scores = faces[0, 1, rows, columns]
        low = np.stack([columns, rows], axis=1).astype(np.float32) * STRIDE
        cells = np.hstack([low, low + CELL])
        corrected = cells + offsets[0][:, rows, columns].T * CELL
        kept = suppress(corrected, scores, OVERLAP_IN_PICTURE)
        return corrected[kept] / np.float32(scale), scores[kept]

    def _refine(self, image: Image, corners: Floats) -> Floats:
        """Return the squares (n, 4) that the second network takes for faces."""
        offsets, faces = self._refinement.run(
            patches([image] * len(corners), corners, 24)
        )
        likely = faces[:, 1] > self._thresholds.refinement
        corrected = moved(corners, offsets)[likely]
        kept = suppress(corrected, faces[likely, 1], OVERLAP)
        return squares(corrected[kept])

    def _finish(self, image: Image, corners: Floats) -> Detections:
        """Return the faces that the third network finds in squares."""
        offsets, points, faces = self._output.run(
            patches([image] * len(corners), corners, 48)
        )
        low = corners[:, None, :2]
        sides = corners[:, None, 2:] - low + 1
        five = points.reshape(-1, 2, 5).transpose(0, 2, 1) * sides + low
        corrected = moved(corners, offsets)
        scores = faces[:, 1]
        likely = np.flatnonzero(scores > self._thresholds.output)
        best = suppress(
            corrected[likely],
            scores[likely],
            OVERLAP,
            over="smaller",
        )
        kept = likely[best]
        return Detections(
            to_boxes(corrected[kept]),
            scores[kept],
            five[kept],
        )


def _network(stage: Stage, engine: Engine) -> OnnxNetwork:
    graph = build_graph(stage, read_weights(stage))
    return OnnxNetwork(graph, f"mtcnn-{stage}", engine)


def scales(image: Image, min_face: int) -> list[float]:
    """Return the scales of the pyramid.

    At the first the smallest face fills a cell, at the last the picture does.
    """
    first = CELL / min_face
    shorter = min(image.shape[:2])
    halvings = np.log(CELL / (shorter * first)) / np.log(PYRAMID)
    levels = max(0, int(np.floor(halvings)) + 1)
    return [first * PYRAMID**level for level in range(levels)]


def squares(corners: Floats) -> Floats:
    """Return corners (n, 4) widened to squares about their centres."""
    low = corners[:, :2]
    high = corners[:, 2:]
    centre = (low + high) / 2
    half = (high - low).max(
        axis=1,
        keepdims=True,
        initial=0,
    ) / 2
    return np.hstack([centre - half, centre + half])


def moved(corners: Floats, offsets: Floats) -> Floats:
    """Return corners (n, 4) corrected by offsets in shares of their sides."""
    sides = corners[:, 2:] - corners[:, :2] + 1
    return corners + offsets * np.hstack([sides, sides])


def patches(
    images: Sequence[Image],
    corners: Floats,
    size: int,
) -> Floats:
    """Return the box of each picture cut out, (n, 3, size, size); mid grey beyond the picture."""
    cuts = np.empty((len(corners), size, size, 3), np.uint8)
    low = corners[:, :2].astype(np.float64)
    steps = (corners[:, 2:] - low) / size
    affines = np.zeros((len(corners), 2, 3))
    affines[:, 0, 0] = steps[:, 0]
    affines[:, 1, 1] = steps[:, 1]
    # Centres of pixels, not their corners, are mapped.
    affines[:, :, 2] = low + steps / 2 - 0.5
    for image, affine, cut in zip(images, affines, cuts, strict=True):
        cv2.warpAffine(
            image,
            affine,
            (size, size),
            dst=cut,
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderValue=MID_GREY,
        )
    return np.ascontiguousarray(
        cuts.transpose(0, 3, 1, 2),
        dtype=np.float32,
    )
