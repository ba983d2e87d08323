"""Everything that the detector's tiles are composed of, read and taught."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import numpy as np
import torch
from numpy.random import default_rng
from numpy.typing import NDArray
from pydantic import BaseModel, Field
from torch import nn

from training.config import Source
from training.datasets.faces import LabelledFace
from training.datasets.people import read_people
from training.datasets.splits import Part, part_of, select
from training.detector.alarms import mine
from training.detector.composer import Composer, Scenes
from training.detector.faceless import (
    cut_like_people,
    faceless_pieces,
    plain_pictures,
)
from training.detector.picture import Detect, Picture
from training.detector.sources import (
    aligned_pictures,
    labelled_picture,
    mall_pictures,
    shelf_pictures,
    turned_picture,
    video_pictures,
)
from vitrine.vision.detectors import SingleShot

T = TypeVar("T")

VALIDATION_EVERY: Final = 10
"""Each n-th shelf and mall chooses the best weights instead."""
MINED_SCORE: Final = 0.15
"""Score from which a false alarm is learnt from: half of what confirms a track in service."""
WALLS: Final = 200
CUTS: Final = 2_000
"""Pieces that are pasted as if they were people, of pictures without a face and of false alarms."""
PIECES_EVERY: Final = 6
"""Each n-th piece is searched for false alarms: they are many, and alike."""


class PictureSettings(BaseModel):
    """Say where the pictures come from."""

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
    """Hold the pictures of one part."""

    labelled: list[list[Picture]]
    turned: list[Picture]
    aligned: list[Picture]
    shelves: list[Picture]
    malls: list[Picture]
    videos: list[Picture]
    pieces: list[Picture]
    """Of labelled pictures and videos, what shows no face."""

    def composer(self, alarms: Sequence[Picture] = ()) -> Composer:
        """Return a composer of tiles of these pictures, and of earlier false alarms."""
        rng = default_rng(0)
        # Shares of the backgrounds were chosen, not measured; false alarms weigh most, so that
        # a round unlearns what the one before took for a face.
        scenes: Scenes = [
            (0.1, plain_pictures(WALLS, rng)),
            (0.25, self.shelves),
            (0.25, self.malls),
            (0.2, self.pieces),
            (0.15, _joined(self.labelled)),
            (0.05, self.videos),
            (0.4, alarms),
        ]
        empty = [*self.pieces, *self.shelves]
        # A piece around an alarm may show a true face beside it.
        faceless_alarms = [alarm for alarm in alarms if not alarm.has_labels]
        lookalikes: list[Picture] = []
        for some in (empty, faceless_alarms):
            if some:
                lookalikes += cut_like_people(some, CUTS, rng)
        people = [*self.labelled, self.turned, self.aligned]
        return Composer(
            people,
            scenes,
            empty,
            lookalikes,
        )

    def false_alarms(self, network: nn.Module, teacher: Detect) -> list[Picture]:
        """Return what a network takes for a face in pictures that are known."""
        detector = SingleShot(_Torch(network), MINED_SCORE)
        some_pieces = self.pieces[::PIECES_EVERY]
        searched = [
            *self.shelves,
            *self.malls,
            *self.videos,
            *some_pieces,
        ]
        return mine(searched, detector.detect, teacher)


class _Torch:
    """Run a torch network as the detector class runs one of ONNX."""

    def __init__(self, network: nn.Module) -> None:
        self._network = network.eval()

    def run(self, batch: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        pictures = torch.from_numpy(batch)
        with torch.no_grad():
            outputs = self._network(pictures)
        return [output.numpy() for output in outputs]


def collect(
    config: PictureSettings,
    part: Part,
    teacher: Detect,
) -> Pictures:
    """Read everything of one part, which takes a minute or two. Raises DatasetError."""
    sets = [select(source.read(), part) for source in config.data]
    labelled: list[list[Picture]] = []
    for some in sets:
        pictures = [labelled_picture(face, teacher) for face in some]
        labelled.append(pictures)
    videos: list[Picture] = []
    # Frames of one video are alike, so none of them may choose weights.
    if part == "train":
        for path in config.videos:
            videos += video_pictures(path, teacher)
    people = read_people(config.aligned)
    of_part = [face for face in people if part_of(face.person) == part]
    shelves = shelf_pictures(config.shelves)
    mall_numbers = _of_part(range(config.malls), part)
    malls = mall_pictures(mall_numbers, config.mall_frames)
    with_faces = [*_joined(labelled), *videos]
    return Pictures(
        labelled=labelled,
        turned=_turned(sets),
        aligned=aligned_pictures(of_part, teacher),
        shelves=_of_part(shelves, part),
        malls=list(malls),
        videos=videos,
        pieces=_pieces(with_faces),
    )


def _turned(sets: Sequence[Sequence[LabelledFace]]) -> list[Picture]:
    rng = default_rng(1)
    pictures: list[Picture] = []
    for some in sets:
        for face in some:
            picture = turned_picture(face, rng)
            if picture is not None:
                pictures.append(picture)
    return pictures


def _pieces(pictures: Sequence[Picture]) -> list[Picture]:
    pieces: list[Picture] = []
    for picture in pictures:
        images = faceless_pieces(picture)
        pieces += map(Picture, images)
    return pieces


def _joined(sets: Sequence[Sequence[Picture]]) -> list[Picture]:
    joined: list[Picture] = []
    for some in sets:
        joined += some
    return joined


def _of_part(things: Sequence[T], part: Part) -> list[T]:
    """Return those of one part, of things that have no people."""
    chosen: list[T] = []
    for place, thing in enumerate(things):
        is_training = place % VALIDATION_EVERY != 0
        if is_training == (part == "train"):
            chosen.append(thing)
    return chosen
