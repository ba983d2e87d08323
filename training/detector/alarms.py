"""False alarms of earlier weights: pieces of pictures to learn from."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from training.detector.picture import (
    Detect,
    Floats,
    Picture,
    middle_inside,
    overlaps,
    placing,
    transformed,
)

SCALES: Final = (0.4, 0.7, 1.0, 1.5)
"""Of the pictures that are searched, so that alarms of all sizes are found."""
WINDOW: Final = 320
"""Side of a piece: a tile of 256 pixels, and room to move in it."""
MOST: Final = 3
"""Pieces of one picture at one scale, so that a single picture does not fill the file."""
SAME_FACE: Final = 0.2
"""Share of the union with a face, or with a doubtful place, from which a detection is no alarm.

Lower than what counts as found: half a face is better left out than taught as none.
"""
LEAST_SIDE: Final = 32
"""Pixels of a picture, at least: one cell of the coarsest stride."""
JPEG_GRADE: Final = 92


def mine(
    pictures: Iterable[Picture],
    detect: Detect,
    teacher: Detect,
) -> list[Picture]:
    """Return the false alarms of `detect` at several scales, each in the middle of its piece.

    What `teacher` takes for a face too is none.
    """
    pieces: list[Picture] = []
    for picture in pictures:
        for scale in SCALES:
            pieces += _at(
                picture,
                scale,
                detect,
                teacher,
            )
    return pieces


def _at(
    picture: Picture,
    scale: float,
    detect: Detect,
    teacher: Detect,
) -> list[Picture]:
    seen = _scaled(picture, scale)
    detections = detect(seen.image)
    alarms = _unknown(detections.boxes, seen)
    if not alarms:
        return []
    # The teacher is asked only where there is something to ask about: it takes longer.
    taught = teacher(seen.image).boxes
    ignored = np.concatenate([seen.ignored, taught])
    sure = Picture(
        seen.image,
        seen.boxes,
        seen.five,
        ignored,
    )
    # The teacher's faces are doubtful places now, so what it sees too is no alarm.
    found = np.array(alarms)
    unknown = _unknown(found, sure)
    return [_window(sure, box) for box in unknown[:MOST]]


def _scaled(picture: Picture, scale: float) -> Picture:
    height, width = picture.image.shape[:2]
    scaled_width = round(width * scale)
    scaled_height = round(height * scale)
    origin = np.zeros(2)
    affine = placing(
        scale,
        0,
        False,
        origin,
        origin,
    )
    return transformed(
        picture,
        affine,
        max(LEAST_SIDE, scaled_width),
        max(LEAST_SIDE, scaled_height),
    )


def _unknown(boxes: Floats, picture: Picture) -> list[Floats]:
    """Return the boxes that are neither on a face nor where nobody knows."""
    known = np.concatenate([picture.boxes, picture.ignored])
    unknown: list[Floats] = []
    for box in boxes:
        # A small box in a large face shares little of the union.
        inside = middle_inside(box, known)
        overlapping = overlaps(box, known) > SAME_FACE
        same = inside | overlapping
        if not same.any():
            unknown.append(box)
    return unknown


def _window(picture: Picture, box: Floats) -> Picture:
    """Return the piece around a box, as far as the picture reaches."""
    height, width = picture.image.shape[:2]
    spare = picture.size - WINDOW
    room = np.maximum(spare, 0)
    box_corner = box[:2]
    half = box[2:] / 2
    middle = box_corner + half
    around = np.round(middle - WINDOW / 2)
    corner = around.clip(0, room)
    affine = placing(
        1,
        0,
        False,
        corner,
        np.zeros(2),
    )
    return transformed(
        picture,
        affine,
        min(WINDOW, width),
        min(WINDOW, height),
    )


def write_mined(pictures: Sequence[Picture], path: Path) -> None:
    """Write an .npz: JPEG bytes and labels of each piece."""
    arrays: dict[str, NDArray[Any]] = {}
    for number, picture in enumerate(pictures):
        how = [cv2.IMWRITE_JPEG_QUALITY, JPEG_GRADE]
        _, encoded = cv2.imencode(".jpg", picture.image, how)
        name = f"{number:05d}"
        arrays[f"{name}.image"] = encoded
        arrays[f"{name}.boxes"] = picture.boxes
        arrays[f"{name}.five"] = picture.five
        arrays[f"{name}.ignored"] = picture.ignored
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]


def read_mined(path: Path) -> list[Picture]:
    """Return the pieces of a file that `write_mined` left."""
    pictures: list[Picture] = []
    with np.load(path) as stored:
        names = sorted({name.partition(".")[0] for name in stored})
        for name in names:
            encoded = stored[f"{name}.image"]
            decoded = cv2.imdecode(encoded, cv2.IMREAD_COLOR)
            image = np.asarray(decoded, np.uint8)
            picture = Picture(
                image,
                stored[f"{name}.boxes"],
                stored[f"{name}.five"],
                stored[f"{name}.ignored"],
            )
            pictures.append(picture)
    return pictures
