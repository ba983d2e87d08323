"""Find the photos below a folder; nothing is followed twice and nothing stops the walk."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

STATE_NAME: Final = ".vitrine"
"""Folder of the archive's own state, in which no photo is looked for."""

PICTURES: Final = frozenset(
    {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".avif"}
)
HEIC: Final = frozenset({".heic", ".heif"})
RAW: Final = frozenset(
    {
        *(".arw", ".cr2", ".cr3", ".dng", ".nef", ".nrw", ".orf"),
        *(".pef", ".raf", ".raw", ".rw2", ".srw"),
    }
)
PHOTOS: Final = PICTURES | HEIC | RAW


@dataclass(frozen=True, slots=True)
class Problem:
    """Hold why a file or a folder was left out."""

    path: bytes
    """Relative to the archive, as the file system has it: not every name is UTF-8."""
    reason: str


@dataclass(frozen=True, slots=True)
class Found:
    """Hold a file that may be a photo."""

    path: bytes
    """Relative to the archive."""
    size: int
    mtime_ns: int


def shown(path: bytes) -> str:
    """Return a path for people: bytes that are no UTF-8 as \\xNN."""
    return path.decode("utf-8", "backslashreplace")


def suffix_of(path: bytes) -> str:
    """Return the ending of a name in lower case, with its dot."""
    _, ending = os.path.splitext(path)
    return ending.lower().decode("ascii", "replace")


def walk(root: bytes) -> Iterator[Found | Problem]:
    """Yield the photos below a folder in the order of their names, and what was left out.

    Links are followed to files and folders, each folder once: a link to one above it ends the walk
    there. Hidden files and folders are passed over, as the state of this and other programs is.
    """
    yield from _walk(root, b"", set())


def _walk(
    root: bytes,
    inner: bytes,
    seen: set[tuple[int, int]],
) -> Iterator[Found | Problem]:
    place = os.path.join(root, inner)
    try:
        about = os.stat(place)
        with os.scandir(place) as listed:
            entries = sorted(listed, key=lambda entry: entry.name)
    except OSError as error:
        yield Problem(inner or b".", f"the folder cannot be read: {error.strerror}")
        return
    identity = (about.st_dev, about.st_ino)
    if identity in seen:
        yield Problem(inner, "a link to a folder that was looked at already")
        return
    seen.add(identity)
    for entry in entries:
        if entry.name.startswith(b"."):
            continue
        path = os.path.join(inner, entry.name)
        if _is_folder(entry):
            yield from _walk(root, path, seen)
        elif suffix_of(path) in PHOTOS:
            yield _found(entry, path)


def _is_folder(entry: os.DirEntry[bytes]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        # A link in a circle leads nowhere: it is told where its file is asked for.
        return False


def _found(entry: os.DirEntry[bytes], path: bytes) -> Found | Problem:
    try:
        about = entry.stat()
    except OSError as error:
        return Problem(path, f"it cannot be opened: {error.strerror}")
    return Found(path, about.st_size, about.st_mtime_ns)
