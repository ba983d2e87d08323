"""Everything that the detector's tiles are composed of, read and taught."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, Field
from torch import nn

from training.config import Source
from training.datasets.people import read_people
from training.datasets.splits import Part, part_of, select
from training.mined import mine
from training.pictures import (
    Detect,
    Picture,
    aligned_pictures,
    cut_like_people,
    faceless_pieces,
    labelled_picture,
    mall_pictures,
    plain_pictures,
    shelf_pictures,
    turned_picture,
    video_pictures,
)
from training.tiles import Composer
from vitrine.vision.detectors import SingleShot

T = TypeVar("T")

VALIDATION_EVERY: Final = 10
"""Each n-th shelf and mall chooses the best weights instead."""
MINED_SCORE: Final = 0.15
"""Score from which a false alarm is worth learning from."""
WALLS: Final = 200
CUTS: Final = 2_000
"""Pieces that are pasted as if they were people, of pictures without a face and of false alarms."""
PIECES_EVERY: Final = 6
"""Each n-th piece is searched for false alarms: they are many, and alike."""


class PictureSettings(BaseModel):
    """Where the pictures come from."""

    data: list[Source] = Field(min_length=1)
    """Faces with 68 points: true boxes."""
    aligned: Path
    """A folder a person; the teacher's boxes."""
    shelves: Path
    videos: tuple[Path, ...] = ()
    teacher: Path
    """YuNet: boxes where there are no labels, and faces that nobody labelled."""
    malls: int = Field(ge=0)
    mall_frames: int = Field(6, ge=1)


@dataclass(frozen=True)
class Pictures:
    """The pictures of one part."""

    labelled: list[list[Picture]]
    turned: list[Picture]
    aligned: list[Picture]
    shelves: list[Picture]
    malls: list[Picture]
    videos: list[Picture]
    pieces: list[Picture]
    """Of labelled pictures and videos, what shows no face."""

    def composer(self, mined: Sequence[Picture] = ()) -> Composer:
        """Tiles of these pictures, and of what was mined."""
        photos = [picture for some in self.labelled for picture in some]
        rng = np.random.default_rng(0)
        scenes = [
            (0.1, plain_pictures(WALLS, rng)),
            (0.25, self.shelves),
            (0.25, self.malls),
            (0.2, self.pieces),
            (0.15, photos),
            (0.05, self.videos),
            (0.4, mined),
        ]
        empty = [*self.pieces, *self.shelves]
        alarms = [
            piece for piece in mined if not len(piece.boxes) and not len(piece.ignored)
        ]
        lookalikes = [
            cut
            for some in (empty, alarms)
            if some
            for cut in cut_like_people(some, CUTS, rng)
        ]
        return Composer(
            [*self.labelled, self.turned, self.aligned], scenes, empty, lookalikes
        )

    def false_alarms(self, network: nn.Module, teacher: Detect) -> list[Picture]:
        """What a network takes for a face in pictures that are known."""
        detect = SingleShot(_Torch(network), MINED_SCORE).detect
        return mine(
            [*self.shelves, *self.malls, *self.videos, *self.pieces[::PIECES_EVERY]],
            detect,
            teacher,
        )


class _Torch:
    """A torch network as the detector class runs it."""

    def __init__(self, network: nn.Module) -> None:
        self._network = network.eval()

    def run(self, batch: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        with torch.no_grad():
            return [output.numpy() for output in self._network(torch.from_numpy(batch))]


def collect(config: PictureSettings, part: Part, teacher: Detect) -> Pictures:
    """Reads everything; a minute or two. Raises DatasetError."""
    sets = [select(source.read(), part) for source in config.data]
    labelled = [[labelled_picture(face, teacher) for face in some] for some in sets]
    rng = np.random.default_rng(1)
    turned = [
        picture
        for some in sets
        for face in some
        if (picture := turned_picture(face, rng))
    ]
    people = [
        face for face in read_people(config.aligned) if part_of(face.person) == part
    ]
    videos = (
        [p for v in config.videos for p in video_pictures(v, teacher)]
        if part == "train"
        else []
    )
    photos = [picture for some in labelled for picture in some]
    return Pictures(
        labelled,
        turned,
        aligned_pictures(people, teacher),
        _of_part(shelf_pictures(config.shelves), part),
        list(mall_pictures(_of_part(range(config.malls), part), config.mall_frames)),
        videos,
        [
            Picture(cut)
            for picture in (*photos, *videos)
            for cut in faceless_pieces(picture)
        ],
    )


def _of_part(things: Sequence[T], part: Part) -> list[T]:
    """Those of one part, of things that have no people."""
    return [
        thing
        for n, thing in enumerate(things)
        if (n % VALIDATION_EVERY != 0) == (part == "train")
    ]
