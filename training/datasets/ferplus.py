"""Reader of FER+: folders of 48-pixel faces, each with a `label.csv` of the votes of ten people.

A row is a picture's name, the face's box, and the votes for the eight CLASSES, for "unknown" and
for "not a face"; there is no header row.
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
"""Columns with votes."""
VOTERS: Final = 10
TABLE: Final = "label.csv"
# ASCII: `\d` would match the digits of all scripts.
BOX: Final = re.compile(
    r"\(\s*(\d{1,4}),\s*(\d{1,4}),\s*(\d{1,4}),\s*(\d{1,4})\s*\)", re.ASCII
)


@dataclass(frozen=True)
class ExpressionFace:
    """Hold one picture and the votes on it."""

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
        """Return the decoded picture, (48, 48) grey. Raises DatasetError."""
        image = decoded(self.encoded, self.name, cv2.IMREAD_GRAYSCALE)
        height, width = image.shape
        if height != SIDE or width != SIDE:
            reason = f"is {width}×{height} pixels, expected {SIDE}×{SIDE}"
            raise DatasetError(self.name, None, reason)
        return image


def majority(votes: NDArray[np.int64]) -> int | None:
    """Return the index in CLASSES that most voted for, None where the face is left out.

    The "majority" mode of the FER+ authors (arXiv:1608.01041; `src/ferplus.py` of
    microsoft/FERPlus): single votes are ignored as outliers; the rest must give more than half to
    one column, "unknown" and "not a face" counted; a face where one of those two wins is left
    out, as one where nothing does. Of the faces at hand it keeps 25,045 of 28,558 in FER2013Train
    and 3,191 of 3,579 in FER2013Valid.
    """
    counted = np.where(votes > 1, votes, 0)
    winner = int(counted.argmax())
    has_most = 2 * counted[winner] > counted.sum()
    if has_most and winner < len(CLASSES):
        return winner
    return None


def read_ferplus(path: Path) -> list[ExpressionFace]:
    """Return all faces of a folder or zip archive, in the order of its tables.

    Raises DatasetError.
    """
    files = Files(path)
    tables = [name for name in files.names if PurePosixPath(name).name == TABLE]
    if not tables:
        raise DatasetError(str(path), None, f"holds no {TABLE}")
    faces: list[ExpressionFace] = []
    for table in tables:
        faces += _faces_of(files, table, path.stem)
    if not faces:
        raise DatasetError(str(path), None, f"no face in its {TABLE}")
    return faces


def _faces_of(
    files: Files,
    table: str,
    root: str,
) -> Iterator[ExpressionFace]:
    """Yield the faces of a table; `root` is the split where the table is in no folder."""
    folder = PurePosixPath(table).parent
    present = set(files.names)
    seen = set()
    for row, fields in files.rows(table):
        if len(fields) != 2 + VOTES:
            reason = (
                f"expected a name, a box and {VOTES} votes, found {len(fields)} fields"
            )
            raise DatasetError(table, row, reason)
        file_name, box, *votes = fields
        name = (folder / file_name).as_posix()
        if name in seen:
            raise DatasetError(table, row, f"{file_name} appears a second time")
        if name not in present:
            raise DatasetError(table, row, f"no picture {name}")
        seen.add(name)
        yield ExpressionFace(
            name,
            folder.name or root,
            _votes_in(votes, table, row),
            _box_in(box, table, row),
            files.read(name),
        )


def _votes_in(
    fields: list[str],
    table: str,
    row: int,
) -> NDArray[np.int64]:
    counts = []
    for field in fields:
        if not re.fullmatch(r"\d{1,2}", field, re.ASCII):
            given = ",".join(fields)
            raise DatasetError(table, row, f"votes are no whole numbers: {given}")
        counts.append(int(field))
    total = sum(counts)
    if not 1 <= total <= VOTERS:
        raise DatasetError(table, row, f"{total} votes, expected 1 to {VOTERS}")
    return np.array(counts, np.int64)


def _box_in(
    field: str,
    table: str,
    row: int,
) -> tuple[int, int, int, int]:
    found = BOX.fullmatch(field)
    if found is None:
        reason = f"{field!r} is no box (left, top, right, bottom)"
        raise DatasetError(table, row, reason)
    left, top, right, bottom = (int(number) for number in found.groups())
    inside = right <= SIDE and bottom <= SIDE
    empty = left >= right or top >= bottom
    if empty or not inside:
        reason = f"the box {field} is empty or not inside {SIDE}×{SIDE} pixels"
        raise DatasetError(table, row, reason)
    return left, top, right, bottom
