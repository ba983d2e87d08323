"""Parts of all readers: a labelled face, an error with its place, an archive read like a folder."""

import csv
import io
import zipfile
import zlib
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
# Chosen, not measured: files of the sets are smaller, and more might not fit into memory.
LARGEST: Final = 2**30
"""Bytes of one file of an archive."""
UNREADABLE: Final = (
    KeyError,
    OSError,
    EOFError,
    RuntimeError,
    zipfile.BadZipFile,
    zlib.error,
)
"""Errors of a damaged, encrypted or truncated archive."""

Box = tuple[float, float, float, float]
"""Left, top, width, height in pixels."""


class DatasetError(Exception):
    """Say which file, which row of it, and what is wrong."""

    def __init__(
        self,
        file: str,
        row: int | None,
        reason: str,
    ) -> None:
        place = file if row is None else f"{file}, row {row}"
        super().__init__(f"{place}: {reason}")


@dataclass(frozen=True)
class LabelledFace:
    """Hold one face of a data set."""

    name: str
    split: str
    group: str
    """The person, or the photo if unnamed: splits keep it whole."""
    points: NDArray[np.float32]
    """(68, 2), pixels of the image."""
    encoded: bytes
    box: Box | None = None
    """Of the face, where the set has one."""

    def image(self) -> Image:
        """Return the decoded picture, (H, W, 3) BGR. Raises DatasetError."""
        return decoded(self.encoded, self.name)


def decoded(
    encoded: bytes,
    name: str,
    how: int = cv2.IMREAD_COLOR,
) -> Image:
    """Return a picture as pixels, (H, W, 3) BGR unless asked for grey. Raises DatasetError."""
    image = None
    # OpenCV raises an error of its own for no bytes at all.
    if encoded:
        buffer = np.frombuffer(encoded, np.uint8)
        image = cv2.imdecode(buffer, how)
    if image is None:
        raise DatasetError(name, None, "not a readable picture")
    return np.asarray(image, dtype=np.uint8)


class Files:
    """List and read the files of a folder or a zip archive, by their path inside it.

    Nothing is unpacked. Hidden files, and what macOS adds to archives, are not listed.
    """

    def __init__(self, path: Path) -> None:
        self._root = path
        self._zip: zipfile.ZipFile | None = None
        if path.is_dir():
            names = _files_below(path)
        else:
            self._zip = _opened(path)
            names = checked_entries(self._zip.infolist(), str(path))
        visible = [name for name in names if not _is_hidden(name)]
        # Folders list their files in any order, and results must not depend on it.
        self.names = sorted(visible)

    def read(self, name: str) -> bytes:
        """Return the content of a file. Raises DatasetError."""
        try:
            if self._zip:
                return self._zip.read(name)
            return (self._root / name).read_bytes()
        except UNREADABLE as error:
            raise DatasetError(name, None, f"cannot be read ({error})") from error

    def text(self, name: str) -> str:
        """Return a file as text. Raises DatasetError."""
        content = self.read(name)
        try:
            # With or without the byte order mark of spreadsheet programs.
            return content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise DatasetError(name, None, f"is not UTF-8 text ({error})") from error

    def rows(self, name: str) -> Iterator[tuple[int, list[str]]]:
        """Yield the rows of a CSV file that are not empty, each with its line number.

        Raises DatasetError.
        """
        lines = io.StringIO(self.text(name), newline="")
        reader = csv.reader(lines)
        try:
            for fields in reader:
                if fields:
                    yield reader.line_num, fields
        except csv.Error as error:
            raise DatasetError(name, reader.line_num, f"is no CSV ({error})") from error


def _files_below(folder: Path) -> list[str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path.relative_to(folder).as_posix() for path in files]


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (*UNREADABLE, ValueError) as error:
        reason = f"neither a folder nor a zip archive ({error})"
        raise DatasetError(str(path), None, reason) from error


def checked_entries(entries: list[zipfile.ZipInfo], archive: str) -> list[str]:
    """Return the files of a zip archive.

    Raises DatasetError if one leads out of the archive, is too large or comes twice.
    """
    names = set()
    for entry in entries:
        name = entry.filename
        if _leads_out(name):
            raise DatasetError(archive, None, f"{name!r} leads out of the archive")
        if entry.file_size > LARGEST:
            reason = (
                f"{name} would unpack to {entry.file_size} bytes, more than {LARGEST}"
            )
            raise DatasetError(archive, None, reason)
        if entry.is_dir():
            continue
        if name in names:
            raise DatasetError(archive, None, f"{name} appears a second time")
        names.add(name)
    return sorted(names)


def _leads_out(name: str) -> bool:
    has_parent = ".." in PurePosixPath(name).parts
    # On Windows a backslash parts folders, elsewhere it is a letter of the name.
    return has_parent or name.startswith("/") or "\\" in name


def _is_hidden(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return any(part.startswith((".", "__MACOSX")) for part in parts)


def points_of(
    fields: Sequence[str],
    file: str,
    row: int | None,
) -> NDArray[np.float32]:
    """Return 136 numbers as text, x0, y0 … x67, y67, as points (68, 2). Raises DatasetError."""
    expected = 2 * POINT_COUNT
    if len(fields) != expected:
        reason = f"expected {expected} coordinates, found {len(fields)}"
        raise DatasetError(file, row, reason)
    try:
        numbers = [float(field) for field in fields]
    except ValueError as error:
        reason = f"a coordinate is no number ({error})"
        raise DatasetError(file, row, reason) from error
    wide = np.array(numbers)
    # Too large a number becomes infinite, and is refused as such.
    with np.errstate(over="ignore"):
        narrow = wide.astype(np.float32)
    points = narrow.reshape(POINT_COUNT, 2)
    if not np.isfinite(points).all():
        raise DatasetError(file, row, "a coordinate is not finite")
    width, height = np.ptp(points, axis=0)
    # Errors are divided by a face's size, and crops need one.
    if width <= 0 or height <= 0:
        raise DatasetError(file, row, "all points lie on one line")
    return points
