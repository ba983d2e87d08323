"""Reader of FER+: folders of 48-pixel faces, each with a `label.csv` of what ten people saw in them.

A row is a picture's name, the face's box, and the votes for the eight CLASSES, for "unknown" and for
"not a face"; there is no header row.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from training.datasets.faces import DatasetError, Files, decoded
from vitrine.vision.crop import Image
from vitrine.vision.expression_classes import CLASSES, SIDE

VOTES: Final = len(CLASSES) + 2
VOTERS: Final = 10
TABLE: Final = "label.csv"


@dataclass(frozen=True)
class ExpressionFace:
    """One picture and the votes on it."""

    name: str
    """Its path in the set."""
    split: str
    """The folder: FER2013Train, FER2013Valid or FER2013Test."""
    votes: NDArray[np.int64]
    """(10,): CLASSES, unknown, not a face; at most VOTERS together."""
    box: tuple[int, int, int, int]
    """Left, top, right, bottom in pixels."""
    encoded: bytes

    def image(self) -> Image:
        """The decoded picture, (48, 48) grey. Raises DatasetError."""
        image = decoded(self.encoded, self.name, cv2.IMREAD_GRAYSCALE)
        if image.shape != (SIDE, SIDE):
            height, width = image.shape
            raise DatasetError(
                self.name, None, f"is {width}×{height} pixels, expected {SIDE}×{SIDE}"
            )
        return image


def majority(votes: NDArray[np.int64]) -> int | None:
    """The index in CLASSES that most voted for, None where the face is left out.

    The "majority" mode of the FER+ authors (arXiv:1608.01041; `src/ferplus.py` of microsoft/FERPlus): single
    votes are ignored as outliers; the rest must give more than half to one column, "unknown" and "not a
    face" counted; a face where one of those two wins is left out, as one where nothing does.
    Of the faces at hand it keeps 25,045 of 28,558 in FER2013Train and 3,191 of 3,579 in FER2013Valid.
    """
    counted = np.where(votes > 1, votes, 0)
    winner = int(counted.argmax())
    return (
        winner
        if 2 * counted[winner] > counted.sum() and winner < len(CLASSES)
        else None
    )


def read_ferplus(path: Path) -> list[ExpressionFace]:
    """All faces of a folder or zip archive, in the order of its tables; raises DatasetError."""
    files = Files(path)
    tables = [name for name in files.names if PurePosixPath(name).name == TABLE]
    if not tables:
        raise DatasetError(str(path), None, f"holds no {TABLE}")
    faces = [face for table in tables for face in _faces_of(files, table, path.stem)]
    if not faces:
        raise DatasetError(str(path), None, f"no face in its {TABLE}")
    return faces


def _faces_of(files: Files, table: str, root: str) -> Iterator[ExpressionFace]:
    folder = PurePosixPath(table).parent
    present = set(files.names)
    seen = set[str]()
    for row, fields in files.rows(table):
        if len(fields) != 2 + VOTES:
            raise DatasetError(
                table,
                row,
                f"expected a name, a box and {VOTES} votes, found {len(fields)} fields",
            )
        name = (folder / fields[0]).as_posix()
        if name in seen:
            raise DatasetError(table, row, f"{fields[0]} appears a second time")
        if name not in present:
            raise DatasetError(table, row, f"no picture {name}")
        seen.add(name)
        votes = _votes_in(fields[2:], table, row)
        box = _box_in(fields[1], table, row)
        yield ExpressionFace(name, folder.name or root, votes, box, files.read(name))


def _votes_in(fields: list[str], table: str, row: int) -> NDArray[np.int64]:
    if not all(re.fullmatch(r"\d{1,2}", field, re.ASCII) for field in fields):
        raise DatasetError(
            table, row, f"votes are no whole numbers: {','.join(fields)}"
        )
    votes = np.array([int(field) for field in fields], np.int64)
    if not 1 <= votes.sum() <= VOTERS:
        raise DatasetError(table, row, f"{votes.sum()} votes, expected 1 to {VOTERS}")
    return votes


def _box_in(field: str, table: str, row: int) -> tuple[int, int, int, int]:
    found = re.fullmatch(
        r"\(\s*(\d{1,4}),\s*(\d{1,4}),\s*(\d{1,4}),\s*(\d{1,4})\s*\)", field, re.ASCII
    )
    if found is None:
        raise DatasetError(
            table, row, f"{field!r} is no box (left, top, right, bottom)"
        )
    left, top, right, bottom = (int(number) for number in found.groups())
    if not (left < right <= SIDE and top < bottom <= SIDE):
        raise DatasetError(
            table, row, f"the box {field} is empty or not inside {SIDE}×{SIDE} pixels"
        )
    return left, top, right, bottom
