"""Readers of the competition's files: training.csv, test.csv and IdLookupTable.csv.

Pixels of a picture are one text, 9,216 numbers with spaces between. A bad row is told with its
file, row and reason, and the rest is read; a bad header ends the reading.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import Progress

from training.datasets.faces import DatasetError, Files
from training.datasets.fifteen import COUNT, NAMES

SIDE: Final = 96
PIXELS: Final = SIDE * SIDE
IMAGE: Final = "Image"
IMAGE_ID: Final = "ImageId"
COLUMNS: Final = tuple(f"{name}_{axis}" for name in NAMES for axis in "xy")
TRAINING: Final = "training.csv"
TEST: Final = "test.csv"
LOOKUP: Final = "IdLookupTable.csv"
GROUPS: Final = "groups.csv"
"""Person of each row of training.csv: of derived files only."""
TRUTH: Final = "truth.csv"
"""Locations of the asked rows: of derived files only."""
ROWS: Final = ("RowId", IMAGE_ID, "FeatureName")

Row = TypeVar("Row")


@dataclass(frozen=True)
class Read(Generic[Row]):
    """Hold what a table gave, and what was wrong with the other rows."""

    rows: list[Row]
    problems: list[DatasetError] = field(default_factory=list)


@dataclass(frozen=True)
class KeypointRow:
    """Hold a row of training.csv."""

    number: int
    """Of the row in the file, the header being 1."""
    picture: NDArray[np.uint8]
    """(96, 96)."""
    points: NDArray[np.float32]
    """(15, 2) pixels, NaN where missing."""


@dataclass(frozen=True)
class AskedPicture:
    """Hold a row of test.csv."""

    image_id: int
    picture: NDArray[np.uint8]


@dataclass(frozen=True)
class Question:
    """Hold a row of IdLookupTable.csv: which coordinate of which picture is asked for."""

    row_id: int
    image_id: int
    feature: str

    @property
    def place(self) -> tuple[int, int]:
        """Return the point and its axis, 0 for x."""
        return divmod(COLUMNS.index(self.feature), 2)


def read_training(folder: Path) -> Read[KeypointRow]:
    """Return the rows of training.csv in a folder or zip archive. Raises DatasetError."""
    return _read(folder, TRAINING, (*COLUMNS, IMAGE), _training_row)


def read_test(folder: Path) -> Read[AskedPicture]:
    """Return the rows of test.csv. Raises DatasetError."""
    return _read(folder, TEST, (IMAGE_ID, IMAGE), _test_row)


def read_lookup(folder: Path) -> Read[Question]:
    """Return the rows of IdLookupTable.csv. Raises DatasetError."""
    return _read(folder, LOOKUP, ROWS, _question)


def read_groups(folder: Path) -> dict[int, str] | None:
    """Return the person of each row of training.csv, None where nobody knows."""
    if GROUPS not in Files(folder).names:
        return None
    table = _read(
        folder,
        GROUPS,
        ("row", "group"),
        lambda fields, _row: (int(fields["row"]), fields["group"]),
    )
    return dict(table.rows)


def read_truth(folder: Path) -> dict[int, float] | None:
    """Return the location of each RowId, None for the published files, which keep it."""
    if TRUTH not in Files(folder).names:
        return None
    table = _read(
        folder,
        TRUTH,
        ("RowId", "Location"),
        lambda fields, _row: (int(fields["RowId"]), float(fields["Location"])),
    )
    return dict(table.rows)


def _read(
    folder: Path,
    name: str,
    columns: Sequence[str],
    parse: Callable[[dict[str, str], int], Row],
) -> Read[Row]:
    rows: list[Row] = []
    problems: list[DatasetError] = []
    header: list[str] = []
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(f"reading {name}", total=None)
        for number, fields in Files(folder).rows(name):
            bar.advance(task)
            if not header:
                header = fields
                _check_header(header, columns, name)
                continue
            try:
                row = parse(_named(header, fields), number)
            except ValueError as error:
                problems.append(DatasetError(name, number, str(error)))
            else:
                rows.append(row)
    if not rows:
        reason = f"no row of {len(problems)} can be used"
        first = f"; the first: {problems[0]}" if problems else ""
        raise DatasetError(name, None, reason + first)
    return Read(rows, problems)


def _check_header(
    header: Sequence[str],
    columns: Sequence[str],
    name: str,
) -> None:
    missing = [column for column in columns if column not in header]
    if missing:
        shown = ", ".join(missing[:5])
        reason = f"{len(missing)} columns are missing: {shown}"
        raise DatasetError(name, 1, reason)


def _named(header: Sequence[str], fields: Sequence[str]) -> dict[str, str]:
    if len(fields) != len(header):
        raise ValueError(f"expected {len(header)} columns, found {len(fields)}")
    return dict(zip(header, fields, strict=True))


def _training_row(fields: dict[str, str], number: int) -> KeypointRow:
    values = [_location(fields[column], column) for column in COLUMNS]
    points = np.array(values, np.float32).reshape(COUNT, 2)
    # Half a point is none.
    points[np.isnan(points).any(axis=1)] = np.nan
    return KeypointRow(number, _picture(fields[IMAGE]), points)


def _location(text: str, column: str) -> float:
    if not text.strip():
        return np.nan
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"{column} is no number: {text[:20]!r}") from None
    if not 0 <= value <= SIDE:
        raise ValueError(
            f"{column} is {text[:20]}, outside the picture of {SIDE} pixels"
        )
    return value


def _test_row(fields: dict[str, str], _number: int) -> AskedPicture:
    return AskedPicture(_whole(fields, IMAGE_ID), _picture(fields[IMAGE]))


def _question(fields: dict[str, str], _number: int) -> Question:
    feature = fields["FeatureName"]
    if feature not in COLUMNS:
        raise ValueError(f"FeatureName {feature[:40]!r} is none of the 30")
    return Question(_whole(fields, "RowId"), _whole(fields, IMAGE_ID), feature)


def _whole(fields: dict[str, str], column: str) -> int:
    text = fields[column]
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"{column} is no whole number: {text[:20]!r}") from None


def _picture(text: str) -> NDArray[np.uint8]:
    numbers = text.split()
    if len(numbers) != PIXELS:
        raise ValueError(f"expected {PIXELS} pixels, found {len(numbers)}")
    try:
        values = np.array(numbers, np.int64)
    except (ValueError, OverflowError):
        # Where all are digits, one is too long for a number.
        longest = max(numbers, key=len)
        strange = (number for number in numbers if not number.isdecimal())
        wrong = next(strange, longest)
        raise ValueError(f"a pixel is no whole number: {wrong[:20]!r}") from None
    if values.min() < 0 or values.max() > 255:
        raise ValueError("a pixel is outside 0…255")
    return values.astype(np.uint8).reshape(SIDE, SIDE)
