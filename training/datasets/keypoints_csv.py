"""Reader of the published keypoint files: `<split>_frames_keypoints.csv` beside the pictures in `<split>/`.

A row is a picture's name and x0, y0 … x67, y67 in its pixels, after one header row. The published splits
share people, videos and even file names, so a face is known by split and name together.
"""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from training.datasets.faces import (
    PICTURES,
    DatasetError,
    Files,
    LabelledFace,
    points_of,
)
from training.datasets.names import person_of

SUFFIX = "_frames_keypoints.csv"


def read_keypoints_csv(path: Path) -> list[LabelledFace]:
    """All faces of a folder or zip archive, in the order of its tables; raises DatasetError."""
    files = Files(path)
    tables = [name for name in files.names if name.endswith(SUFFIX)]
    if not tables:
        raise DatasetError(str(path), None, f"holds no *{SUFFIX}")
    faces = [face for table in tables for face in _faces_of(files, table)]
    if not faces:
        raise DatasetError(str(path), None, f"no face in its *{SUFFIX}")
    return faces


def _faces_of(files: Files, table: str) -> Iterator[LabelledFace]:
    split = PurePosixPath(table).name.removesuffix(SUFFIX)
    folder = PurePosixPath(table).parent / split
    present = set(files.names)
    seen = set[str]()
    for row, fields in files.rows(table):
        if row == 1 and not fields[0].endswith(PICTURES):
            continue
        if row == 1:
            raise DatasetError(table, row, "a picture where the header row should be")
        name = (folder / fields[0]).as_posix()
        points = points_of(fields[1:], table, row)
        if name in seen:
            raise DatasetError(table, row, f"{fields[0]} appears a second time")
        if name not in present:
            raise DatasetError(table, row, f"no picture {name}")
        seen.add(name)
        yield LabelledFace(name, split, person_of(fields[0]), points, files.read(name))
