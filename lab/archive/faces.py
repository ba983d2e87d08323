"""Find the faces of a photo, drop what recognition could not use, and embed the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from vitrine.faces.batches import batches
from vitrine.lab.archive.photos import Photo
from vitrine.vision.crop import (
    INPUT_SIZE,
    Crop,
    Image,
    crop_of_box,
    cut,
    network_input,
    to_frame,
)
from vitrine.vision.detectors import Detections, Detector, detect_scaled, load_detector
from vitrine.vision.detectors.choice import Kind
from vitrine.vision.embedding import Embedder, align
from vitrine.vision.models import EMBEDDING_FILE, LANDMARKS_FILE, model_path
from vitrine.vision.networks import Network, load_network
from vitrine.vision.pose import HeadPose, head_pose
from vitrine.vision.quality import QualityScore, quality_cut, visible

# Of people in the background there are many, and no network tells them apart. Chosen, not measured.
SMALLEST: Final = 24.0
"""Side of a face's crop, pixels of the photo, that is kept at least."""
# Half of what a camera at a stand needs (GOOD_VIEW): a photo comes once, and is looked at by
# people. What it costs: docs/archive.md, Grouping.
LEAST_QUALITY: Final = 0.25

Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class PhotoFace:
    """Hold a face of a photo, in pixels of the whole upright photo."""

    box: NDArray[np.float32]
    """(4,): x, y, width, height."""
    points: NDArray[np.float32]
    """(68, 2)."""
    score: float
    """Of the detector, 0…1."""
    quality: float
    """0…1."""
    pose: HeadPose
    dropped: str | None
    """Why it takes no part in grouping; None for one that does."""
    vector: Vector | None
    """(128,), of length 1; None for one that was dropped."""


@dataclass(frozen=True, slots=True)
class FaceFinder:
    """Run the networks on photos. May be used by several threads."""

    detector: Detector
    landmarks: Network
    quality: QualityScore
    embedder: Embedder
    least_quality: float = LEAST_QUALITY

    @classmethod
    def load(cls, models: Path | None, kind: Kind = "own") -> FaceFinder:
        """Read the networks; `models` is the folder of public detectors.

        The embedding is our own, as grouping is calibrated on it. Raises ConfigurationError.
        """
        path = model_path(EMBEDDING_FILE)
        return cls(
            detector=load_detector(models, kind=kind),
            landmarks=load_network(model_path(LANDMARKS_FILE)),
            quality=QualityScore.load(),
            embedder=Embedder(load_network(path), path.stem),
        )

    @property
    def model(self) -> str:
        """Return the name of the embedding's weights."""
        return self.embedder.model

    def faces(self, photo: Photo) -> list[PhotoFace]:
        """Return the faces of a photo, the surest first."""
        found = detect_scaled(self.detector, photo.image)
        faces: list[PhotoFace] = []
        for some in batches(range(len(found))):
            faces += self._described(photo, found[some[0] : some[-1] + 1])
        return faces

    def _described(self, photo: Photo, found: Detections) -> list[PhotoFace]:
        rows = range(len(found))
        views = [_near(photo.image, found[row : row + 1]) for row in rows]
        cuts = [view.cut for view in views]
        outputs = self.landmarks.run(network_input(cuts))[0]
        points = to_frame(outputs, [view.crop for view in views])
        scores = self.quality.score([quality_cut(one) for one in cuts])
        judged = []
        for row, view in enumerate(views):
            one = found[row : row + 1]
            judged.append(self._judged(photo, one, view, points[row], scores[row]))
        aligned = [align(view.image, points[row]) for row, view in enumerate(views)]
        return self._embedded(judged, aligned)

    def _embedded(
        self, faces: Sequence[PhotoFace], aligned: Sequence[Image]
    ) -> list[PhotoFace]:
        """Return the faces with the embeddings of those that are kept."""
        kept = [row for row, face in enumerate(faces) if face.dropped is None]
        embedded = list(faces)
        if not kept:
            return embedded
        vectors = self.embedder.embed([aligned[row] for row in kept])
        for row, vector in zip(kept, vectors, strict=True):
            embedded[row] = replace(faces[row], vector=vector)
        return embedded

    def _judged(
        self,
        photo: Photo,
        found: Detections,
        view: _Near,
        points: NDArray[np.float32],
        score: float,
    ) -> PhotoFace:
        height, width = view.image.shape[:2]
        quality = float(score) * visible(points, width, height)
        pose = head_pose(points, width, height)
        side = _side(view.crop) * view.scale * photo.scale
        return PhotoFace(
            box=found.boxes[0] * np.float32(photo.scale),
            points=points * np.float32(view.scale * photo.scale),
            score=float(found.scores[0]),
            quality=quality,
            pose=pose,
            dropped=self._flaw(float(found.scores[0]), side, quality, view.cut, pose),
            vector=None,
        )

    def _flaw(
        self,
        score: float,
        side: float,
        quality: float,
        inside: Image,
        pose: HeadPose,
    ) -> str | None:
        """Return why a face is dropped: the first that holds; None for one that is kept."""
        if score < self.detector.trust.sure:
            return f"perhaps no face (detector {score:.2f})"
        if side < SMALLEST:
            return f"too small ({side:.0f} pixels)"
        if quality >= self.least_quality:
            return None
        return f"{_cause(inside, pose)} (quality {quality:.2f})"


def _cause(inside: Image, pose: HeadPose) -> str:
    """Return what is worst about a view that recognition cannot use."""
    light = float(cv2.cvtColor(inside, cv2.COLOR_BGR2GRAY).mean())
    # The limits of advice at enrolment (`vitrine.customers.enrolment`).
    if light < 50:
        return "too dark"
    if light > 205:
        return "too bright"
    if abs(pose.yaw) > 30 or abs(pose.pitch) > 30:
        return "turned away"
    return "blurred, covered or cut off"


@dataclass(frozen=True, slots=True)
class _Near:
    """Hold the picture from which a face is cut: smaller where the face is large."""

    image: Image
    scale: float
    """Pixels of the photo's image that one of this is."""
    crop: Crop
    cut: Image


def _near(image: Image, found: Detections) -> _Near:
    side = _side(_crop(found))
    # Cutting takes one pixel of several where a face is larger than the networks' input.
    nearer = min(1.0, 2 * INPUT_SIZE / side)
    smaller = image
    if nearer < 1:
        smaller = np.asarray(
            cv2.resize(image, None, fx=nearer, fy=nearer, interpolation=cv2.INTER_AREA),
            np.uint8,
        )
    crop = _crop(found.before_scaling(1 / nearer))
    return _Near(smaller, 1 / nearer, crop, cut(smaller, crop))


def _crop(found: Detections) -> Crop:
    return crop_of_box(found.boxes[0].tolist(), found.five[0])


def _side(crop: Crop) -> float:
    """Return the side of a crop, in pixels of what it is cut from."""
    per_pixel = float(np.hypot(crop[0, 0], crop[0, 1]))
    return INPUT_SIZE / per_pixel
