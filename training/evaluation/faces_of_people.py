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
    box = (EDGE, EDGE, SIDE, SIDE)
    five = TEMPLATE + EDGE
    crop = crop_of_box(box, five, landmarker.side)

    def work(some: Sequence[PersonFace]) -> list[View]:
        images = [_aligned(face) for face in some]
        middles = [image[EDGE:-EDGE, EDGE:-EDGE] for image in images]
        vectors = embedder.embed(middles)
        looks = looks_in(images, crop, landmarker)
        views = zip(vectors, looks, strict=True)
        return list(views)

    views = in_batches(work, faces, "identity")
    return _embedded(views)


def looks_in(
    images: Sequence[Image],
    crop: Crop,
    landmarker: Landmarker,
) -> list[Look]:
    """Return looks of faces that are all at the same place in pictures of one size.

    Their own size is not known, as they were scaled to it.
    """
    crops = [crop] * len(images)
    points = landmarker.points(images, crops)
    looks = []
    for image, face in zip(
        images,
        points,
        strict=True,
    ):
        look = look_of(image, face)
        looks.append(look.without("face_size"))
    return looks


def _aligned(face: PersonFace) -> Image:
    image = face.image()
    height, width = image.shape[:2]
    if height != ALIGNED_SIDE or width != ALIGNED_SIDE:
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
        places = []
        images = []
        crops = []
        for place, face in enumerate(some):
            image = face.image()
            crop = _largest(detector, image, landmarker.side)
            if crop is None:
                continue
            places.append(place)
            images.append(image)
            crops.append(crop)
        found = _views(
            images,
            crops,
            embedder,
            landmarker,
        )
        views: list[View | None] = [None] * len(some)
        for place, view in zip(
            places,
            found,
            strict=True,
        ):
            views[place] = view
        return views

    views = in_batches(work, faces, "identity")
    return _embedded(views)


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
    for image, face in zip(
        images,
        points,
        strict=True,
    ):
        aligned.append(align(image, face))
        looks.append(look_of(image, face))
    vectors = embedder.embed(aligned)
    views = zip(vectors, looks, strict=True)
    return list(views)


def _embedded(views: Sequence[View | None]) -> Embedded:
    vectors = np.zeros((len(views), _length(views)), np.float32)
    found = np.zeros(len(views), np.bool_)
    looks = []
    for place, view in enumerate(views):
        if view is None:
            looks.append(Look())
            continue
        vector, look = view
        vectors[place] = vector
        found[place] = True
        looks.append(look)
    return Embedded(vectors, found, looks)


def _length(views: Sequence[View | None]) -> int:
    """Return the length of a vector."""
    for view in views:
        if view is not None:
            return len(view[0])
    # Any length will do where no face was found at all.
    return 1


def _largest(
    detector: Detector,
    image: Image,
    side: int,
) -> Crop | None:
    """Return the crop of the largest face, None where none was found."""
    found = trusted(detector, image)
    if not len(found):
        return None
    sides = found.boxes[:, 2:]
    areas = sides.prod(axis=1)
    largest = int(areas.argmax())
    box = found.boxes[largest]
    five = found.five[largest]
    return crop_of_box(box.tolist(), five, side)
