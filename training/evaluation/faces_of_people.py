"""Embeddings of pictures of people, as the product makes them or from aligned faces."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from training.datasets.faces import DatasetError
from training.datasets.people import PersonFace
from training.evaluation.arrays import Mask, Singles
from training.evaluation.matching import trusted
from training.evaluation.models import Landmarker
from training.evaluation.progress import in_batches
from training.evaluation.subgroups import Look, look_of
from vitrine.vision.crop import Crop, Image, crop_of_box
from vitrine.vision.detectors import Detector
from vitrine.vision.embedding import SIDE, TEMPLATE, Embedder, align

# The side of the faces in lfw_aligned_144.zip; the product's embedding takes the middle.
ALIGNED_SIDE: Final = 144
EDGE: Final = (ALIGNED_SIDE - SIDE) // 2

View = tuple[Singles, Look]
"""The embedding of a face, and its look."""


@dataclass(frozen=True)
class Embedded:
    """Hold what was found in n pictures."""

    vectors: Singles
    """(n, d), length 1; zeros where no face was found."""
    found: Mask
    looks: list[Look]


def embed_aligned(
    faces: Sequence[PersonFace],
    embedder: Embedder,
    landmarker: Landmarker,
) -> Embedded:
    """Embed faces that are aligned by five points in pictures of 144×144 pixels.

    Their landmarks serve the subgroups only. Raises DatasetError for pictures of another size.
    """
    crop = crop_of_box((EDGE, EDGE, SIDE, SIDE), TEMPLATE + EDGE, landmarker.side)

    def work(some: Sequence[PersonFace]) -> list[View]:
        images = [_aligned(face) for face in some]
        middles = [image[EDGE:-EDGE, EDGE:-EDGE] for image in images]
        vectors = embedder.embed(middles)
        looks = looks_in(images, crop, landmarker)
        return list(zip(vectors, looks, strict=True))

    return _embedded(in_batches(work, faces, "identity"))


def looks_in(
    images: Sequence[Image],
    crop: Crop,
    landmarker: Landmarker,
) -> list[Look]:
    """Return looks of faces that are all at the same place in pictures of one size.

    Their own size is not known, as they were scaled to it.
    """
    points = landmarker.points(images, [crop] * len(images))
    looks = []
    for image, face in zip(images, points, strict=True):
        look = look_of(image, face)
        looks.append(look.without("face_size"))
    return looks


def _aligned(face: PersonFace) -> Image:
    image = face.image()
    height, width = image.shape[:2]
    if (height, width) != (ALIGNED_SIDE, ALIGNED_SIDE):
        expected = f"{ALIGNED_SIDE}×{ALIGNED_SIDE}"
        reason = f"is {width}×{height} pixels, expected {expected} (--aligned)"
        raise DatasetError(face.name, None, reason)
    return image


def embed_detected(
    faces: Sequence[PersonFace],
    embedder: Embedder,
    landmarker: Landmarker,
    detector: Detector,
) -> Embedded:
    """Embed the largest face of each picture from the product's operating threshold on."""

    def work(some: Sequence[PersonFace]) -> list[View | None]:
        images = [face.image() for face in some]
        crops = {}
        for index, image in enumerate(images):
            crop = _largest(detector, image, landmarker.side)
            if crop is not None:
                crops[index] = crop
        found = [images[index] for index in crops]
        views = _views(found, list(crops.values()), embedder, landmarker)
        by_index = dict(zip(crops, views, strict=True))
        return [by_index.get(index) for index in range(len(some))]

    return _embedded(in_batches(work, faces, "identity"))


def _views(
    images: Sequence[Image],
    crops: Sequence[Crop],
    embedder: Embedder,
    landmarker: Landmarker,
) -> list[View]:
    """Return the views of one face of each picture, aligned by its 68 points."""
    if not images:
        return []
    points = landmarker.points(images, crops)
    aligned = []
    looks = []
    for image, face in zip(images, points, strict=True):
        aligned.append(align(image, face))
        looks.append(look_of(image, face))
    vectors = embedder.embed(aligned)
    return list(zip(vectors, looks, strict=True))


def _embedded(views: Sequence[View | None]) -> Embedded:
    lengths = [len(view[0]) for view in views if view]
    # Any length will do where no face was found at all.
    length = lengths[0] if lengths else 1
    vectors = []
    looks = []
    for view in views:
        vector, look = view or (np.zeros(length, np.float32), Look())
        vectors.append(vector)
        looks.append(look)
    found = np.array([view is not None for view in views])
    return Embedded(np.stack(vectors), found, looks)


def _largest(
    detector: Detector,
    image: Image,
    side: int,
) -> Crop | None:
    """Return the crop of the largest face, None where none was found."""
    found = trusted(detector, image)
    if not len(found):
        return None
    areas = np.prod(found.boxes[:, 2:], axis=1)
    largest = int(areas.argmax())
    box = found.boxes[largest].tolist()
    return crop_of_box(box, found.five[largest], side)
