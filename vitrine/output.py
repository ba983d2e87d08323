"""Write files: an earlier result is not lost in silence, and none is left half written."""

from __future__ import annotations

import os
from contextlib import suppress
from itertools import count
from pathlib import Path
from tempfile import NamedTemporaryFile

from vitrine.errors import ConfigurationError


def free_name(path: Path) -> Path:
    """Return `path`, or, where it is taken, the next free name: report-2.html after report.html."""
    if not path.exists():
        return path
    for number in count(2):
        candidate = path.with_stem(f"{path.stem}-{number}")
        if not candidate.exists():
            return candidate
    raise AssertionError  # `count` does not end


def check_free(path: Path) -> None:
    """Raise ConfigurationError when there is a file already: an earlier result would be lost."""
    if path.exists():
        raise ConfigurationError(
            f"{path} is there already; name another file, or say --overwrite"
        )


def check_unused(folder: Path) -> None:
    """Raise ConfigurationError when the folder holds the events of an earlier run."""
    for path in sorted(folder.glob("*.jsonl")):
        if path.stat().st_size:
            raise ConfigurationError(
                f"{folder} holds an earlier run ({path.name}); "
                "name another folder, or say --overwrite"
            )


def write_output(path: Path, text: str) -> None:
    """Write a text and the folders above it.

    Raises ConfigurationError when it cannot be written.
    """
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file and the folders above it.

    Raises ConfigurationError when it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error}") from error


def replace_file(path: Path, text: str) -> None:
    """Replace a file in one step; only its owner can read it. Raises OSError."""
    # Made with mode 0600.
    with NamedTemporaryFile(
        "w",
        encoding="utf-8",
        dir=path.parent,
        prefix=f".{path.name}-",
        delete=False,
    ) as file:
        try:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
            Path(file.name).replace(path)
            _flush_folder(path.parent)
        except OSError:
            with suppress(OSError):
                Path(file.name).unlink()
            raise


def _flush_folder(folder: Path) -> None:
    """Bring a new name in a folder to the disk: a power cut would undo it otherwise."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
