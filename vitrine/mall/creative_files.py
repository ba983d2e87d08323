"""Tell which files can be shown."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal, TypeAlias

Kind: TypeAlias = Literal["image", "video", "html"]

KINDS: Final[dict[str, Kind]] = {
    ".html": "html",
    ".mp4": "video",
    ".webm": "video",
    ".svg": "image",
    ".png": "image",
    ".jpg": "image",
    ".jpeg": "image",
    ".webp": "image",
    ".gif": "image",
}


def creative_fault(folder: Path, file: str) -> str | None:
    """Return why a file of the folder of creatives cannot be shown; None where it can."""
    suffix = Path(file).suffix.lower()
    if suffix not in KINDS:
        return f"is none of {', '.join(KINDS)}"
    try:
        inside = folder.resolve()
        path = (inside / file).resolve()
        if not path.is_relative_to(inside):
            return "lies outside the folder of creatives"
        if not path.is_file():
            return "is missing"
        if path.stat().st_size == 0:
            return "is empty; copy it again"
    except (OSError, ValueError):
        return "has a name that no file can have"
    return None
