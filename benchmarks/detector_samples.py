"""Give pictures to compare detectors on: faces put on shelves, and frames of videos."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from benchmarks.face_samples import HEIGHT, WIDTH, compressed, shrunk
from training.datasets.faces import LabelledFace
from training.datasets.keypoints_csv import read_keypoints_csv
from training.datasets.pts import read_pts
from training.datasets.splits import select
from training.evaluation.subgroups import face_size
from vitrine.fieldtest.labels import Labels, read_labels, true_frames
from vitrine.fieldtest.measured import SeenFrame
from vitrine.vision.crop import Image
from vitrine.vision.pose import head_pose
from vitrine.vision.shape import Points

SIZES: Final = (12, 16, 20, 24, 32, 48, 64, 96)
"""Square roots of the areas of face boxes, pixels."""
FACES: Final = 200
EVERY: Final = 5
"""Each n-th frame of a video."""
LABELS: Final = Path("vitrine/fieldtest/labels")
Boxes = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Placed:
    """Hold a face in a shop."""

    picture: Image
    points: Points
    group: str
    size: int
    yaw: float


@dataclass(frozen=True)
class Frame:
    """Hold a frame of a video, and the boxes of the faces that a person saw."""

    picture: Image
    boxes: Boxes
    complete: bool


def held_out(data: Path) -> list[LabelledFace]:
    """Return some of the faces that nothing was trained on or chosen by."""
    video_faces = read_keypoints_csv(data / "youtube_faces_keypoints.zip")
    photos = read_pts(data / "helen_afw_68.zip")
    faces = select(video_faces, "held-out") + select(photos, "held-out")
    rng = np.random.default_rng(0)
    picked = rng.permutation(len(faces))[:FACES]
    return [faces[index] for index in picked]


def placed_faces(
    faces: Sequence[LabelledFace], walls: Sequence[Image]
) -> Iterator[Placed]:
    """Yield each face at each size that it can be scaled down to, anywhere on a shelf."""
    rng = np.random.default_rng(1)
    for face in faces:
        image = face.image()
        points = face.points
        height, width = image.shape[:2]
        pose = head_pose(points, width, height)
        own_size = face_size(points)
        for size in SIZES:
            scale = size / own_size
            # Enlarged faces would be softer than a camera's.
            if scale > 1:
                continue
            small = shrunk(image, scale)[:HEIGHT, :WIDTH]
            index = int(rng.integers(len(walls)))
            wall = cv2.resize(walls[index], (WIDTH, HEIGHT))
            shop = np.asarray(wall, np.uint8)
            corner = put(small, shop, rng)
            # Pixels are squares: the middle of the first one is at 0.5.
            moved = (points + 0.5) * scale - 0.5 + corner
            yield Placed(
                picture=compressed(shop),
                points=moved,
                group=face.group,
                size=size,
                yaw=pose.yaw,
            )


def put(
    small: Image,
    shop: Image,
    rng: np.random.Generator,
) -> tuple[int, int]:
    """Copy a picture to anywhere in a larger one; return its left and upper edge."""
    height, width = small.shape[:2]
    room = np.array([WIDTH - width, HEIGHT - height])
    x, y = rng.integers(0, room + 1)
    rows = slice(y, y + height)
    columns = slice(x, x + width)
    shop[rows, columns] = small
    return x, y


def labelled_frames(folder: Path, name: str) -> Iterator[Frame]:
    """Yield each EVERY-th frame of a video, at most 640 pixels long, with its hand labels."""
    labels = read_labels(LABELS / f"{name}.csv")
    capture = cv2.VideoCapture(str(folder / labels.video))
    number = 0
    # Not every file carries a rate.
    rate = capture.get(cv2.CAP_PROP_FPS) or 25
    while capture.grab():
        if number % EVERY == 0:
            _, retrieved = capture.retrieve()
            picture = np.asarray(retrieved, np.uint8)
            height, width = picture.shape[:2]
            scale = WIDTH / max(height, width)
            small_width = round(width * scale)
            small_height = round(height * scale)
            size = (small_width, small_height)
            small = cv2.resize(
                picture,
                size,
                interpolation=cv2.INTER_AREA,
            )
            yield Frame(
                picture=np.asarray(small, np.uint8),
                boxes=_boxes(labels, number / rate, size),
                complete=labels.complete,
            )
        number += 1


def _boxes(
    labels: Labels,
    at_s: float,
    size: tuple[int, int],
) -> Boxes:
    width, height = size
    seen = SeenFrame(
        "",
        "",
        round(at_s * 1e9),
        width,
        height,
        {},
    )
    truth = true_frames(labels, [seen], 0)[0]
    boxes = [person.box for person in truth.people]
    rows = np.array(boxes, np.float64)
    # Of four columns also where nobody is.
    return rows.reshape(-1, 4)
