"""What the readers share: a labelled face, the error with its place, an archive read like a folder."""

import csv
import io
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from vitrine.vision.crop import Image
from vitrine.vision.shape import POINT_COUNT

PICTURES: Final = (".jpg", ".jpeg", ".png")
LARGEST: Final = 2**30
"""Bytes of one file."""
UNREADABLE: Final = (
    KeyError,
    OSError,
    EOFError,
    RuntimeError,
    zipfile.BadZipFile,
    zlib.error,
)
"""What a damaged, encrypted or truncated archive raises."""

Box = tuple[float, float, float, float]
"""Left, top, width, height in pixels."""


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
    box: Box | None = None
    """Of the face, where the set has one."""

    def image(self) -> Image:
        """The decoded picture, (H, W, 3) BGR. Raises DatasetError."""
        return decoded(self.encoded, self.name)


def decoded(encoded: bytes, name: str, how: int = cv2.IMREAD_COLOR) -> Image:
    """A picture as pixels, (H, W, 3) BGR unless asked for grey. Raises DatasetError."""
    image = cv2.imdecode(np.frombuffer(encoded, np.uint8), how) if encoded else None
    if image is None:
        raise DatasetError(name, None, "not a readable picture")
    return np.asarray(image, dtype=np.uint8)


class Files:
    """The files of a folder or a zip archive, by their path inside it; nothing is unpacked.

    Hidden files, and what macOS adds to archives, are not listed.
    """

    def __init__(self, path: Path) -> None:
        self._zip: zipfile.ZipFile | None = None
        self._root = path
        if path.is_dir():
            names = [
                p.relative_to(path).as_posix() for p in path.rglob("*") if p.is_file()
            ]
        else:
            try:
                self._zip = zipfile.ZipFile(path)
            except (*UNREADABLE, ValueError) as error:
                reason = f"neither a folder nor a zip archive ({error})"
                raise DatasetError(str(path), None, reason) from error
            names = checked_entries(self._zip.infolist(), str(path))
        self.names = sorted(name for name in names if not _is_hidden(name))

    def read(self, name: str) -> bytes:
        """Raises DatasetError."""
        try:
            return (
                self._zip.read(name) if self._zip else (self._root / name).read_bytes()
            )
        except UNREADABLE as error:
            raise DatasetError(name, None, f"cannot be read ({error})") from error

    def text(self, name: str) -> str:
        """Raises DatasetError."""
        try:
            return self.read(name).decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise DatasetError(name, None, f"is not UTF-8 text ({error})") from error

    def rows(self, name: str) -> Iterator[tuple[int, list[str]]]:
        """The rows of a CSV file that are not empty, each with its line number. Raises DatasetError."""
        reader = csv.reader(io.StringIO(self.text(name), newline=""))
        try:
            yield from ((reader.line_num, fields) for fields in reader if fields)
        except csv.Error as error:
            raise DatasetError(name, reader.line_num, f"is no CSV ({error})") from error


def checked_entries(entries: list[zipfile.ZipInfo], archive: str) -> list[str]:
    """The files of a zip archive, unless one leads out of it, is too large or comes twice (DatasetError)."""
    names = [entry.filename for entry in entries if not entry.is_dir()]
    for entry in entries:
        parts = PurePosixPath(entry.filename).parts
        if entry.filename.startswith("/") or ".." in parts or "\\" in entry.filename:
            raise DatasetError(
                archive, None, f"{entry.filename!r} leads out of the archive"
            )
        if entry.file_size > LARGEST:
            reason = f"{entry.filename} would unpack to {entry.file_size} bytes, more than {LARGEST}"
            raise DatasetError(archive, None, reason)
    twice = next((name for name, count in Counter(names).items() if count > 1), None)
    if twice is not None:
        raise DatasetError(archive, None, f"{twice} appears a second time")
    return names


def _is_hidden(name: str) -> bool:
    return any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(name).parts)


def points_of(fields: Sequence[str], file: str, row: int | None) -> NDArray[np.float32]:
    """136 numbers as text, x0, y0 … x67, y67 → (68, 2)."""
    if len(fields) != 2 * POINT_COUNT:
        raise DatasetError(
            file, row, f"expected {2 * POINT_COUNT} coordinates, found {len(fields)}"
        )
    try:
        numbers = [float(field) for field in fields]
    except ValueError as error:
        raise DatasetError(file, row, f"a coordinate is no number ({error})") from error
    with np.errstate(over="ignore"):
        points = np.array(numbers).astype(np.float32).reshape(POINT_COUNT, 2)
    if not np.isfinite(points).all():
        raise DatasetError(file, row, "a coordinate is not finite")
    if np.ptp(points, axis=0).min() <= 0:
        raise DatasetError(file, row, "all points lie on one line")
    return points
