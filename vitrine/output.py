"""Files that commands write for whoever ran them: an earlier one is never replaced in silence."""

from __future__ import annotations

from itertools import count
from pathlib import Path

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
    """Write a file and the folders above it.

    Raises ConfigurationError when it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error}") from error
