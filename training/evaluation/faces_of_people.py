"""Pictures of people → embeddings, as the product makes them or from faces that are aligned already."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

import numpy as np
from numpy.typing import NDArray

from training.datasets.faces import DatasetError
from training.datasets.people import PersonFace
from training.evaluation.matching import believed
from training.evaluation.models import BATCH, Landmarker
from training.evaluation.progress import followed
from training.evaluation.subgroups import Look, look_of
from vitrine.vision.crop import Crop, Image, crop_of_box
from vitrine.vision.detectors import Detector
from vitrine.vision.embedding import SIDE, TEMPLATE, Embedder, align

ALIGNED_SIDE: Final = 144
EDGE: Final = (ALIGNED_SIDE - SIDE) // 2


@dataclass(frozen=True)
class Embedded:
    """What became of n pictures."""

    vectors: NDArray[np.float32]
    """(n, d), length 1; zeros where no face was found."""
    found: NDArray[np.bool_]
    looks: list[Look]


def embed_aligned(faces: Sequence[PersonFace], embedder: Embedder, landmarker: Landmarker) -> Embedded:
    """Faces aligned by five points in pictures of 144×144 pixels; the landmarks serve the subgroups only."""
    waiting, vectors, looks = iter(followed(faces, "identity")), list[NDArray[np.float32]](), list[Look]()
    crop = crop_of_box((EDGE, EDGE, SIDE, SIDE), TEMPLATE + EDGE, landmarker.side)
    while some := list(islice(waiting, BATCH)):
        images = [_aligned(face) for face in some]
        vectors.append(embedder.embed([image[EDGE:-EDGE, EDGE:-EDGE] for image in images]))
        points = landmarker.points(images, [crop] * len(images))
        looks += [
            look_of(image, found).without("face_size") for image, found in zip(images, points, strict=True)
        ]
    return Embedded(np.concatenate(vectors), np.ones(len(faces), np.bool_), looks)


def _aligned(face: PersonFace) -> Image:
    image = face.image()
    if image.shape[:2] != (ALIGNED_SIDE, ALIGNED_SIDE):
        size = f"{image.shape[1]}×{image.shape[0]}"
        reason = f"is {size} pixels, expected {ALIGNED_SIDE}×{ALIGNED_SIDE} (--aligned)"
        raise DatasetError(face.name, None, reason)
    return image


def embed_detected(
    faces: Sequence[PersonFace], embedder: Embedder, landmarker: Landmarker, detector: Detector
) -> Embedded:
    """The largest face that the product's detector believes in, its 68 points, and the cut they give."""
    waiting = iter(followed(faces, "identity"))
    found, looks = np.zeros(len(faces), np.bool_), [Look()] * len(faces)
    rows, done = list[NDArray[np.float32]](), 0
    while some := list(islice(waiting, BATCH)):
        images = [face.image() for face in some]
        crops = [_largest(detector, image, landmarker.side) for image in images]
        seen = [
            (k, image, crop)
            for k, (image, crop) in enumerate(zip(images, crops, strict=True))
            if crop is not None
        ]
        points = landmarker.points([image for _, image, _ in seen], [crop for _, _, crop in seen])
        for (k, image, _), these in zip(seen, points, strict=True):
            found[done + k], looks[done + k] = True, look_of(image, these)
        if seen:
            rows.append(embedder.embed([align(i, p) for (_, i, _), p in zip(seen, points, strict=True)]))
        done += len(some)
    vectors = np.zeros((len(faces), rows[0].shape[1] if rows else 1), np.float32)
    if rows:
        vectors[found] = np.concatenate(rows)
    return Embedded(vectors, found, looks)


def _largest(detector: Detector, image: Image, side: int) -> Crop | None:
    found = believed(detector, image)
    if not len(found):
        return None
    largest = int(np.prod(found.boxes[:, 2:], axis=1).argmax())
    return crop_of_box(found.boxes[largest].tolist(), found.five[largest], side)
