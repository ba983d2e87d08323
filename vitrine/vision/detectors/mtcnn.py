"""MTCNN (Zhang et al. 2016, arXiv:1604.02878): three networks, each refines the one before."""

from __future__ import annotations

from typing import Final, NamedTuple, Self

import cv2
import numpy as np

from vitrine.vision.crop import Image
from vitrine.vision.detectors.detections import Detections, Floats, Trust, suppress
from vitrine.vision.detectors.mtcnn_graphs import Stage, build_graph, read_weights
from vitrine.vision.networks import Network, OnnxNetwork

CELL: Final = 12
"""Side of the picture that one output of the first network sees; its outputs are 2 pixels apart."""
STRIDE: Final = 2
PYRAMID: Final = 0.709
MID_GREY: Final = (127.5, 127.5, 127.5)


class Thresholds(NamedTuple):
    """Face probabilities that the three networks ask for."""

    proposal: float = 0.5
    refinement: float = 0.6
    output: float = 0.5


class Mtcnn:
    """Finds upright faces of at least `min_face` pixels; the time grows with 1 / min_face²."""

    trust = Trust(start=0.8, sure=0.995)
    side = 640

    def __init__(
        self,
        networks: tuple[Network, Network, Network],
        min_face: int = 24,
        thresholds: Thresholds = Thresholds(),  # noqa: B008 - immutable
    ) -> None:
        self._proposal, self._refinement, self._output = networks
        self._min_face = min_face
        self._thresholds = thresholds

    @classmethod
    def load(cls, min_face: int = 24, threads: int = 1) -> Self:
        """With the weights of the `mtcnn` wheel. Raises ConfigurationError when it is missing."""
        return cls(
            (
                _network("pnet", threads),
                _network("rnet", threads),
                _network("onet", threads),
            ),
            min_face,
        )

    def detect(self, image: Image) -> Detections:
        """See Detector."""
        corners = self._propose(image)
        if len(corners):
            corners = self._refine(image, corners)
        if not len(corners):
            return Detections.none()
        return self._finish(image, corners)

    def _propose(self, image: Image) -> Floats:
        """Squares (n, 4) that may hold a face, from a pyramid of scaled pictures."""
        found: list[tuple[Floats, Floats]] = []
        level = image
        for scale in scales(image, self._min_face):
            size = round(image.shape[1] * scale), round(image.shape[0] * scale)
            level = cv2.resize(level, size, interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
            found.append(self._propose_at(level, scale))
        corners = np.concatenate(
            [corners for corners, _ in found] or [np.zeros((0, 4), np.float32)]
        )
        scores = np.concatenate(
            [scores for _, scores in found] or [np.zeros(0, np.float32)]
        )
        return squares(corners[suppress(corners, scores, 0.7)])

    def _propose_at(self, level: Image, scale: float) -> tuple[Floats, Floats]:
        """Corners and scores in one scaled picture, in pixels of the frame."""
        offsets, faces = self._proposal.run(cv2.dnn.blobFromImage(level))  # type: ignore[arg-type]
        rows, columns = np.nonzero(faces[0, 1] > self._thresholds.proposal)
        scores = faces[0, 1, rows, columns]
        low = np.stack([columns, rows], axis=1).astype(np.float32) * STRIDE
        cells = np.hstack([low, low + CELL]) + offsets[0][:, rows, columns].T * CELL
        kept = suppress(cells, scores, 0.5)
        return (cells[kept] / np.float32(scale)), scores[kept]

    def _refine(self, image: Image, corners: Floats) -> Floats:
        offsets, faces = self._refinement.run(patches(image, corners, 24))
        likely = faces[:, 1] > self._thresholds.refinement
        corners = moved(corners, offsets)[likely]
        scores = faces[likely, 1]
        return squares(corners[suppress(corners, scores, 0.7)])

    def _finish(self, image: Image, corners: Floats) -> Detections:
        offsets, points, faces = self._output.run(patches(image, corners, 48))
        sides = corners[:, None, 2:] - corners[:, None, :2] + 1
        five = (
            points.reshape(-1, 2, 5).transpose(0, 2, 1) * sides + corners[:, None, :2]
        )
        corners = moved(corners, offsets)
        scores = faces[:, 1]
        likely = np.flatnonzero(scores > self._thresholds.output)
        kept = likely[suppress(corners[likely], scores[likely], 0.7, over="smaller")]
        boxes = np.hstack([corners[kept, :2], corners[kept, 2:] - corners[kept, :2]])
        return Detections(boxes, scores[kept], five[kept])


def _network(stage: Stage, threads: int) -> OnnxNetwork:
    return OnnxNetwork(
        build_graph(stage, read_weights(stage)), f"mtcnn-{stage}", threads
    )


def scales(image: Image, min_face: int) -> list[float]:
    """Scales of the pyramid: at the first the smallest face fills a cell, at the last the picture does."""
    first = CELL / min_face
    shorter = min(image.shape[:2])
    levels = max(
        0, int(np.floor(np.log(CELL / (shorter * first)) / np.log(PYRAMID))) + 1
    )
    return [first * PYRAMID**level for level in range(levels)]


def squares(corners: Floats) -> Floats:
    """Boxes widened to squares about their centres."""
    centre = (corners[:, :2] + corners[:, 2:]) / 2
    half = (corners[:, 2:] - corners[:, :2]).max(axis=1, keepdims=True, initial=0) / 2
    return np.hstack([centre - half, centre + half])


def moved(corners: Floats, offsets: Floats) -> Floats:
    """Boxes corrected by offsets in shares of their sides."""
    sides = corners[:, 2:] - corners[:, :2] + 1
    return corners + offsets * np.hstack([sides, sides])


def patches(image: Image, corners: Floats, size: int) -> Floats:
    """The boxes cut out: (n, 3, size, size); mid grey where they leave the picture."""
    cuts = np.empty((len(corners), size, size, 3), np.uint8)
    for cut, (x0, y0, x1, y1) in zip(cuts, corners, strict=True):
        step = np.array([(x1 - x0) / size, (y1 - y0) / size])
        start = (np.array([x0, y0]) + step / 2) - 0.5
        affine = np.array([[step[0], 0, start[0]], [0, step[1], start[1]]])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        cv2.warpAffine(
            image, affine, (size, size), dst=cut, flags=flags, borderValue=MID_GREY
        )
    return np.ascontiguousarray(cuts.transpose(0, 3, 1, 2), dtype=np.float32)
