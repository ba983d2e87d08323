"""Files in the competition's form, derived from faces with 68 points, real or drawn.

They have its sizes and its pattern of missing points: three rows in ten have all 15, the others
the four of the second source. Both sources are the same labels here, so what annotators of the
competition saw differently is not in them.
"""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.random import Generator, default_rng
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from training.datasets.faces import DatasetError, LabelledFace
from training.datasets.fifteen import COUNT, NAMES, fifteen_of
from training.datasets.splits import select
from training.kaggle15.files import (
    COLUMNS,
    GROUPS,
    IMAGE,
    IMAGE_ID,
    LOOKUP,
    ROWS,
    SIDE,
    TEST,
    TRAINING,
    TRUTH,
)
from vitrine.vision.crop import Crop, Image, cut
from vitrine.vision.shape import five_points
from vitrine.vision.upright import UprightSquare

TRAINING_ROWS: Final = 7049
TEST_ROWS: Final = 1783
FOUR: Final = (
    "left_eye_center",
    "right_eye_center",
    "nose_tip",
    "mouth_center_bottom_lip",
)
"""The points of the competition's second source."""
FOUR_PLACES: Final = [NAMES.index(name) for name in FOUR]
COMPLETE: Final = 0.304
"""Share of rows with all 15 points: 2,140 of the competition's 7,049."""
COMPLETE_TEST: Final = 584
"""Of its 1,783 test pictures are asked whole; with MORE on one more, 27,124 rows are asked."""
MORE: Final = 6
"""Points beside the four that one more picture is asked for."""
SQUARE: Final = UprightSquare(side_per_five=1.88, lower=-0.07)
"""As the competition's pictures lie: eyes 36 pixels apart and at a height of 37 of 96."""


@dataclass(frozen=True)
class Derived:
    """Hold one row: a grey picture (96, 96) and its points (15, 2), NaN outside the picture."""

    picture: NDArray[np.uint8]
    points: NDArray[np.float32]
    group: str


def grey_cut(image: Image, crop: Crop) -> NDArray[np.uint8]:
    """Return the crop of a picture (H, W, 3) BGR, grey (96, 96)."""
    coloured = cut(image, crop, SIDE)
    grey = cv2.cvtColor(coloured, cv2.COLOR_BGR2GRAY)
    return np.asarray(grey, np.uint8)


def derived(face: LabelledFace, rng: Generator) -> Derived:
    """Cut a face as the competition's pictures show faces, a little off by chance."""
    # Spreads were chosen by eye: the published pictures vary about as much.
    scale = float(np.exp(rng.normal(0, 0.06)))
    right, lower = rng.normal(0, 0.025, 2).tolist()
    crop = SQUARE.crop(
        five_points(face.points),
        SIDE,
        scale,
        (right, lower),
    )
    own = fifteen_of(face.points)
    points = (own @ crop[:, :2].T + crop[:, 2]).astype(np.float32)
    outside = ((points < 0) | (points > SIDE)).any(axis=1)
    points[outside] = np.nan
    return Derived(grey_cut(face.image(), crop), points, face.group)


def write_files(
    faces: Sequence[LabelledFace],
    folder: Path,
    training_rows: int = TRAINING_ROWS,
    test_rows: int = TEST_ROWS,
    seed: int = 15,
) -> None:
    """Write the competition's three files and two of our own into a folder.

    groups.csv tells who is in a row of training.csv, truth.csv what is asked. Held-out people are
    in test.csv and nowhere else. Raises DatasetError where there are none.
    """
    kept = select(faces, "train") + select(faces, "validation")
    held_out = select(faces, "held-out")
    if not kept or not held_out:
        reason = f"{len(kept)} faces to train on and {len(held_out)} held out: too few people"
        raise DatasetError(str(folder), None, reason)
    folder.mkdir(parents=True, exist_ok=True)
    rng = default_rng(seed)
    _write_training(folder, _rows(kept, training_rows, rng, TRAINING), rng)
    _write_test(folder, _rows(held_out, test_rows, rng, TEST), rng)


def _rows(
    faces: Sequence[LabelledFace],
    count: int,
    rng: Generator,
    name: str,
) -> Iterable[Derived]:
    """Yield rows; every face comes once before one comes again, cut a little differently."""
    rounds = -(-count // len(faces))
    order = [place for _ in range(rounds) for place in rng.permutation(len(faces))]
    console = Console(stderr=True)
    for place in track(order[:count], f"writing {name}", console=console):
        yield derived(faces[place], rng)


def _write_training(
    folder: Path,
    rows: Iterable[Derived],
    rng: Generator,
) -> None:
    four = np.isin(np.arange(COUNT), FOUR_PLACES)
    with (
        (folder / TRAINING).open("w", newline="") as table,
        (folder / GROUPS).open("w", newline="") as people,
    ):
        training = csv.writer(table, lineterminator="\n")
        groups = csv.writer(people, lineterminator="\n")
        training.writerow([*COLUMNS, IMAGE])
        groups.writerow(["row", "group"])
        for number, row in enumerate(rows, start=2):
            points = row.points.copy()
            if rng.random() >= COMPLETE:
                points[~four] = np.nan
            training.writerow([*_texts(points), _pixels(row.picture)])
            groups.writerow([number, row.group])


def _write_test(
    folder: Path,
    rows: Iterable[Derived],
    rng: Generator,
) -> None:
    row_id = 0
    with (
        (folder / TEST).open("w", newline="") as table,
        (folder / LOOKUP).open("w", newline="") as asked,
        (folder / TRUTH).open("w", newline="") as known,
    ):
        test = csv.writer(table, lineterminator="\n")
        lookup = csv.writer(asked, lineterminator="\n")
        truth = csv.writer(known, lineterminator="\n")
        test.writerow([IMAGE_ID, IMAGE])
        lookup.writerow([*ROWS, "Location"])
        truth.writerow(["RowId", "Location"])
        for image_id, row in enumerate(rows, start=1):
            test.writerow([image_id, _pixels(row.picture)])
            texts = _texts(row.points)
            for place in _asked(image_id, rng):
                row_id += 1
                lookup.writerow([row_id, image_id, COLUMNS[place], ""])
                # Outside the picture nobody knows it; it is asked all the same.
                if texts[place]:
                    truth.writerow([row_id, texts[place]])


def _asked(image_id: int, rng: Generator) -> list[int]:
    """Return the columns that a test picture is asked for; the first pictures are asked whole."""
    if image_id <= COMPLETE_TEST:
        return list(range(len(COLUMNS)))
    points = list(FOUR_PLACES)
    if image_id == COMPLETE_TEST + 1:
        others = [place for place in range(COUNT) if place not in FOUR_PLACES]
        points += rng.permutation(others)[:MORE].tolist()
    return [2 * point + axis for point in sorted(points) for axis in (0, 1)]


def _texts(points: NDArray[np.float32]) -> list[str]:
    return ["" if np.isnan(value) else f"{value:.4f}" for value in points.ravel()]


def _pixels(picture: NDArray[np.uint8]) -> str:
    return " ".join(map(str, picture.ravel().tolist()))
