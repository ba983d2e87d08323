"""Videos of faces as YouTube Faces with key points publishes them: a `.npz` for each."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from vitrine.errors import ConfigurationError
from vitrine.vision.shape import POINT_COUNT

SUFFIX: Final = ".npz"
# The name of a file is that of the person, and the number of the video.
NAME: Final = re.compile(r"(?P<person>.+)_(?P<number>\d+)$")
SHAPES: Final = {
    "colorImages": ("H", "W", 3, "N"),
    "boundingBox": (4, 2, "N"),
    "landmarks2D": (POINT_COUNT, 2, "N"),
    "landmarks3D": (POINT_COUNT, 3, "N"),
}
"""The arrays of a file, and their shapes; N is the number of frames."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FaceVideo:
    """Hold one video: n frames of one face."""

    video: str
    person: str
    images: NDArray[np.uint8]
    """(n, H, W, 3) RGB."""
    boxes: Floats
    """(n, 4, 2): the corners, x and y in pixels."""
    points: Floats
    """(n, 68, 2), pixels."""
    points_3d: Floats
    """(n, 68, 3), pixels; the third is the depth."""

    def __len__(self) -> int:
        return len(self.points)

    @property
    def face_sizes(self) -> Floats:
        """(n,): the mean of width and height of each box, in pixels."""
        sides = np.ptp(self.boxes, axis=1)
        return np.asarray(sides.mean(axis=1))


def names_of(path: Path) -> tuple[str, str]:
    """Return the names of video and person. Raises ConfigurationError for another name."""
    found = NAME.fullmatch(path.stem)
    if found is None:
        raise ConfigurationError(
            f"{path.name}: expected a name like First_Last_0{SUFFIX}, the person and the "
            "number of the video"
        )
    return path.stem, found["person"]


def video_files(folder: Path) -> list[Path]:
    """Return the files of a folder in order. Raises ConfigurationError where there are none."""
    paths = sorted(folder.rglob(f"*{SUFFIX}"))
    if not paths:
        raise ConfigurationError(
            f"{folder} holds no {SUFFIX} file; `vitrine lab generate {folder}` writes some"
        )
    return paths


def read_video(path: Path) -> FaceVideo:
    """Read a file. Raises ConfigurationError with the file, the array and what was expected."""
    video, person = names_of(path)
    try:
        # Opened here: of a damaged file NumPy would leave it open.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as content:
            arrays = {name: content[name] for name in SHAPES if name in content}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise ConfigurationError(f"{path.name} cannot be read: {error}") from None
    _check(path, arrays)
    return FaceVideo(
        video=video,
        person=person,
        images=np.moveaxis(arrays["colorImages"], -1, 0),
        boxes=np.moveaxis(arrays["boundingBox"], -1, 0).astype(np.float64),
        points=np.moveaxis(arrays["landmarks2D"], -1, 0).astype(np.float64),
        points_3d=np.moveaxis(arrays["landmarks3D"], -1, 0).astype(np.float64),
    )


def _check(path: Path, arrays: dict[str, NDArray[Any]]) -> None:
    """Raise ConfigurationError where an array is missing or has another shape."""
    frames: set[int] = set()
    for name, wanted in SHAPES.items():
        if name not in arrays:
            raise ConfigurationError(f"{path.name} lacks the array {name}")
        shape = arrays[name].shape
        if not _fits(shape, wanted):
            written = " × ".join(map(str, wanted))
            raise ConfigurationError(
                f"{path.name}: {name} is {' × '.join(map(str, shape))}, expected {written}"
            )
        frames.add(shape[-1])
    if len(frames) > 1:
        raise ConfigurationError(
            f"{path.name}: its arrays have {sorted(frames)} frames, expected one number"
        )
    if frames == {0}:
        raise ConfigurationError(f"{path.name} has no frames")
    for name in ("boundingBox", "landmarks2D", "landmarks3D"):
        if not np.isfinite(arrays[name]).all():
            raise ConfigurationError(
                f"{path.name}: {name} has values that are no numbers"
            )


def _fits(shape: tuple[int, ...], wanted: tuple[int | str, ...]) -> bool:
    if len(shape) != len(wanted):
        return False
    pairs = zip(shape, wanted, strict=True)
    return all(isinstance(size, str) or size == own for own, size in pairs)


def write_video(folder: Path, video: FaceVideo) -> Path:
    """Write a video as published, and return its file."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{video.video}{SUFFIX}"
    np.savez_compressed(
        path,
        colorImages=np.moveaxis(video.images, 0, -1),
        boundingBox=np.moveaxis(video.boxes, 0, -1),
        landmarks2D=np.moveaxis(video.points, 0, -1),
        landmarks3D=np.moveaxis(video.points_3d, 0, -1),
    )
    return path


@dataclass(frozen=True, slots=True)
class Refused:
    """Hold a file that was left out, and why."""

    name: str
    reason: str


def read_all(paths: list[Path], refused: list[Refused]) -> Iterator[FaceVideo]:
    """Yield the videos that can be read; what cannot is added to `refused`.

    Raises ConfigurationError when none can.
    """
    good = 0
    for path in paths:
        try:
            video = read_video(path)
        except ConfigurationError as error:
            refused.append(Refused(path.name, str(error)))
            continue
        good += 1
        yield video
    if not good:
        raise ConfigurationError(f"no file can be used; the first: {refused[0].reason}")
