"""Files that commands write for whoever ran them."""

from __future__ import annotations

from pathlib import Path

from vitrine.errors import ConfigurationError


def write_output(path: Path, text: str) -> None:
    """Write a file and the folders above it.

    Raises ConfigurationError when it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error}") from error
