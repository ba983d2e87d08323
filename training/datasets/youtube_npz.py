"""Reader of "YouTube Faces with facial keypoints": an .npz for each video, and a table of them.

A video's arrays end in its N frames: colorImages (H, W, 3, N) RGB, boundingBox (4, 2, N) corners,
landmarks2D (68, 2, N) and landmarks3D (68, 3, N) in pixels. The table has a row for each
`videoID.npz`; where they lie does not matter.

Made from the published description and tested on generated files only.
"""

import io
import zipfile
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
from training.datasets.youtube_table import PREFIX, Row, rows_of, tables_in
from vitrine.vision.shape import POINT_COUNT

PICTURES: Final = "colorImages"
SHAPES: Final[dict[str, tuple[int, ...]]] = {
    "boundingBox": (4, 2),
    "landmarks2D": (POINT_COUNT, 2),
    "landmarks3D": (POINT_COUNT, 3),
}
"""Shapes of the arrays beside the pictures, without the frames that come last."""


@dataclass(frozen=True)
class Video:
    """Hold one video of one person, all of it in memory."""

    name: str
    """`First_Last_0`."""
    person: str
    split: str
    """The table that it is from: `full` or `large`."""
    frames: NDArray[np.uint8]
    """(N, H, W, 3) BGR."""
    boxes: NDArray[np.float32]
    """(N, 4, 2), the corners."""
    points: NDArray[np.float32]
    """(N, 68, 2)."""
    points_3d: NDArray[np.float32]
    """(N, 68, 3)."""


def read_youtube_npz(path: Path) -> list[LabelledFace]:
    """Return all frames of a folder or zip archive, as lossless pictures; raises DatasetError.

    The published set is larger than memory: give it a part of the videos, with their rows of the
    table.
    """
    faces: list[LabelledFace] = []
    for video in read_videos(path):
        faces += _faces_of(video)
    return faces


def read_videos(path: Path) -> Iterator[Video]:
    """Yield the videos of a folder or zip archive, in the order of its tables.

    Raises DatasetError.
    """
    files = Files(path)
    tables = tables_in(files.names)
    if not tables:
        raise DatasetError(str(path), None, f"holds no {PREFIX}*.csv")
    places = _places_of(files)
    rows: list[Row] = []
    for table in tables:
        rows += rows_of(files, table)
    _check_listed(places, rows)
    if not rows:
        raise DatasetError(str(path), None, f"no video in its {PREFIX}*.csv")
    for row in rows:
        if row.video not in places:
            raise row.error(f"no video {row.video}.npz")
        yield _video_of(files, places[row.video], row)


def _places_of(files: Files) -> dict[str, str]:
    """Return the path of each video by its name. Raises DatasetError for two of one name."""
    places: dict[str, str] = {}
    for path in files.names:
        if not path.endswith(".npz"):
            continue
        name = PurePosixPath(path).stem
        if name in places:
            raise DatasetError(path, None, "a second video of this name")
        places[name] = path
    return places


def _check_listed(places: dict[str, str], rows: list[Row]) -> None:
    """Raise DatasetError for a video without a row."""
    listed = {row.video for row in rows}
    unlisted = places.keys() - listed
    if unlisted:
        first = places[min(unlisted)]
        raise DatasetError(first, None, "is not in the table of videos")


def _video_of(
    files: Files,
    path: str,
    row: Row,
) -> Video:
    arrays = _arrays_in(files.read(path), path)
    pictures = arrays[PICTURES]
    height, width, _, frames = pictures.shape
    if (height, width, frames) != row.size:
        found = f"{width}×{height}×{frames}"
        told = f"{row.width}×{row.height}×{row.frames}"
        reason = f"{path} has {found} (width, height, frames), the table says {told}"
        raise row.error(reason)
    # Frames first, and BGR instead of RGB.
    frames_first = np.moveaxis(pictures, -1, 0)
    bgr = frames_first[..., ::-1]
    labels = []
    for key in SHAPES:
        label = _frames_first(arrays[key], key, path)
        labels.append(label)
    boxes, points, points_3d = labels
    return Video(
        row.video,
        row.person,
        row.split,
        np.ascontiguousarray(bgr),
        boxes,
        points,
        points_3d,
    )


def _arrays_in(content: bytes, path: str) -> dict[str, NDArray[Any]]:
    """Return the arrays of a video. Raises DatasetError for one of another shape or type."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            checked_entries(archive.infolist(), path)
        # A pickle could run code of whoever made the file.
        with np.load(io.BytesIO(content), allow_pickle=False) as stored:
            arrays = {key: np.asarray(stored[key]) for key in (PICTURES, *SHAPES)}
    # MemoryError: a header may declare any shape.
    except (*UNREADABLE, ValueError, MemoryError) as error:
        raise DatasetError(path, None, f"cannot be read ({error})") from error
    _check_arrays(arrays, path)
    return arrays


def _check_arrays(arrays: dict[str, NDArray[Any]], path: str) -> None:
    """Raise DatasetError for an array of another shape, and for pictures of another type."""
    pictures = arrays[PICTURES]
    shape = pictures.shape
    if len(shape) != 4 or shape[2] != 3 or 0 in shape:
        reason = (
            f"{PICTURES} has the shape {shape}, expected (height, width, 3, frames)"
        )
        raise DatasetError(path, None, reason)
    for key, of_frame in SHAPES.items():
        found = arrays[key].shape
        expected_shape = (*of_frame, shape[-1])
        if found != expected_shape:
            reason = f"{key} has the shape {found}, expected {expected_shape}"
            raise DatasetError(path, None, reason)
    if pictures.dtype != np.uint8:
        reason = f"{PICTURES} is {pictures.dtype}, expected uint8"
        raise DatasetError(path, None, reason)


def _frames_first(
    array: NDArray[Any],
    key: str,
    path: str,
) -> NDArray[np.float32]:
    """Return coordinates with the frames as the first axis. Raises DatasetError."""
    # Floats and whole numbers, signed or not: numpy's letters for them.
    if array.dtype.kind not in "fiu":
        raise DatasetError(path, None, f"{key} is {array.dtype}, expected numbers")
    # Too large a number becomes infinite, and is refused as such.
    with np.errstate(over="ignore"):
        narrow = array.astype(np.float32)
    values = np.moveaxis(narrow, -1, 0)
    for frame, some in enumerate(values):
        place = f"{key} of frame {frame}"
        if not np.isfinite(some).all():
            raise DatasetError(path, None, f"{place} is not finite")
        # Depth may be flat: x and y alone span the face.
        flat = some[:, :2]
        width, height = np.ptp(flat, axis=0)
        if width <= 0 or height <= 0:
            raise DatasetError(path, None, f"{place} lies on one line")
    return np.ascontiguousarray(values)


def _faces_of(video: Video) -> Iterator[LabelledFace]:
    for frame, picture in enumerate(video.frames):
        _, encoded = cv2.imencode(".png", picture)
        yield LabelledFace(
            name=f"{video.name}/{frame}",
            split=video.split,
            group=video.person,
            points=video.points[frame],
            encoded=encoded.tobytes(),
            box=_box_around(video.boxes[frame]),
        )


def _box_around(corners: NDArray[np.float32]) -> Box:
    left, top = corners.min(axis=0).tolist()
    width, height = np.ptp(corners, axis=0).tolist()
    return left, top, width, height
