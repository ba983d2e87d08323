"""The tables of "YouTube Faces with facial keypoints": a row for each video."""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from training.datasets.faces import DatasetError, Files
from training.datasets.names import person_name, person_of

PREFIX: Final = "youtube_faces_with_keypoints_"
COLUMNS: Final = (
    "videoID",
    "personName",
    "imageHeight",
    "imageWidth",
    "videoDuration",
    "averageFaceSize",
    "numVideosForPerson",
)


@dataclass(frozen=True)
class Row:
    """Hold one row: a video and its size."""

    table: str
    row: int
    video: str
    """`First_Last_0`."""
    person: str
    height: int
    width: int
    frames: int
    videos_of_person: int
    """As the table counts them; not all of them need to be in it."""

    @property
    def size(self) -> tuple[int, int, int]:
        """Height, width, frames."""
        return self.height, self.width, self.frames

    @property
    def split(self) -> str:
        """The end of the table's name: `full` or `large`."""
        return PurePosixPath(self.table).stem.removeprefix(PREFIX)

    def error(self, reason: str) -> DatasetError:
        """Return an error that names this row."""
        return DatasetError(self.table, self.row, reason)


def tables_in(names: Iterable[str]) -> list[str]:
    """Return the tables among files."""
    tables = []
    for name in names:
        file_name = PurePosixPath(name).name
        if file_name.startswith(PREFIX) and file_name.endswith(".csv"):
            tables.append(name)
    return tables


def rows_of(files: Files, table: str) -> list[Row]:
    """Return the rows of a table. Raises DatasetError where one contradicts itself or another."""
    lines = files.rows(table)
    _, header = next(lines, (0, []))
    if tuple(header) != COLUMNS:
        columns = ",".join(COLUMNS)
        raise DatasetError(table, 1, f"expected the columns {columns}")
    rows = [_row_of(fields, table, number) for number, fields in lines]
    _check_names(rows)
    _check_counts(rows)
    return rows


def _check_names(rows: list[Row]) -> None:
    seen = set()
    for row in rows:
        if row.video in seen:
            raise row.error(f"{row.video} appears a second time")
        seen.add(row.video)


def _check_counts(rows: list[Row]) -> None:
    """Check the number of videos of each person. Raises DatasetError."""
    found = Counter(row.person for row in rows)
    told: dict[str, int] = {}
    for row in rows:
        person = row.person
        first_told = told.setdefault(person, row.videos_of_person)
        if first_told != row.videos_of_person:
            raise row.error(f"another row counts {first_told} videos of {person}")
        # Fewer rows are accepted: a part of the videos is enough.
        if found[person] > first_told:
            reason = f"{person} has {found[person]} rows, but {first_told} videos"
            raise row.error(reason)


def _row_of(
    fields: list[str],
    table: str,
    number: int,
) -> Row:
    if len(fields) != len(COLUMNS):
        reason = f"expected {len(COLUMNS)} fields, found {len(fields)}"
        raise DatasetError(table, number, reason)
    video, name, *texts = fields
    person = person_name(name)
    try:
        height, width, frames = (int(text) for text in texts[:3])
        face_size = float(texts[3])
        videos_of_person = int(texts[4])
    except ValueError as error:
        reason = f"a size or count is no number ({error})"
        raise DatasetError(table, number, reason) from error
    for value in (height, width, frames, face_size, videos_of_person):
        if not math.isfinite(value) or value <= 0:
            raise DatasetError(table, number, "a size or count is not positive")
    # Splits of other sets know people by the names of videos: both must agree.
    if not person or person_of(f"{video}.npz") != person:
        reason = f"the video {video} is not named after {person or 'a person'}"
        raise DatasetError(table, number, reason)
    return Row(
        table,
        number,
        video,
        person,
        height,
        width,
        frames,
        videos_of_person,
    )
