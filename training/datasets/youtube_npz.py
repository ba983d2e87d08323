"""Reader of "YouTube Faces with facial keypoints": an .npz for each video, and a table of the videos.

A video's arrays end in its N frames: colorImages (H, W, 3, N) RGB, boundingBox (4, 2, N) corners,
landmarks2D (68, 2, N) and landmarks3D (68, 3, N) in pixels. The table has the columns COLUMNS, and a row
for each `videoID.npz`; where they lie does not matter.

Made from the published description and tested on generated files only.
"""

import io
import math
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from training.datasets.faces import (
    UNREADABLE,
    Box,
    DatasetError,
    Files,
    LabelledFace,
    checked_entries,
)
from training.datasets.names import person_name, person_of
from vitrine.vision.shape import POINT_COUNT

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
ARRAYS: Final = {
    "colorImages": (None, None, 3),
    "boundingBox": (4, 2),
    "landmarks2D": (POINT_COUNT, 2),
    "landmarks3D": (POINT_COUNT, 3),
}
"""The shapes, without the frames that come last."""


@dataclass(frozen=True)
class Video:
    """One video of one person, all of it in memory."""

    name: str
    """`First_Last_0`."""
    person: str
    split: str
    """Of which table: `full` or `large`."""
    frames: NDArray[np.uint8]
    """(N, H, W, 3) BGR."""
    boxes: NDArray[np.float32]
    """(N, 4, 2), the corners."""
    points: NDArray[np.float32]
    """(N, 68, 2)."""
    points_3d: NDArray[np.float32]
    """(N, 68, 3)."""


@dataclass(frozen=True)
class _Row:
    table: str
    row: int
    video: str
    person: str
    size: tuple[int, int, int]
    """Height, width, frames."""
    videos_of_person: int

    def fail(self, reason: str) -> DatasetError:
        return DatasetError(self.table, self.row, reason)


def read_youtube_npz(path: Path) -> list[LabelledFace]:
    """All frames of a folder or zip archive, as lossless pictures; raises DatasetError.

    The published set is larger than memory: give it a part of the videos, with their rows of the table.
    """
    return [face for video in read_videos(path) for face in _faces_of(video)]


def read_videos(path: Path) -> Iterator[Video]:
    """The videos of a folder or zip archive, one by one, in the order of its tables; raises DatasetError."""
    files = Files(path)
    tables = [name for name in files.names if _is_table(name)]
    if not tables:
        raise DatasetError(str(path), None, f"holds no {PREFIX}*.csv")
    places: dict[str, str] = {}
    for place in (name for name in files.names if name.endswith(".npz")):
        if places.setdefault(PurePosixPath(place).stem, place) != place:
            raise DatasetError(place, None, "a second video of this name")
    rows = [row for table in tables for row in _rows_of(files, table)]
    if unlisted := set(places) - {row.video for row in rows}:
        raise DatasetError(places[min(unlisted)], None, "is not in the table of videos")
    if not rows:
        raise DatasetError(str(path), None, f"no video in its {PREFIX}*.csv")
    for row in rows:
        if row.video not in places:
            raise row.fail(f"no video {row.video}.npz")
        yield _video_of(files, places[row.video], row)


def _is_table(name: str) -> bool:
    return PurePosixPath(name).name.startswith(PREFIX) and name.endswith(".csv")


def _rows_of(files: Files, table: str) -> list[_Row]:
    lines = files.rows(table)
    _, header = next(lines, (0, []))
    if tuple(header) != COLUMNS:
        raise DatasetError(table, 1, f"expected the columns {','.join(COLUMNS)}")
    rows = [_row_of(fields, table, row) for row, fields in lines]
    videos = Counter(r.person for r in rows)
    people = dict[str, int]()
    seen = set[str]()
    for row in rows:
        if row.video in seen:
            raise row.fail(f"{row.video} appears a second time")
        if people.setdefault(row.person, row.videos_of_person) != row.videos_of_person:
            raise row.fail(
                f"another row counts {people[row.person]} videos of {row.person}"
            )
        if videos[row.person] > row.videos_of_person:
            raise row.fail(
                f"{row.person} has {videos[row.person]} rows, but {row.videos_of_person} videos"
            )
        seen.add(row.video)
    return rows


def _row_of(fields: list[str], table: str, row: int) -> _Row:
    if len(fields) != len(COLUMNS):
        raise DatasetError(
            table, row, f"expected {len(COLUMNS)} fields, found {len(fields)}"
        )
    video = fields[0]
    person = person_name(fields[1])
    try:
        height, width, frames, of_person = (int(fields[i]) for i in (2, 3, 4, 6))
        numbers = [height, width, frames, of_person, float(fields[5])]
    except ValueError as error:
        raise DatasetError(
            table, row, f"a size or count is no number ({error})"
        ) from error
    if not all(math.isfinite(number) and number > 0 for number in numbers):
        raise DatasetError(table, row, "a size or count is not positive")
    if not person or person_of(video + ".npz") != person:
        raise DatasetError(
            table, row, f"the video {video} is not named after {person or 'a person'}"
        )
    return _Row(table, row, video, person, (height, width, frames), of_person)


def _video_of(files: Files, name: str, row: _Row) -> Video:
    arrays = _arrays_in(files.read(name), name)
    height, width, _, frames = arrays["colorImages"].shape
    if (height, width, frames) != row.size:
        found = f"{width}×{height}×{frames}"
        told = f"{row.size[1]}×{row.size[0]}×{row.size[2]}"
        raise row.fail(
            f"{name} has {found} (width, height, frames), the table says {told}"
        )
    pictures = np.ascontiguousarray(
        np.moveaxis(arrays["colorImages"], -1, 0)[..., ::-1]
    )
    boxes, points, points_3d = (
        _frames_first(arrays, key, name) for key in list(ARRAYS)[1:]
    )
    split = PurePosixPath(row.table).stem.removeprefix(PREFIX)
    return Video(row.video, row.person, split, pictures, boxes, points, points_3d)


def _arrays_in(content: bytes, name: str) -> dict[str, NDArray[Any]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            checked_entries(archive.infolist(), name)
        with np.load(io.BytesIO(content), allow_pickle=False) as stored:
            arrays = {key: np.asarray(stored[key]) for key in ARRAYS}
    except (*UNREADABLE, ValueError, MemoryError) as error:
        raise DatasetError(name, None, f"cannot be read ({error})") from error
    frames = arrays["colorImages"].shape[-1:]
    for key, shape in ARRAYS.items():
        found = arrays[key].shape
        expected = (
            tuple(f if e is None else e for e, f in zip(shape, found, strict=False))
            + frames
        )
        if found != expected or 0 in found:
            raise DatasetError(
                name, None, f"{key} has the shape {found}, expected {(*shape, *frames)}"
            )
    if arrays["colorImages"].dtype != np.uint8:
        raise DatasetError(
            name, None, f"colorImages is {arrays['colorImages'].dtype}, expected uint8"
        )
    return arrays


def _frames_first(
    arrays: dict[str, NDArray[Any]], key: str, name: str
) -> NDArray[np.float32]:
    if arrays[key].dtype.kind not in "fiu":
        raise DatasetError(
            name, None, f"{key} is {arrays[key].dtype}, expected numbers"
        )
    with np.errstate(over="ignore"):
        values = np.moveaxis(arrays[key].astype(np.float32), -1, 0)
    for frame, some in enumerate(values):
        if not np.isfinite(some).all():
            raise DatasetError(name, None, f"{key} of frame {frame} is not finite")
        if np.ptp(some, axis=0)[:2].min() <= 0:
            raise DatasetError(name, None, f"{key} of frame {frame} lies on one line")
    return np.ascontiguousarray(values)


def _faces_of(video: Video) -> Iterator[LabelledFace]:
    for frame, picture in enumerate(video.frames):
        encoded = cv2.imencode(".png", picture)[1].tobytes()
        name = f"{video.name}/{frame}"
        box = _box_around(video.boxes[frame])
        yield LabelledFace(
            name, video.split, video.person, video.points[frame], encoded, box
        )


def _box_around(corners: NDArray[np.float32]) -> Box:
    (left, top), (width, height) = (
        corners.min(axis=0).tolist(),
        np.ptp(corners, axis=0).tolist(),
    )
    return left, top, width, height
