"""Pictures of people → embeddings, as the product makes them or from faces that are aligned already."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from training.datasets.faces import DatasetError
from training.datasets.people import PersonFace
from training.evaluation.matching import believed
from training.evaluation.models import Landmarker
from training.evaluation.progress import in_batches
from training.evaluation.subgroups import Look, look_of
from vitrine.vision.crop import Crop, Image, crop_of_box
from vitrine.vision.detectors import Detector
from vitrine.vision.embedding import SIDE, TEMPLATE, Embedder, align

ALIGNED_SIDE: Final = 144
EDGE: Final = (ALIGNED_SIDE - SIDE) // 2

View = tuple[NDArray[np.float32], Look]
"""The embedding of a face, and what it is like."""


@dataclass(frozen=True)
class Embedded:
    """What became of n pictures."""

    vectors: NDArray[np.float32]
    """(n, d), length 1; zeros where no face was found."""
    found: NDArray[np.bool_]
    looks: list[Look]


def embed_aligned(
    faces: Sequence[PersonFace], embedder: Embedder, landmarker: Landmarker
) -> Embedded:
    """Faces aligned by five points in pictures of 144×144 pixels; the landmarks serve the subgroups only."""
    crop = crop_of_box((EDGE, EDGE, SIDE, SIDE), TEMPLATE + EDGE, landmarker.side)

    def work(some: Sequence[PersonFace]) -> list[View]:
        images = [_aligned(face) for face in some]
        vectors = embedder.embed([image[EDGE:-EDGE, EDGE:-EDGE] for image in images])
        points = landmarker.points(images, [crop] * len(images))
        looks = [
            look_of(i, p).without("face_size")
            for i, p in zip(images, points, strict=True)
        ]
        return list(zip(vectors, looks, strict=True))

    return _embedded(in_batches(work, faces, "identity"))


def _aligned(face: PersonFace) -> Image:
    image = face.image()
    if image.shape[:2] != (ALIGNED_SIDE, ALIGNED_SIDE):
        size = f"{image.shape[1]}×{image.shape[0]}"
        reason = f"is {size} pixels, expected {ALIGNED_SIDE}×{ALIGNED_SIDE} (--aligned)"
        raise DatasetError(face.name, None, reason)
    return image


def embed_detected(
    faces: Sequence[PersonFace],
    embedder: Embedder,
    landmarker: Landmarker,
    detector: Detector,
) -> Embedded:
    """The largest face that the product's detector believes in, its 68 points, and the cut they give."""

    def work(some: Sequence[PersonFace]) -> list[View | None]:
        images = [face.image() for face in some]
        crops = [_largest(detector, image, landmarker.side) for image in images]
        seen = [
            (image, crop)
            for image, crop in zip(images, crops, strict=True)
            if crop is not None
        ]
        if not seen:
            return [None] * len(some)
        points = landmarker.points(
            [image for image, _ in seen], [crop for _, crop in seen]
        )
        faces = list(zip((image for image, _ in seen), points, strict=True))
        vectors = embedder.embed([align(image, found) for image, found in faces])
        looks = [look_of(image, found) for image, found in faces]
        views = iter(zip(vectors, looks, strict=True))
        return [None if crop is None else next(views) for crop in crops]

    return _embedded(in_batches(work, faces, "identity"))


def _embedded(views: Sequence[View | None]) -> Embedded:
    length = next((len(view[0]) for view in views if view), 1)
    nothing = np.zeros(length, np.float32), Look()
    vectors, looks = zip(*(view or nothing for view in views), strict=True)
    return Embedded(
        np.stack(vectors), np.array([view is not None for view in views]), list(looks)
    )


def _largest(detector: Detector, image: Image, side: int) -> Crop | None:
    found = believed(detector, image)
    if not len(found):
        return None
    largest = int(np.prod(found.boxes[:, 2:], axis=1).argmax())
    return crop_of_box(found.boxes[largest].tolist(), found.five[largest], side)
