"""Views of known people from good to hopeless, and what recognition makes of them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from training.aligned import ROOM, WIDE, AlignedFaces, Pictures
from training.degradation import blurred, compressed, cover, noisy, recoloured
from training.evaluation.models import Landmarker
from vitrine.vision.crop import Crop, Image, crop_of_box, crop_of_points, cut
from vitrine.vision.embedding import SIDE, TEMPLATE, Embedder, align
from vitrine.vision.quality import quality_cut

SMALLEST: Final = 0.14
"""Of the scales that pictures of 144 pixels are seen at; the largest is 1."""


@dataclass(frozen=True)
class Views:
    """n views and what they are compared with: the clean pictures that other videos have of somebody."""

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
        """As `load` reads it."""
        np.savez(path, **vars(self))

    @classmethod
    def load(cls, path: Path) -> "Views":
        with np.load(path) as stored:
            return cls(**stored)


def make_views(
    faces: AlignedFaces,
    each: int,
    landmarker: Landmarker,
    embedder: Embedder,
    seed: int = 0,
) -> Views:
    """`each` views of every picture of people who have another video or photo."""
    faces = faces.some(seen_twice(faces))
    rng = np.random.default_rng(seed)
    start = crop_of_box((ROOM, ROOM, SIDE, SIDE), TEMPLATE + ROOM, landmarker.side)
    clean = list[NDArray[np.float32]]()
    seen = list[NDArray[np.float32]]()
    cuts = list[Image]()
    heights = list[float]()
    for picture in track(faces.pictures, "views", console=Console(stderr=True)):
        points = landmarker.points([picture], [start])[0]
        frames = [frame_of(picture, rng) for _ in range(each)]
        crops: list[Crop] = [
            crop_of_points(points * (f.shape[0] / WIDE), landmarker.side)
            for f in frames
        ]
        found = landmarker.points(frames, crops)
        clean.append(embedder.embed([picture[ROOM:-ROOM, ROOM:-ROOM]])[0])
        seen.append(
            embedder.embed([align(f, p) for f, p in zip(frames, found, strict=True)])
        )
        cuts += [
            quality_cut(cut(f, c, landmarker.side))
            for f, c in zip(frames, crops, strict=True)
        ]
        heights += [float(np.ptp(these[:, 1])) for these in found]
    genuine, impostor = _compared(faces, np.array(clean), np.array(seen))
    people = np.repeat(faces.people, each)
    return Views(np.array(cuts), np.array(heights), genuine, impostor, people)


def seen_twice(faces: AlignedFaces) -> list[int]:
    """Places of the pictures of people with two videos or photos at least."""
    videos: dict[str, set[str]] = {}
    for person, video in zip(faces.people, faces.videos, strict=True):
        videos.setdefault(person, set()).add(video)
    return [
        place for place, person in enumerate(faces.people) if len(videos[person]) > 1
    ]


def frame_of(picture: Image, rng: np.random.Generator) -> Image:
    """An aligned picture as a camera at some distance, in some light, would have it."""
    view = picture.copy()
    if rng.random() < 0.1:
        cover(view, rng)
    if rng.random() < 0.5:
        view = recoloured(view, rng)
    if rng.random() < 0.25:
        view = blurred(view, rng)
    side = max(16, round(WIDE * float(np.exp(rng.uniform(np.log(SMALLEST), 0)))))
    view = np.asarray(
        cv2.resize(view, (side, side), interpolation=cv2.INTER_AREA), np.uint8
    )
    if rng.random() < 0.3:
        view = noisy(view, rng)
    return compressed(view, int(rng.integers(30, 95))) if rng.random() < 0.4 else view


def _compared(
    faces: AlignedFaces, clean: NDArray[np.float32], seen: NDArray[np.float32]
) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Genuine and impostor cosines of the views `seen` (m, each, d) of the pictures `clean` (m, d)."""
    owners = np.array(faces.people)
    videos = np.array(faces.videos)
    names = np.unique(owners)
    means = np.array([_unit(clean[owners == name].sum(axis=0)) for name in names])
    genuine = list[NDArray[np.float32]]()
    impostor = list[NDArray[np.float32]]()
    for place, views in enumerate(seen):
        others = clean[(owners == owners[place]) & (videos != videos[place])]
        genuine.append(views @ _unit(others.sum(axis=0)))
        impostor.append((views @ means[names != owners[place]].T).ravel())
    return np.concatenate(genuine).astype(np.float64), np.concatenate(impostor)


def _unit(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-9))
