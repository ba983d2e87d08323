"""Reader of the published keypoint files: `<split>_frames_keypoints.csv`, pictures in `<split>/`.

A row is a picture's name and x0, y0 … x67, y67 in its pixels, after one header row. The published
splits share people, videos and even file names, so a face is known by split and name together.
"""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from training.datasets.faces import (
    PICTURES,
    DatasetError,
    Files,
    LabelledFace,
    points_of,
)
from training.datasets.names import person_of

SUFFIX: Final = "_frames_keypoints.csv"


def read_keypoints_csv(path: Path) -> list[LabelledFace]:
    """Return all faces of a folder or zip archive, in the order of its tables.

    Raises DatasetError.
    """
    files = Files(path)
    tables = [name for name in files.names if name.endswith(SUFFIX)]
    if not tables:
        raise DatasetError(str(path), None, f"holds no *{SUFFIX}")
    faces: list[LabelledFace] = []
    for table in tables:
        faces += _faces_of(files, table)
    if not faces:
        raise DatasetError(str(path), None, f"no face in its *{SUFFIX}")
    return faces


def _faces_of(files: Files, table: str) -> Iterator[LabelledFace]:
    place = PurePosixPath(table)
    split = place.name.removesuffix(SUFFIX)
    folder = place.parent / split
    present = set(files.names)
    seen = set()
    for row, fields in files.rows(table):
        file_name, *coordinates = fields
        if row == 1:
            _check_header(file_name, table)
            continue
        points = points_of(coordinates, table, row)
        name = (folder / file_name).as_posix()
        if name in seen:
            raise DatasetError(table, row, f"{file_name} appears a second time")
        if name not in present:
            raise DatasetError(table, row, f"no picture {name}")
        seen.add(name)
        yield LabelledFace(
            name,
            split,
            person_of(file_name),
            points,
            files.read(name),
        )


def _check_header(first: str, table: str) -> None:
    """Raise DatasetError where the first row is a face already."""
    if first.endswith(PICTURES):
        raise DatasetError(table, 1, "a picture where the header row should be")
