"""What earlier weights took for a face: pieces of pictures to learn from."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from training.pictures import Detect, Floats, Picture, overlaps
from training.tiles import moved, placing, warped

SCALES: Final = (0.4, 0.7, 1.0, 1.5)
WINDOW: Final = 320
"""Side of a piece."""
MOST: Final = 3
"""Pieces of one picture at one scale."""
SAME_FACE: Final = 0.2
"""Share of the union with a face, or with a doubtful place, from which a detection is no false alarm."""


def mine(pictures: Iterable[Picture], detect: Detect, teacher: Detect) -> list[Picture]:
    """The false alarms of `detect` at several scales, each in the middle of its piece.

    What `teacher` takes for a face too is none.
    """
    found = (
        _at(picture, scale, detect, teacher) for picture in pictures for scale in SCALES
    )
    return [piece for some in found for piece in some]


def _at(
    picture: Picture, scale: float, detect: Detect, teacher: Detect
) -> list[Picture]:
    height, width = (max(32, round(side * scale)) for side in picture.image.shape[:2])
    origin = np.zeros(2)
    seen = transformed(picture, placing(scale, 0, False, origin, origin), width, height)
    found = detect(seen.image)
    alarms = [box for box in found.boxes if not _known(box, seen)]
    if not alarms:
        return []
    taught = teacher(seen.image).boxes
    sure = Picture(
        seen.image, seen.boxes, seen.five, np.concatenate([seen.ignored, taught])
    )
    alarms = [box for box in alarms if not _known(box, sure)][:MOST]
    return [_window(sure, box) for box in alarms]


def _known(box: Floats, picture: Picture) -> bool:
    known = np.concatenate([picture.boxes, picture.ignored])
    middle = box[:2] + box[2:] / 2
    inside = ((middle >= known[:, :2]) & (middle <= known[:, :2] + known[:, 2:])).all(
        axis=1
    )
    return bool((inside | (overlaps(box, known) > SAME_FACE)).any())


def _window(picture: Picture, box: Floats) -> Picture:
    """The piece around a box, as far as the picture reaches."""
    height, width = picture.image.shape[:2]
    room = np.array([max(width - WINDOW, 0), max(height - WINDOW, 0)])
    corner = np.round(box[:2] + box[2:] / 2 - WINDOW / 2).clip(0, room)
    affine = placing(1, 0, False, corner, np.zeros(2))
    return transformed(picture, affine, min(WINDOW, width), min(WINDOW, height))


def transformed(
    picture: Picture, affine: NDArray[np.float64], width: int, height: int
) -> Picture:
    """A picture with its labels through an affine that does not mirror."""
    five = (picture.five @ affine[:, :2].T + affine[:, 2]).astype(np.float32)
    image = warped(picture, affine, width, height)
    return Picture(
        image, moved(picture.boxes, affine), five, moved(picture.ignored, affine)
    )


def write_mined(pictures: Sequence[Picture], path: Path) -> None:
    """An .npz: JPEG bytes and labels of each piece."""
    arrays: dict[str, NDArray[Any]] = {}
    for n, picture in enumerate(pictures):
        arrays[f"{n:05d}.image"] = cv2.imencode(
            ".jpg", picture.image, [cv2.IMWRITE_JPEG_QUALITY, 92]
        )[1]
        labels = (
            ("boxes", picture.boxes),
            ("five", picture.five),
            ("ignored", picture.ignored),
        )
        arrays |= {f"{n:05d}.{name}": array for name, array in labels}
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]


def read_mined(path: Path) -> list[Picture]:
    """The pieces of a file that `write_mined` left."""
    with np.load(path) as stored:
        names = sorted({name.partition(".")[0] for name in stored})
        return [
            Picture(
                np.asarray(
                    cv2.imdecode(stored[f"{n}.image"], cv2.IMREAD_COLOR), np.uint8
                ),
                *(stored[f"{n}.{part}"] for part in ("boxes", "five", "ignored")),
            )
            for n in names
        ]
