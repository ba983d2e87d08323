"""Faces of every set aligned as the embedding network sees them, with room around for jitter."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from training.config import Source
from training.datasets.faces import DatasetError, LabelledFace
from training.datasets.names import person_and_video
from training.datasets.people import PersonFace, read_people
from training.datasets.splits import Part, part_of, select
from vitrine.vision.crop import Image
from vitrine.vision.embedding import SIDE, alignment
from vitrine.vision.shape import five_points

WIDE: Final = 144
ROOM: Final = (WIDE - SIDE) // 2
Pictures = NDArray[np.uint8]


@dataclass(frozen=True)
class AlignedFaces:
    """Pictures (n, 144, 144, 3) BGR, whose they are, and of which video; a photo is its own."""

    pictures: Pictures
    people: list[str]
    videos: list[str]

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
        return self.some(chosen)

    def some(self, chosen: Sequence[int]) -> "AlignedFaces":
        """Those at these places."""
        people, videos = (
            [names[place] for place in chosen] for names in (self.people, self.videos)
        )
        return AlignedFaces(self.pictures[chosen], people, videos)


def read_aligned(
    people: Path | None, labelled: Iterable[Source], part: Part
) -> AlignedFaces:
    """One part of a set of aligned people and of sets with 68 points. Raises DatasetError."""
    sets = (
        [aligned_people([f for f in read_people(people) if part_of(f.person) == part])]
        if people
        else []
    )
    sets += [aligned_labelled(select(source.read(), part)) for source in labelled]
    pictures = np.concatenate([some.pictures for some in sets])
    return AlignedFaces(
        pictures,
        [p for some in sets for p in some.people],
        [v for some in sets for v in some.videos],
    )


def aligned_people(faces: Sequence[PersonFace]) -> AlignedFaces:
    """Pictures that are aligned already. Raises DatasetError for those of another size."""
    pictures = np.empty((len(faces), WIDE, WIDE, 3), np.uint8)
    for place, face in enumerate(faces):
        picture = face.image()
        if picture.shape[:2] != (WIDE, WIDE):
            raise DatasetError(
                face.name, None, f"not a face aligned in {WIDE} × {WIDE} pixels"
            )
        pictures[place] = picture
    return AlignedFaces(
        pictures, [face.person for face in faces], [face.video for face in faces]
    )


def aligned_labelled(faces: Sequence[LabelledFace]) -> AlignedFaces:
    """Faces aligned by their labels."""
    pictures = np.array([wide(face) for face in faces], np.uint8).reshape(
        -1, WIDE, WIDE, 3
    )
    videos = [person_and_video(face.name)[1] for face in faces]
    return AlignedFaces(pictures, [face.group for face in faces], videos)


def wide(face: LabelledFace) -> Image:
    """A labelled face aligned in (144, 144, 3)."""
    affine = alignment(five_points(face.points).astype(np.float64))
    affine[:, 2] += ROOM
    return np.asarray(
        cv2.warpAffine(face.image(), affine, (WIDE, WIDE), flags=cv2.INTER_LINEAR),
        np.uint8,
    )


def jittered(picture: Image, rng: np.random.Generator) -> Image:
    """(144, 144, 3) → (112, 112, 3), turned, scaled and shifted as landmarks err, one in six far."""
    wild = 2.5 if rng.random() < 1 / 6 else 1.0
    angle = wild * rng.normal(0, 3)
    size = float(np.exp(wild * rng.normal(0, 0.03)))
    affine = cv2.getRotationMatrix2D(((WIDE - 1) / 2, (WIDE - 1) / 2), angle, size)
    shift = np.column_stack([np.zeros((2, 2)), wild * rng.normal(0, 1.5, 2) - ROOM])
    return np.asarray(
        cv2.warpAffine(picture, affine + shift, (SIDE, SIDE), flags=cv2.INTER_LINEAR),
        np.uint8,
    )
