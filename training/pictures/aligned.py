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
"""Side of an aligned picture, as the set of LFW faces was cut."""
ROOM: Final = (WIDE - SIDE) // 2
"""Pixels on each side around what the network sees."""
Pictures = NDArray[np.uint8]


@dataclass(frozen=True)
class AlignedFaces:
    """Hold aligned pictures, whose they are, and of which video; a photo is its own video."""

    pictures: Pictures
    """(n, 144, 144, 3) BGR."""
    people: list[str]
    videos: list[str]

    @property
    def upright(self) -> Pictures:
        """The pictures that `vitrine.vision.embedding.align` gives, (n, 112, 112, 3)."""
        inner = slice(ROOM, -ROOM)
        return self.pictures[:, inner, inner]

    def at_most(self, count: int) -> "AlignedFaces":
        """Return the first `count` pictures of each person."""
        seen: Counter[str] = Counter()
        chosen: list[int] = []
        for place, person in enumerate(self.people):
            seen[person] += 1
            if seen[person] <= count:
                chosen.append(place)
        return self.some(chosen)

    def some(self, chosen: Sequence[int]) -> "AlignedFaces":
        """Return those at these places."""
        people = [self.people[place] for place in chosen]
        videos = [self.videos[place] for place in chosen]
        return AlignedFaces(
            self.pictures[chosen],
            people,
            videos,
        )


def read_aligned(
    people: Path | None,
    labelled: Iterable[Source],
    part: Part,
) -> AlignedFaces:
    """Read one part of a set of aligned people and of sets with 68 points.

    Raises DatasetError.
    """
    sets: list[AlignedFaces] = []
    if people is not None:
        every = read_people(people)
        of_part = [face for face in every if part_of(face.person) == part]
        aligned = aligned_people(of_part)
        sets.append(aligned)
    for source in labelled:
        every_face = source.read()
        faces = select(every_face, part)
        aligned = aligned_labelled(faces)
        sets.append(aligned)
    return _joined(sets)


def _joined(sets: Sequence[AlignedFaces]) -> AlignedFaces:
    pictures: list[Pictures] = []
    people: list[str] = []
    videos: list[str] = []
    for some in sets:
        pictures.append(some.pictures)
        people += some.people
        videos += some.videos
    return AlignedFaces(
        np.concatenate(pictures),
        people,
        videos,
    )


def aligned_people(faces: Sequence[PersonFace]) -> AlignedFaces:
    """Return pictures that are aligned already. Raises DatasetError for another size."""
    pictures = _empty(len(faces))
    for place, face in enumerate(faces):
        picture = face.image()
        # A picture of another size is aligned in another way, or not at all.
        if picture.shape[:2] != (WIDE, WIDE):
            reason = f"not a face aligned in {WIDE} × {WIDE} pixels"
            raise DatasetError(face.name, None, reason)
        pictures[place] = picture
    people = [face.person for face in faces]
    videos = [face.video for face in faces]
    return AlignedFaces(pictures, people, videos)


def _empty(count: int) -> Pictures:
    return np.empty((count, WIDE, WIDE, 3), np.uint8)


def aligned_labelled(faces: Sequence[LabelledFace]) -> AlignedFaces:
    """Return faces aligned by their labels. Raises DatasetError."""
    pictures = _empty(len(faces))
    people: list[str] = []
    videos: list[str] = []
    for place, face in enumerate(faces):
        _, video = person_and_video(face.name)
        pictures[place] = wide(face)
        people.append(face.group)
        videos.append(video)
    return AlignedFaces(pictures, people, videos)


def wide(face: LabelledFace) -> Image:
    """Return a labelled face aligned in (144, 144, 3)."""
    five = five_points(face.points).astype(np.float64)
    affine = alignment(five)
    # The same alignment, in the middle of a larger picture.
    affine[:, 2] += ROOM
    picture = cv2.warpAffine(
        face.image(),
        affine,
        (WIDE, WIDE),
        flags=cv2.INTER_LINEAR,
    )
    return np.asarray(picture, np.uint8)
