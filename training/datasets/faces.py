"""What the readers share: a labelled face, the error with its place, an archive read like a folder."""

import math
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from vitrine.vision.crop import Image
from vitrine.vision.shape import POINT_COUNT


class DatasetError(Exception):
    """Says which file, which row of it, and what is wrong."""

    def __init__(self, file: str, row: int | None, reason: str) -> None:
        super().__init__(f"{file}{'' if row is None else f', row {row}'}: {reason}")


@dataclass(frozen=True)
class LabelledFace:
    """One face of a data set. `group`, which splits keep whole, is the person, or the photo if unnamed."""

    name: str
    split: str
    group: str
    points: NDArray[np.float32]
    """(68, 2), pixels of the image."""
    encoded: bytes

    def image(self) -> Image:
        """The decoded picture, (H, W, 3) BGR."""
        image = (
            cv2.imdecode(np.frombuffer(self.encoded, np.uint8), cv2.IMREAD_COLOR) if self.encoded else None
        )
        if image is None:
            raise DatasetError(self.name, None, "not a readable picture")
        return np.asarray(image, dtype=np.uint8)


class Files:
    """The files of a folder or a zip archive, by their path inside it."""

    def __init__(self, path: Path) -> None:
        self._zip: zipfile.ZipFile | None = None
        self._root = path
        if path.is_dir():
            self.names = sorted(p.relative_to(path).as_posix() for p in path.rglob("*") if p.is_file())
            return
        try:
            self._zip = zipfile.ZipFile(path)
        except (OSError, zipfile.BadZipFile) as error:
            raise DatasetError(str(path), None, f"neither a folder nor a zip archive ({error})") from error
        self.names = sorted(n for n in self._zip.namelist() if not n.endswith("/"))

    def read(self, name: str) -> bytes:
        try:
            return self._zip.read(name) if self._zip else (self._root / name).read_bytes()
        except (KeyError, OSError, zipfile.BadZipFile) as error:
            raise DatasetError(name, None, f"cannot be read ({error})") from error

    def text(self, name: str) -> str:
        try:
            return self.read(name).decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise DatasetError(name, None, f"is not UTF-8 text ({error})") from error


def points_of(fields: Sequence[str], file: str, row: int | None) -> NDArray[np.float32]:
    """136 numbers as text, x0, y0 … x67, y67 → (68, 2)."""
    if len(fields) != 2 * POINT_COUNT:
        raise DatasetError(file, row, f"expected {2 * POINT_COUNT} coordinates, found {len(fields)}")
    try:
        numbers = [float(field) for field in fields]
    except ValueError as error:
        raise DatasetError(file, row, f"a coordinate is no number ({error})") from error
    if not all(map(math.isfinite, numbers)):
        raise DatasetError(file, row, "a coordinate is not finite")
    points = np.array(numbers, np.float32).reshape(POINT_COUNT, 2)
    if np.ptp(points, axis=0).min() <= 0:
        raise DatasetError(file, row, "all points lie on one line")
    return points
