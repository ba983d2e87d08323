"""Views of known people from good to hopeless, and what recognition makes of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import cv2
import numpy as np
from numpy.random import Generator, default_rng
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from training.pictures.aligned import ROOM, WIDE, AlignedFaces, Pictures
from training.pictures.chance import log_uniform
from training.pictures.degradation import (
    SENSOR_NOISE,
    blurred,
    compressed,
    cover,
    noisy,
    recoloured,
)
from vitrine.vision.crop import Crop, Image, crop_of_box, crop_of_points, cut
from vitrine.vision.embedding import SIDE, TEMPLATE, Embedder, align
from vitrine.vision.quality import quality_cut
from vitrine.vision.shape import Points

Vectors = NDArray[np.float32]

SMALLEST: Final = 0.14
"""Of the scales that pictures of 144 pixels are seen at; the largest is 1.

It leaves a face of 16 pixels; chosen, not measured.
"""
FEWEST: Final = 16
"""Pixels of a frame, at least."""


class FindsPoints(Protocol):
    """Find the 68 points of faces, as `training.evaluation.models.Landmarker` does."""

    @property
    def side(self) -> int:
        """Pixels of the crop."""

    def points(
        self, images: Sequence[Image], crops: Sequence[Crop]
    ) -> NDArray[np.float32]:
        """Return the points of each face in pixels of its picture, (n, 68, 2)."""


@dataclass(frozen=True)
class Views:
    """Hold n views and how they compare with the clean pictures that other videos have."""

    cuts: Pictures
    """(n, 56, 56, 3), as the quality network sees them."""
    heights: NDArray[np.float64]
    """(n,): of the face, in pixels."""
    genuine: NDArray[np.float64]
    """(n,): cosine to the mean of the person's other videos."""
    impostor: NDArray[np.float32]
    """(n × k,): cosines to others' means."""
    people: NDArray[np.str_]
    """(n,)."""

    def save(self, path: Path) -> None:
        """Write an .npz as `load` reads it."""
        np.savez(path, **vars(self))

    @classmethod
    def load(cls, path: Path) -> "Views":
        """Read what `save` wrote."""
        with np.load(path) as stored:
            return cls(**stored)


@dataclass(frozen=True)
class _Seen:
    """Hold what the networks make of the views of one picture."""

    vectors: Vectors
    """(each, 128)."""
    cuts: list[Image]
    heights: list[float]


def make_views(
    faces: AlignedFaces,
    each: int,
    landmarker: FindsPoints,
    embedder: Embedder,
    seed: int = 0,
) -> Views:
    """Return `each` views of every picture of people who have another video or photo."""
    faces = faces.some(seen_twice(faces))
    rng = default_rng(seed)
    side = landmarker.side
    box = (ROOM, ROOM, SIDE, SIDE)
    # The five points of an aligned face are known before anything is found.
    start = crop_of_box(box, TEMPLATE + ROOM, side)
    clean: list[Vectors] = []
    vectors: list[Vectors] = []
    cuts: list[Image] = []
    heights: list[float] = []
    for picture in track(
        faces.pictures,
        "views",
        console=Console(stderr=True),
    ):
        found = landmarker.points([picture], [start])
        frames = [frame_of(picture, rng) for _ in range(each)]
        upright = picture[ROOM:-ROOM, ROOM:-ROOM]
        of_upright = embedder.embed([upright])
        seen = _look_at(
            frames,
            found[0],
            landmarker,
            embedder,
        )
        clean.append(of_upright[0])
        vectors.append(seen.vectors)
        cuts += seen.cuts
        heights += seen.heights
    clean_vectors = np.array(clean)
    seen_vectors = np.array(vectors)
    genuine, impostor = _compared(faces, clean_vectors, seen_vectors)
    people = np.repeat(faces.people, each)
    return Views(
        np.array(cuts),
        np.array(heights),
        genuine,
        impostor,
        people,
    )


def _look_at(
    frames: Sequence[Image],
    points: Points,
    landmarker: FindsPoints,
    embedder: Embedder,
) -> _Seen:
    """Treat frames of one picture as the product does; `points` are those of the clean picture."""
    side = landmarker.side
    crops: list[Crop] = []
    cuts: list[Image] = []
    for frame in frames:
        # As tracking has it: the points of the frame before give the crop.
        scale = frame.shape[0] / WIDE
        scaled = points * scale
        crop = crop_of_points(scaled, side)
        picture = cut(frame, crop, side)
        small = quality_cut(picture)
        crops.append(crop)
        cuts.append(small)
    found = landmarker.points(frames, crops)
    aligned: list[Image] = []
    heights: list[float] = []
    for frame, these in zip(
        frames,
        found,
        strict=True,
    ):
        y = these[:, 1]
        height = float(np.ptp(y))
        upright = align(frame, these)
        aligned.append(upright)
        heights.append(height)
    vectors = embedder.embed(aligned)
    return _Seen(vectors, cuts, heights)


def seen_twice(faces: AlignedFaces) -> list[int]:
    """Return the places of the pictures of people with two videos or photos at least."""
    videos: dict[str, set[str]] = {}
    for person, video in zip(
        faces.people,
        faces.videos,
        strict=True,
    ):
        own = videos.setdefault(person, set())
        own.add(video)
    places: list[int] = []
    for place, person in enumerate(faces.people):
        if len(videos[person]) > 1:
            places.append(place)
    return places


def frame_of(picture: Image, rng: Generator) -> Image:
    """Return an aligned picture as a camera at some distance, in some light, would have it."""
    view = picture.copy()
    # In the order of the light's way: what is in front, light, lens, distance, sensor, stream.
    if rng.random() < 0.1:
        cover(view, rng)
    if rng.random() < 0.5:
        view = recoloured(view, rng)
    if rng.random() < 0.25:
        view = blurred(view, rng)
    scale = log_uniform(SMALLEST, 1, rng)
    side = max(FEWEST, round(WIDE * scale))
    resized = cv2.resize(
        view,
        (side, side),
        interpolation=cv2.INTER_AREA,
    )
    view = np.asarray(resized, np.uint8)
    if rng.random() < 0.3:
        view = noisy(view, SENSOR_NOISE, rng)
    if rng.random() < 0.4:
        grade = rng.integers(30, 95)
        view = compressed(view, int(grade))
    return view


def _compared(
    faces: AlignedFaces,
    clean: Vectors,
    seen: Vectors,
) -> tuple[NDArray[np.float64], Vectors]:
    """Return genuine and impostor cosines of views (m, each, d) of the pictures `clean` (m, d)."""
    owners = np.array(faces.people)
    videos = np.array(faces.videos)
    names = np.unique(owners)
    units: list[Vectors] = []
    for name in names:
        is_own = owners == name
        total = clean[is_own].sum(axis=0)
        units.append(_unit(total))
    means = np.array(units)
    # A view is compared with other videos alone: frames of one video are nearly the same.
    genuine: list[Vectors] = []
    impostor: list[Vectors] = []
    for place, views in enumerate(seen):
        owner = owners[place]
        is_own = owners == owner
        is_other_video = videos != videos[place]
        other_videos = clean[is_own & is_other_video]
        total = other_videos.sum(axis=0)
        own_mean = _unit(total)
        other_people = means[names != owner]
        to_others = views @ other_people.T
        genuine.append(views @ own_mean)
        impostor.append(to_others.ravel())
    to_own = np.concatenate(genuine)
    return to_own.astype(np.float64), np.concatenate(impostor)


def _unit(vector: Vectors) -> Vectors:
    length = float(np.linalg.norm(vector))
    # Vectors may cancel out; nothing is like their sum.
    safe = max(length, 1e-9)
    return np.asarray(vector / safe)
