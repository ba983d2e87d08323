"""Faces of every set aligned as the embedding network sees them, with room around for jitter."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from training.config import Source
from training.datasets.faces import DatasetError, LabelledFace
from training.datasets.people import read_people
from training.datasets.splits import Part, part_of, select
from vitrine.vision.crop import Image
from vitrine.vision.embedding import SIDE, alignment
from vitrine.vision.shape import five_points

WIDE: Final = 144
ROOM: Final = (WIDE - SIDE) // 2
Pictures = NDArray[np.uint8]


@dataclass(frozen=True)
class AlignedFaces:
    """Pictures (n, 144, 144, 3) BGR and whose they are."""

    pictures: Pictures
    people: list[str]

    @property
    def upright(self) -> Pictures:
        """The pictures that `vitrine.vision.embedding.align` gives, (n, 112, 112, 3)."""
        return self.pictures[:, ROOM:-ROOM, ROOM:-ROOM]

    def at_most(self, count: int) -> "AlignedFaces":
        """The first pictures of each person."""
        seen: Counter[str] = Counter()
        chosen = []
        for place, person in enumerate(self.people):
            seen[person] += 1
            if seen[person] <= count:
                chosen.append(place)
        return AlignedFaces(self.pictures[chosen], [self.people[place] for place in chosen])


def read_aligned(people: Path | None, labelled: Iterable[Source], part: Part) -> AlignedFaces:
    """One part of a set of aligned people and of sets with 68 points. Raises DatasetError."""
    pictures: list[Image] = []
    names: list[str] = []
    for person in read_people(people) if people else []:
        if part_of(person.person) == part:
            picture = person.image()
            if picture.shape[:2] != (WIDE, WIDE):
                raise DatasetError(person.name, None, f"not a face aligned in {WIDE} × {WIDE} pixels")
            pictures.append(picture)
            names.append(person.person)
    for source in labelled:
        for face in select(source.read(), part):
            pictures.append(wide(face))
            names.append(face.group)
    return AlignedFaces(np.array(pictures, np.uint8), names)


def wide(face: LabelledFace) -> Image:
    """A labelled face aligned in (144, 144, 3)."""
    affine = alignment(five_points(face.points).astype(np.float64))
    affine[:, 2] += ROOM
    return np.asarray(cv2.warpAffine(face.image(), affine, (WIDE, WIDE), flags=cv2.INTER_LINEAR), np.uint8)


def jittered(picture: Image, rng: np.random.Generator) -> Image:
    """(144, 144, 3) → (112, 112, 3), turned, scaled and shifted as landmarks err, one in six far."""
    wild = 2.5 if rng.random() < 1 / 6 else 1.0
    angle, size = wild * rng.normal(0, 3), float(np.exp(wild * rng.normal(0, 0.03)))
    affine = cv2.getRotationMatrix2D(((WIDE - 1) / 2, (WIDE - 1) / 2), angle, size)
    affine[:, 2] += wild * rng.normal(0, 1.5, 2) - ROOM
    return np.asarray(cv2.warpAffine(picture, affine, (SIDE, SIDE), flags=cv2.INTER_LINEAR), np.uint8)
