"""Pictures with their faces, from which the detector's tiles are composed."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from training.augmentation import cached
from training.boxes import face_box
from training.datasets.faces import Files, LabelledFace, decoded
from training.datasets.people import PersonFace
from training.turning import turned
from vitrine.synthetic import SyntheticMall
from vitrine.vision.crop import Image
from vitrine.vision.detectors import Detections
from vitrine.vision.shape import five_points

Floats = NDArray[np.float32]
Detect = Callable[[Image], Detections]

LARGEST: Final = 400
"""Longer side that is kept of a photo."""
CUT: Final = 160
"""Longer side that is kept of a cut without a face."""
SMALLEST_LEVEL: Final = 24
BELIEVED: Final = 0.6
"""Score from which the teacher's face is a label; below, nobody knows, and the place is ignored."""
SHARED: Final = 0.3
"""Share of the union from which two boxes are the same face."""
PROFILE: Final = 75.0
"""Degrees of yaw from which nobody can say whether a drawn head shows a face."""
FIRST_SEED: Final = 1_000
"""Of the training malls: the field test, the benchmarks and the demo use smaller ones."""
TRAINING_SHELVES: Final = 100
"""The first by name are for training; the others count false alarms."""


@dataclass(frozen=True)
class Picture:
    """A picture, its faces, and where it is not known whether there are any; pixels of the picture."""

    image: Image
    boxes: Floats = field(default_factory=lambda: np.zeros((0, 4), np.float32))
    """(n, 4): x, y, width, height."""
    five: Floats = field(default_factory=lambda: np.zeros((0, 5, 2), np.float32))
    """(n, 5, 2)."""
    ignored: Floats = field(default_factory=lambda: np.zeros((0, 4), np.float32))
    """(m, 4)."""

    @cached_property
    def levels(self) -> tuple[Image, ...]:
        """The picture, then halved again and again, so that small faces keep no jagged edges."""
        levels = [self.image]
        while min(levels[-1].shape[:2]) >= 2 * SMALLEST_LEVEL:
            height, width = levels[-1].shape[:2]
            smaller = cv2.resize(
                levels[-1], (width // 2, height // 2), interpolation=cv2.INTER_AREA
            )
            levels.append(np.asarray(smaller, np.uint8))
        return tuple(levels)


def shrunk(image: Image, largest: int = LARGEST) -> tuple[Image, float]:
    """The picture with no side longer than `largest`, and its scale."""
    scale = min(1.0, largest / max(image.shape[:2]))
    if scale == 1:
        return image, 1.0
    size = round(image.shape[1] * scale), round(image.shape[0] * scale)
    return np.asarray(
        cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8
    ), scale


def overlaps(box: Floats, boxes: Floats) -> Floats:
    """Share of the union of one box (4,) and each of n (n, 4)."""
    low = np.maximum(box[:2], boxes[:, :2])
    high = np.minimum(box[:2] + box[2:], boxes[:, :2] + boxes[:, 2:])
    shared = np.maximum(high - low, 0).prod(axis=1)
    return np.asarray(
        shared / (box[2:].prod() + boxes[:, 2:].prod(axis=1) - shared), np.float32
    )


def labelled_picture(face: LabelledFace, teacher: Detect) -> Picture:
    """A face with 68 points; other faces that the teacher sees are ignored."""
    image, scale = shrunk(face.image())
    points = face.points * scale
    box = face_box(points)
    found = teacher(image)
    others = found.boxes[overlaps(box, found.boxes) < SHARED]
    return Picture(
        image, box[None], five_points(points)[None].astype(np.float32), others
    )


def taught_picture(image: Image, teacher: Detect) -> Picture:
    """A picture without labels: the faces are the teacher's."""
    found = teacher(image)
    sure = found.scores >= BELIEVED
    return Picture(image, found.boxes[sure], found.five[sure], found.boxes[~sure])


def aligned_pictures(faces: Sequence[PersonFace], teacher: Detect) -> list[Picture]:
    """One picture of each face that the teacher finds."""
    pictures = (taught_picture(face.image(), teacher) for face in faces)
    return [picture for picture in pictures if len(picture.boxes)]


def shelf_pictures(path: Path) -> list[Picture]:
    """The shelves that may be trained on."""
    files = Files(path)
    pictures = [name for name in files.names if name.endswith(".jpg")][
        :TRAINING_SHELVES
    ]
    return [
        Picture(shrunk(decoded(files.read(name), name), 640)[0]) for name in pictures
    ]


def video_pictures(path: Path, teacher: Detect, every: int = 10) -> list[Picture]:
    """Each n-th frame of a video with the teacher's faces."""
    capture = cv2.VideoCapture(str(path))
    pictures = []
    while capture.grab():
        if int(capture.get(cv2.CAP_PROP_POS_FRAMES)) % every == 0:
            image = np.asarray(capture.retrieve()[1], np.uint8)
            pictures.append(taught_picture(shrunk(image, 640)[0], teacher))
    return pictures


def mall_pictures(malls: Iterable[int], frames: int) -> Iterator[Picture]:
    """Frames of synthetic malls with what is true of them; hidden faces, profiles and posters are ignored."""
    scenes = ("rush", "quiet", "night", "posters", "rush", "returning")
    for number in malls:
        uri = f"synthetic:?scene={scenes[number % len(scenes)]}&seed={FIRST_SEED + number}"
        mall = SyntheticMall.from_uri(uri, 640, 360, 10)
        for n in np.linspace(100, 1100, frames):
            image, truth = mall.frame(int(n))
            clear = [p for p in truth.people if p.visible and abs(p.yaw) < PROFILE]
            unclear = [face_box(p.points) for p in truth.people if p not in clear]
            yield Picture(
                image,
                np.array([face_box(p.points) for p in clear], np.float32).reshape(
                    -1, 4
                ),
                np.array([five_points(p.points) for p in clear], np.float32).reshape(
                    -1, 5, 2
                ),
                np.array([*unclear, *truth.decoys], np.float32).reshape(-1, 4),
            )


def turned_picture(face: LabelledFace, rng: np.random.Generator) -> Picture | None:
    """The face turned farther than it was photographed; None where that would be too far."""
    view = turned(cached(face), rng)
    if view is None:
        return None
    five = five_points(view.points)[None].astype(np.float32)
    return Picture(view.image, face_box(view.points)[None], five)


def cut_like_people(
    pictures: Sequence[Picture], count: int, rng: np.random.Generator
) -> list[Picture]:
    """Square-like cuts of pictures without a face, some small and some large."""
    return [
        _cut(pictures[int(rng.integers(len(pictures)))].image, rng)
        for _ in range(count)
    ]


def _cut(image: Image, rng: np.random.Generator) -> Picture:
    sides = np.array(image.shape[:2])
    side = np.exp(rng.uniform(np.log(min(40, sides.min())), np.log(sides.min())))
    size = np.minimum(side * np.exp(rng.normal(0, 0.1, 2)), sides).astype(int)
    top, left = rng.integers(0, sides - size + 1)
    return Picture(
        shrunk(
            np.ascontiguousarray(image[top : top + size[0], left : left + size[1]]), CUT
        )[0]
    )


def plain_pictures(count: int, rng: np.random.Generator) -> list[Picture]:
    """Walls: one colour each."""
    return [
        Picture(np.full((64, 64, 3), rng.integers(0, 256, 3), np.uint8))
        for _ in range(count)
    ]


def faceless_pieces(picture: Picture, least: int = 24) -> list[Image]:
    """What of a picture lies above, below, left and right of all its faces: necks, hair, clothes, rooms."""
    height, width = picture.image.shape[:2]
    known = np.concatenate([picture.boxes, picture.ignored])
    if not len(known):
        return [picture.image]
    x0, y0 = np.floor(known[:, :2].min(axis=0)).astype(int).clip(0)
    x1, y1 = np.ceil((known[:, :2] + known[:, 2:]).max(axis=0)).astype(int)
    image = picture.image
    pieces = [image[:y0], image[y1:height], image[:, :x0], image[:, x1:width]]
    return [
        np.ascontiguousarray(piece) for piece in pieces if min(piece.shape[:2]) >= least
    ]
