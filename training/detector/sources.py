"""Pictures of the detector's sets, with the faces that labels, the teacher or the truth know."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.random import Generator

from training.datasets.faces import Files, LabelledFace, decoded
from training.datasets.people import PersonFace
from training.detector.picture import (
    Detect,
    Floats,
    Picture,
    no_boxes,
    overlaps,
    shrunk,
)
from training.pictures.boxes import face_box
from training.pictures.cuts import cached
from training.pictures.turning import turned
from vitrine.synthetic import SyntheticMall
from vitrine.vision.crop import Image
from vitrine.vision.detectors import Detections
from vitrine.vision.shape import Points, five_points

SCENE: Final = 640
"""Longer side that is kept of a scene: what the product's detector sees of a VGA camera."""
VIDEO_STEP: Final = 10
"""Each n-th frame of a video is kept; neighbours are alike."""
BELIEVED: Final = 0.6
"""Score from which the teacher's face is a label; below, nobody knows, and the place is ignored."""
SHARED: Final = 0.3
"""Share of the union from which two boxes are the same face."""
PROFILE: Final = 75.0
"""Degrees of yaw from which nobody can say whether a drawn head shows a face."""
FIRST_SEED: Final = 1_000
"""Of the training malls: the field test, the benchmarks and the demo use smaller ones."""
SCENES: Final = ("rush", "quiet", "night", "posters", "rush", "returning")
"""Of the malls, in turn; twice the one with most people."""
MALL_SIZE: Final = (640, 360, 10)
"""Width, height, frames a second."""
MALL_FRAMES: Final = (100, 1100)
"""First and last frame that is taken: after 10 s people have come in."""
TRAINING_SHELVES: Final = 100
"""The first by name are for training; the others count false alarms."""


def labelled_picture(face: LabelledFace, teacher: Detect) -> Picture:
    """Return a face with 68 points; other faces that the teacher sees are ignored."""
    whole = face.image()
    image, scale = shrunk(whole)
    points = face.points * scale
    box = face_box(points)
    # Sets label one face a picture, but others stand in the background.
    found = teacher(image)
    shares = overlaps(box, found.boxes)
    is_other = shares < SHARED
    return _one_face(
        image,
        box,
        points,
        ignored=found.boxes[is_other],
    )


def _one_face(
    image: Image,
    box: Floats,
    points: Points,
    ignored: Floats,
) -> Picture:
    """Return a picture of one face with a box (4,) and 68 points."""
    five = five_points(points)[None]
    return Picture(
        image,
        box[None],
        five.astype(np.float32),
        ignored,
    )


def taught_picture(image: Image, teacher: Detect) -> Picture:
    """Return a picture without labels: the faces are the teacher's."""
    found: Detections = teacher(image)
    sure = found.scores >= BELIEVED
    return Picture(
        image,
        boxes=found.boxes[sure],
        five=found.five[sure],
        ignored=found.boxes[~sure],
    )


def aligned_pictures(faces: Sequence[PersonFace], teacher: Detect) -> list[Picture]:
    """Return one picture of each face that the teacher finds."""
    pictures: list[Picture] = []
    for face in faces:
        picture = taught_picture(face.image(), teacher)
        if len(picture.boxes):
            pictures.append(picture)
    return pictures


def shelf_pictures(path: Path) -> list[Picture]:
    """Read the shelves that may be trained on. Raises DatasetError."""
    files = Files(path)
    names = [name for name in files.names if name.endswith(".jpg")]
    pictures: list[Picture] = []
    for name in names[:TRAINING_SHELVES]:
        content = files.read(name)
        image = decoded(content, name)
        small, _ = shrunk(image, SCENE)
        pictures.append(Picture(small))
    return pictures


def video_pictures(path: Path, teacher: Detect) -> list[Picture]:
    """Return each tenth frame of a video with the teacher's faces."""
    capture = cv2.VideoCapture(str(path))
    pictures: list[Picture] = []
    while capture.grab():
        number = int(capture.get(cv2.CAP_PROP_POS_FRAMES))
        if number % VIDEO_STEP != 0:
            continue
        _, frame = capture.retrieve()
        image = np.asarray(frame, np.uint8)
        small, _ = shrunk(image, SCENE)
        picture = taught_picture(small, teacher)
        pictures.append(picture)
    return pictures


def mall_pictures(malls: Iterable[int], frames: int) -> Iterator[Picture]:
    """Yield frames of synthetic malls with what is true of them.

    Hidden faces, profiles and posters are ignored.
    """
    first, last = MALL_FRAMES
    for number in malls:
        scene = SCENES[number % len(SCENES)]
        seed = FIRST_SEED + number
        uri = f"synthetic:?scene={scene}&seed={seed}"
        mall = SyntheticMall.from_uri(uri, *MALL_SIZE)
        for frame in np.linspace(first, last, frames):
            yield _mall_picture(mall, int(frame))


def _mall_picture(mall: SyntheticMall, frame: int) -> Picture:
    image, truth = mall.frame(frame)
    boxes: list[Floats] = []
    five: list[Floats] = []
    unclear: list[Floats] = []
    for person in truth.people:
        box = face_box(person.points)
        is_profile = abs(person.yaw) >= PROFILE
        if is_profile or not person.visible:
            unclear.append(box)
            continue
        own_five = five_points(person.points)
        boxes.append(box)
        five.append(own_five)
    # A static face looks like a face and is no person: the detector may say either.
    ignored = [*unclear, *truth.static_faces]
    all_five = np.array(five, np.float32)
    return Picture(
        image,
        _boxes(boxes),
        all_five.reshape(-1, 5, 2),
        _boxes(ignored),
    )


def _boxes(boxes: Sequence[object]) -> Floats:
    """Return boxes as (n, 4), also where there are none."""
    stacked = np.array(boxes, np.float32)
    return stacked.reshape(-1, 4)


def turned_picture(face: LabelledFace, rng: Generator) -> Picture | None:
    """Return the face turned farther than it was photographed; None where it would be too far."""
    view = turned(cached(face), rng)
    if view is None:
        return None
    box = face_box(view.points)
    return _one_face(
        view.image,
        box,
        view.points,
        ignored=no_boxes(),
    )
